use axum::{Json, extract::State};
use chrono::TimeDelta;
use rounds_data::{
    Database, appointments,
    schedules::{self, Purpose, ScheduleLookup, Scope},
};
use rounds_domain::{
    self as domain, AccountId, Appointment, Caller, Code, DateInput, Interval, Policy, Timestamp, Violation,
};
use rounds_http::{Access, Actor, Bearer, DayQuery, Kind, Now, PathId, Problem, Routes, Sample, id_schema};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    range::{Range, all_violations, allowed_duration, days_schema, duration_schema},
    target::{PATIENT, TYPE, Target},
};

/// A slot of one doctor: a time that can be booked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Slot {
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

const MOVING: &str = "The id of an appointment. The response has the times that the appointment can be rescheduled to. \
                      The staff can use it with another doctor than the appointment's. They may overlap its present time. Times when its patient has another \
                      appointment are left out. Only those who can reschedule the appointment can use this.";

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}/availability", list_of_doctor, |route| {
        // Without `Actor::Patient`: tests use the default policy, which does not allow Patients to reschedule.
        let can_reschedule = Access::only(
            "its Doctor, Receptionists and Admins",
            &[Actor::Doctor, Actor::Receptionist, Actor::Admin],
        );
        let about = "The duration in minutes, within the clinic's policy. With `moving`, the default is the \
                     appointment's duration.";
        route
            .named("listAvailability", "List the slots of a doctor", Access::OPTIONAL_TOKEN)
            .description(
                "Returns every start on the clinic's grid (`slot_step`) that can be booked. For a Patient with a token, \
                 starts that overlap one of their own appointments are left out. The staff see further ahead than \
                 Patients. `patient_id` and `moving` need a token.",
            )
            .date()
            .query("days", "The number of days, starting with `date`.", days_schema())
            .query("duration", about, duration_schema())
            .query("type_id", TYPE, id_schema())
            .query("patient_id", PATIENT, id_schema())
            .query("moving", MOVING, id_schema())
            .sample(Sample::query("date={day}"))
            .sample(Sample::query("date={day}&moving={appointment}").named("moving", can_reschedule))
            .response::<Vec<Slot>>(200, "The slots, ordered by start.")
            .problem(Kind::Forbidden)
            .problem(Kind::AppointmentStarted)
            .problem(Kind::AppointmentCancelled)
    });
}

/// With `moving`, lists the times that this appointment can be rescheduled to.
async fn list_of_doctor(
    State(database): State<Database>,
    Bearer(caller): Bearer,
    Now(now): Now,
    PathId(doctor): PathId<AccountId>,
    mut query: DayQuery,
) -> Result<Json<Vec<Slot>>, Problem> {
    let range = Range::read(&mut query);
    let (moving, target) = (query.0.input().optional("moving", str::parse), Target::read(query.0.input()));
    if moving.is_some_and(|moving| moving.is_some()) {
        let input = query.0.input();
        for name in ["type_id", "patient_id"] {
            if input.has(name) {
                input.reject::<()>(name, Code::NotAllowed.with_detail("is not allowed with moving"));
            }
        }
    }
    let (range, (moving, target)) = match query.0.input().finish(range.zip(moving.zip(target))) {
        Ok(read) => read,
        Err(error) => {
            // The error of a caller who cannot reschedule the appointment comes before the violations of parameters.
            if let Some(Some(id)) = moving {
                let caller = caller.ok_or(domain::Error::Unauthenticated)?;
                let found = appointments::find(&database, &caller, id).await?;
                appointment_to_reschedule(found.appointment, &found.policy, doctor, &caller, now)?;
            }
            return Err(all_violations(error, &mut query, &database).await.into());
        }
    };

    let purpose = match (moving, &caller) {
        (Some(_), None) => return Err(domain::Error::Unauthenticated.into()),
        (Some(appointment), caller) => Purpose::Reschedule { caller: caller.as_ref(), appointment },
        (None, booker) => target.purpose(booker.as_ref(), now)?,
    };
    let scope = Scope { doctor, time: in_any_zone(&range), purpose };
    let found = match &caller {
        Some(caller) => schedules::schedule(&database, caller, scope).await?,
        None => schedules::public_schedule(&database, scope).await?,
    };
    let ScheduleLookup { schedule, to_reschedule, r#type, relation, .. } = found;
    let duration = match (moving, &caller) {
        (Some(_), Some(caller)) => {
            let moved = appointment_to_reschedule(to_reschedule, &schedule.policy, doctor, caller, now)?;
            range.duration.unwrap_or(moved.duration)
        }
        _ => {
            target.must_be_allowed(caller.as_ref(), relation)?;
            let is_staff = caller.as_ref().is_some_and(Caller::is_staff);
            if let Some(r#type) = &r#type {
                r#type.check(doctor, is_staff).map_err(|violation| domain::Error::Invalid(vec![violation]))?;
            }
            target.duration(range.duration, r#type.as_ref(), is_staff)?
        }
    };
    let duration = allowed_duration(&schedule.policy, duration)?;
    let days = schedule.calendar.days_from(schedule.calendar.day(range.date)?).take(range.days);
    let slot = |start| Slot { start_date: schedule.calendar.format(start), duration };
    let mut slots = Vec::new();
    for day in days {
        slots.extend(schedule.starts(&day, duration, now).map(slot));
    }
    Ok(Json(slots))
}

/// Returns the appointment that was looked up, if the caller can reschedule it now. Only the staff can reschedule it to
/// another doctor.
fn appointment_to_reschedule(
    found: Option<Appointment>,
    policy: &Policy,
    doctor: AccountId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Appointment, domain::Error> {
    let appointment = Appointment::reschedulable_by(caller, found, policy, now)?;
    if appointment.doctor_id != doctor && !caller.is_staff() {
        let detail =
            format!("is an appointment with another doctor: use GET /doctors/{}/availability", appointment.doctor_id);
        return Err(domain::Error::Invalid(vec![Violation::new("moving", Code::OtherDoctor.with_detail(detail))]));
    }
    Ok(appointment)
}

/// Returns an interval that contains the requested days in every time zone. The clinic's time zone is not known yet:
/// the same statement reads it.
fn in_any_zone(range: &Range) -> Interval {
    let first = match range.date {
        DateInput::Date(date) => date.and_time(chrono::NaiveTime::MIN).and_utc(),
        DateInput::Timestamp(timestamp) => timestamp,
    };
    let days = TimeDelta::days(range.days as i64);
    Interval { start: first - TimeDelta::days(2), end: first + days + TimeDelta::days(2) }
}
