use std::collections::BinaryHeap;

use axum::{Json, extract::State, response::Response};
use chrono::TimeDelta;
use rounds_data::{
    Database, Error, Page, Reader, appointments,
    schedules::{self, Purpose, ScheduleLookup, Scope},
};
use rounds_domain::{
    self as domain, AccountId, Appointment, Caller, Code, DateInput, Day, Interval, Policy, Timestamp, Violation,
};
use rounds_http::{
    Access, Actor, Authenticated, Bearer, DayQuery, Kind, Now, PathId, Problem, Routes, Sample, id_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::range::{DEFAULT_DURATION, Range, all_violations, allowed_duration};

/// A slot of one doctor: a time that can be booked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Slot {
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

/// A slot with its doctor.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DoctorSlot {
    doctor_id: AccountId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

const MOVING: &str = "The id of an appointment with this doctor. The response has the times that the appointment can \
                      be rescheduled to. They may overlap its present time. Times when its patient has another \
                      appointment are left out. Only those who can reschedule the appointment can use this.";

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    let days = || json!({ "type": "integer", "minimum": 1, "maximum": 31, "default": 1 });
    let duration = || json!({ "type": "integer", "minimum": 1, "maximum": 1440, "default": 30 });
    to.get("/doctors/{doctor_id}/availability", list_of_doctor, |route| {
        // Without `Actor::Patient`: tests use the default policy, which does not allow Patients to reschedule.
        let can_reschedule = Access::only("its Doctor and Admins", &[Actor::Doctor, Actor::Admin]);
        let about = "The duration in minutes, within the clinic's policy. With `moving`, the default is the \
                     appointment's duration.";
        route
            .named("listAvailability", "List the slots of a doctor", Access::OPTIONAL_TOKEN)
            .description(
                "Returns every start on the clinic's grid (`slot_step`) that can be booked. For a Patient with a token, \
                 starts that overlap one of their own appointments are left out. `moving` needs a token.",
            )
            .date()
            .query("days", "The number of days, starting with `date`.", days())
            .query("duration", about, duration())
            .query("moving", MOVING, id_schema())
            .sample(Sample::query("date={day}"))
            .sample(Sample::query("date={day}&moving={appointment}").named("moving", can_reschedule))
            .response::<Vec<Slot>>(200, "The slots, ordered by start.")
            .problem(Kind::Forbidden)
            .problem(Kind::AppointmentStarted)
            .problem(Kind::AppointmentCancelled)
    });
    to.get("/availability", list_of_all, |route| {
        route
            .named("listAllAvailability", "List the slots of all doctors", Access::ACCOUNTS)
            .date()
            .query("days", "The number of days, starting with `date`.", days())
            .query("duration", "The duration in minutes, within the clinic's policy.", duration())
            .query(
                "specialty",
                "Return only slots of doctors with this specialty. Case, accents and strokes are ignored.",
                json!({ "type": "string" }),
            )
            .list_response::<DoctorSlot>("The slots, ordered by start, then by the doctor's id.")
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
    let moving = query.0.input().optional("moving", str::parse);
    let (range, moving) = match query.0.input().finish(range.zip(moving)) {
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

    let time = in_any_zone(&range);
    let (schedule, default) = match (caller, moving) {
        (None, Some(_)) => return Err(domain::Error::Unauthenticated.into()),
        (None, None) => (schedules::public_schedule(&database, doctor, time).await?, DEFAULT_DURATION),
        (Some(caller), None) => {
            let purpose = Purpose::Book { patient: caller.account_id, key: None, now };
            let scope = Scope { doctor, time, purpose };
            (schedules::schedule(&database, &caller, scope).await?.schedule, DEFAULT_DURATION)
        }
        (Some(caller), Some(appointment)) => {
            let scope = Scope { doctor, time, purpose: Purpose::Reschedule(appointment) };
            let ScheduleLookup { schedule, to_reschedule, .. } = schedules::schedule(&database, &caller, scope).await?;
            let moved = appointment_to_reschedule(to_reschedule, &schedule.policy, doctor, &caller, now)?;
            (schedule, moved.duration)
        }
    };
    let duration = allowed_duration(&schedule.policy, range.duration.unwrap_or(default))?;
    let days = schedule.calendar.days_from(schedule.calendar.day(range.date)?).take(range.days);
    let slot = |start| Slot { start_date: schedule.calendar.format(start), duration };
    let mut slots = Vec::new();
    for day in days {
        slots.extend(schedule.starts(&day, duration, now).map(slot));
    }
    Ok(Json(slots))
}

/// Returns the appointment that was looked up, if the caller can reschedule it now and it is with this doctor.
fn appointment_to_reschedule(
    found: Option<Appointment>,
    policy: &Policy,
    doctor: AccountId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Appointment, domain::Error> {
    let appointment = Appointment::reschedulable_by(caller, found, policy, now)?;
    if appointment.doctor_id != doctor {
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

/// Lists the slots of all doctors, ordered by start, then by the doctor's id.
async fn list_of_all(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    mut query: DayQuery,
) -> Result<Response, Problem> {
    let range = Range::read(&mut query);
    let listing = query.0.listing("availability");
    let specialty = query.0.input().optional("specialty", |text| Ok(text.to_owned()));
    let read = range.zip(listing).zip(specialty);
    let ((range, listing), specialty) = match query.0.input().finish(read) {
        Ok(read) => read,
        Err(error) => return Err(all_violations(error, &mut query, &database).await.into()),
    };

    let (page, duration) = (listing.page, range.duration.unwrap_or(DEFAULT_DURATION));
    let specialty = specialty.as_deref();
    let (slots, calendar) = database
        .in_calendar(&caller, |reader| async move {
            Ok((Search { reader, range, duration, specialty, page, now }.run().await?, reader.calendar))
        })
        .await?;
    listing.response(
        slots,
        |(start, doctor)| (start.timestamp(), doctor.get()),
        |(start, doctor_id)| DoctorSlot { doctor_id, start_date: calendar.format(start), duration },
    )
}

#[derive(Clone, Copy)]
struct Search<'a> {
    reader: Reader<'a>,
    range: Range,
    duration: i64,
    specialty: Option<&'a str>,
    page: Page<(i64, i64)>,
    now: Timestamp,
}

impl Search<'_> {
    /// Returns the starts on the page, and at least one more if there is a next page. Reads a few days at a time.
    async fn run(&self) -> Result<Vec<(Timestamp, AccountId)>, Error> {
        let calendar = self.reader.calendar;
        let after_start = self.page.after.map_or(i64::MIN, |(start, _)| start);
        let days: Vec<Day> = calendar.days_from(calendar.day(self.range.date)?).take(self.range.days).collect();
        let on_earlier_pages = days.iter().take_while(|day| day.end.timestamp() <= after_start).count();
        let mut days = &days[on_earlier_pages.min(days.len() - 1)..];
        let mut starts = Vec::new();
        while !days.is_empty() && starts.len() as i64 <= self.page.limit {
            let (days_read, next_starts) = self.read_starts(days).await?;
            starts.extend(next_starts);
            days = &days[days_read..];
        }
        Ok(starts)
    }

    /// Returns whether a start is after the page's cursor.
    fn is_after_cursor(&self, (start, doctor): &(Timestamp, AccountId)) -> bool {
        self.page.after.is_none_or(|after| (start.timestamp(), doctor.get()) > after)
    }

    /// Reads the first of these days. Returns how many days were read, and the earliest starts on them, in order: at
    /// most one more than a page has.
    async fn read_starts(&self, mut days: &[Day]) -> Result<(usize, Vec<(Timestamp, AccountId)>), Error> {
        // A max-heap: the latest start is removed if there are too many.
        let (mut after, mut starts) = (0, BinaryHeap::new());
        loop {
            let read = schedules::schedules(&self.reader, days, self.specialty, after).await?;
            allowed_duration(&read.policy, self.duration)?;
            days = &days[..read.days];
            for doctor in &read.doctors {
                let free = days.iter().flat_map(|day| doctor.schedule.starts(day, self.duration, self.now));
                for start in free.map(|start| (start, doctor.doctor_id)).filter(|start| self.is_after_cursor(start)) {
                    if starts.len() as i64 > self.page.limit {
                        if starts.peek().is_some_and(|latest| *latest < start) {
                            // All following starts of this doctor are later still.
                            break;
                        }
                        starts.pop();
                    }
                    starts.push(start);
                }
            }
            match read.next {
                Some(next) => after = next,
                None => return Ok((days.len(), starts.into_sorted_vec())),
            }
        }
    }
}
