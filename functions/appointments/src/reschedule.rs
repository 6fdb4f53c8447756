use axum::{extract::State, response::Response};
use rounds_data::{
    ATTEMPTS, Database, Error, Writer, appointments,
    bookings::{self, Reschedule},
    schedules::{self, Purpose, ScheduleLookup, Scope},
};
use rounds_domain::{
    self as domain, AccountId, Appointment, AppointmentId, Booking, Code, Refusal, Timestamp, Violation,
    parse_timestamp,
};
use rounds_http::{
    Access, Actor, Authenticated, IfMatch, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample,
    timestamp_schema,
};
use serde_json::json;

use crate::{
    body,
    booking::{id_in_body_schema, schedule_interval},
    change::if_match,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/reschedule", reschedule, |route| {
        // Without `Actor::Patient`: tests use the default policy, which does not allow Patients to reschedule.
        let access = Access::only(
            "its Doctor, Receptionists and Admins, and its patient and their guardians if the clinic's policy allows it",
            &[Actor::Doctor, Actor::Receptionist, Actor::Admin],
        );
        let route = route
            .named("reschedule", "Reschedule an appointment", access)
            .description(
                "Possible until the appointment starts. The new time must follow all rules of a booking except the \
                 maximum number of upcoming appointments. It may overlap the appointment's present time. \
                 `confirmed_at` becomes `null`.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": {
                        "type": ["integer", "null"],
                        "description": "In minutes, within the clinic's policy. The default is the appointment's \
                                        present duration. An appointment with a type keeps its duration.",
                    },
                    "doctor_id": id_in_body_schema("Another doctor, who offers the type. Only for the staff."),
                },
            }))
            .sample(Sample::body(json!({ "start_date": "{day}T11:00:00+01:00" })))
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::AppointmentStarted)
            .problem(Kind::AppointmentCancelled)
            .problem(Kind::InvalidBooking)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The rescheduled appointment.")
    });
}

async fn reschedule(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    let now = origin.at;
    let writer = database.writer(&caller, &origin);
    let New { start, duration, doctor } = read(&mut input, &writer, id).await?;
    let change = Reschedule { appointment: id, versions, doctor, start, duration };

    for _ in 0..ATTEMPTS {
        if let Some(rescheduled) = bookings::reschedule(&writer, &change).await? {
            // A Doctor who gave it to another doctor sees it once more.
            let appointment = rescheduled.appointment.ok_or(domain::Error::NotFound("appointment"))?;
            return Ok(body::response(appointment, &caller, &rescheduled.calendar));
        }
        // The database rejected the change: because of the appointment's state, or because it breaks a rule.
        let appointment = appointment_to_reschedule(&writer, id).await?;
        if !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        let found = schedule(&writer, &appointment, start, doctor).await?;
        let booking = Booking { start, duration: duration.unwrap_or(appointment.duration) };
        let not_bookable = |refusal| domain::Error::NotBookable(refusal, found.schedule.calendar);
        let of_type = violations_of_type(&appointment, &found, duration, doctor);
        if !of_type.is_empty() {
            let times = found.schedule.violations(Some(start), Some(booking.duration), now);
            return Err(not_bookable(Refusal::Invalid(of_type.into_iter().chain(times).collect())).into());
        }
        found.schedule.check(&booking, now).map_err(not_bookable)?;
    }
    Err(Error::Contended.into())
}

/// The new time, and the new doctor if there is one.
struct New {
    start: Timestamp,
    duration: Option<i64>,
    doctor: Option<AccountId>,
}

/// Reads the new time and the new doctor. As for a booking, one response lists every violation. A caller who may not
/// reschedule the appointment, or not to another doctor, gets that error instead of violations.
async fn read(input: &mut Input, writer: &Writer<'_>, id: AppointmentId) -> Result<New, Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.optional_integer("duration");
    let doctor = input.optional_id("doctor_id");
    let new = || Some(New { start: start?, duration: duration?, doctor: doctor? });
    let new = input.complete(new());
    if input.has("doctor_id") && !writer.caller.is_staff() {
        appointment_to_reschedule(writer, id).await?;
        return Err(domain::Error::Forbidden("Only the staff may change the doctor of an appointment.").into());
    }
    if let Some(new) = new {
        return Ok(new);
    }
    let now = writer.origin.at;
    let appointment = appointment_to_reschedule(writer, id).await?;
    let found = schedule(writer, &appointment, start.unwrap_or(now), doctor.flatten()).await?;
    let mut violations = violations_of_type(&appointment, &found, duration.flatten(), doctor.flatten());
    violations.extend(found.schedule.violations(start, duration.flatten(), now));
    Err(input.invalid(violations).into())
}

/// Returns the violations of an appointment with a type: it keeps its duration, and its doctor offers the type.
fn violations_of_type(
    appointment: &Appointment,
    found: &ScheduleLookup,
    duration: Option<i64>,
    doctor: Option<AccountId>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    if appointment.type_id.is_some() && duration.is_some_and(|duration| duration != appointment.duration) {
        let detail = format!("must be {} minutes, as it was booked, or left out", appointment.duration);
        violations.push(Violation::new("duration", Code::DurationOfType.with_detail(detail)));
    }
    let other = doctor.filter(|doctor| *doctor != appointment.doctor_id);
    if let (Some(doctor), Some(r#type)) = (other, &found.r#type)
        && !r#type.is_offered_by(doctor)
    {
        let detail = "must be a doctor who offers the type of the appointment";
        violations.push(Violation::new("doctor_id", Code::TypeNotBookable.with_detail(detail)));
    }
    violations
}

/// Returns the schedule against which the new time `start` is checked.
async fn schedule(
    writer: &Writer<'_>,
    appointment: &Appointment,
    start: Timestamp,
    doctor: Option<AccountId>,
) -> Result<ScheduleLookup, Error> {
    let purpose = Purpose::Reschedule { caller: Some(writer.caller), appointment: appointment.id };
    let scope = Scope { doctor: doctor.unwrap_or(appointment.doctor_id), time: schedule_interval(start), purpose };
    schedules::schedule(writer.database, writer.caller, scope).await
}

/// Returns the appointment if the caller can reschedule it.
async fn appointment_to_reschedule(writer: &Writer<'_>, id: AppointmentId) -> Result<Appointment, Error> {
    let found = appointments::find(writer.database, writer.caller, id).await?;
    Ok(Appointment::reschedulable_by(writer.caller, found.appointment, &found.policy, writer.origin.at)?)
}
