use std::collections::BinaryHeap;

use axum::{Json, extract::State, response::Response};
use chrono::TimeDelta;
use rounds_data::{
    Database, Error, Page, Reader, appointments,
    schedules::{self, Purpose, Scope},
};
use rounds_domain::{
    self as domain, AccountId, Appointment, Caller, Code, DateInput, Day, Interval, Timestamp, Violation,
};
use rounds_http::{Access, Actor, Authenticated, Dated, Kind, Now, PathId, Problem, Routes, Sample, id_schema};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::range::{Range, USUAL_DURATION, allowed, refusal};

/// A time of a doctor's that can be booked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Slot {
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

/// The same, with whom.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DoctorSlot {
    doctor_id: AccountId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

const MOVING: &str = "An appointment of this doctor: the times that it can be moved to, also where they overlap with \
                      the time it has. Times at which its patient has another appointment are left out. For those who \
                      can move it: its Doctor and Admins, until it starts.";

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    let days = || json!({ "type": "integer", "minimum": 1, "maximum": 31, "default": 1 });
    let duration = || json!({ "type": "integer", "minimum": 1, "maximum": 1440, "default": 30 });
    to.get("/doctors/{doctor_id}/availability", of_doctor, |route| {
        let who_reschedules = Access::only("its Doctor and Admins", &[Actor::Doctor, Actor::Admin]);
        let about =
            "Minutes, as the clinic's policy allows them. With `moving`, those of the appointment unless given.";
        route
            .named("listAvailability", "The times of a doctor that can be booked", Access::ACCOUNTS)
            .description(
                "Every start on the clinic's grid. For a Patient, without those where they have an appointment.",
            )
            .date()
            .query("days", "How many days, from that one on.", days())
            .query("duration", about, duration())
            .query("moving", MOVING, id_schema())
            .sample(Sample::query("date={day}"))
            .sample(Sample::query("date={day}&moving={appointment}").named("moving", who_reschedules))
            .response::<Vec<Slot>>(200, "The times, by start.")
            .problem(Kind::Forbidden)
            .problem(Kind::AppointmentStarted)
            .problem(Kind::AppointmentCancelled)
    });
    to.get("/availability", of_all, |route| {
        route
            .named("listAllAvailability", "The times of all doctors that can be booked", Access::ACCOUNTS)
            .date()
            .query("days", "How many days, from that one on.", days())
            .query("duration", "Minutes, as the clinic's policy allows them.", duration())
            .query(
                "specialty",
                "Only doctors of this specialty. Case, accents and strokes make no difference.",
                json!({ "type": "string" }),
            )
            .list_response::<DoctorSlot>("The times, soonest first.")
    });
}

/// With `moving`, every start that this appointment can be moved to.
async fn of_doctor(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(doctor): PathId<AccountId>,
    mut query: Dated,
) -> Result<Json<Vec<Slot>>, Problem> {
    let range = Range::read(&mut query);
    let moving = query.0.input().optional("moving", str::parse);
    let (range, moving) = match query.0.input().finish(range.zip(moving)) {
        Ok(read) => read,
        Err(error) => {
            // Whoever cannot move the appointment is not told what is wrong with the rest.
            if let Some(Some(id)) = moving {
                appointment_to_reschedule(
                    appointments::find(&database, &caller, id).await?.appointment,
                    doctor,
                    &caller,
                    now,
                )?;
            }
            return Err(refusal(error, &mut query, &database).await.into());
        }
    };

    let purpose = match moving {
        Some(appointment) => Purpose::Reschedule(appointment),
        None => Purpose::Book { patient: caller.account_id, key: None, now },
    };
    let scope = Scope { doctor, time: in_any_zone(&range), purpose };
    let found = schedules::schedule(&database, &caller, scope).await?;
    let moved = moving.map(|_| appointment_to_reschedule(found.to_reschedule, doctor, &caller, now)).transpose()?;
    let schedule = found.schedule;
    let usual = moved.map_or(USUAL_DURATION, |appointment| appointment.duration);
    let duration = allowed(&schedule.policy, range.duration.unwrap_or(usual))?;
    let days = schedule.calendar.days_from(schedule.calendar.day(range.date)?).take(range.days);
    let slot = |start| Slot { start_date: schedule.calendar.format(start), duration };
    let mut slots = Vec::new();
    for day in days {
        slots.extend(schedule.starts(&day, duration, now).map(slot));
    }
    Ok(Json(slots))
}

/// The appointment that was looked up, if the caller can move it now, and it is with this doctor.
fn appointment_to_reschedule(
    found: Option<Appointment>,
    doctor: AccountId,
    caller: &Caller,
    now: Timestamp,
) -> Result<Appointment, domain::Error> {
    let appointment = Appointment::can_be_rescheduled_by(caller, found, now)?;
    if appointment.doctor_id != doctor {
        let detail =
            format!("is an appointment with another doctor: ask for those of doctor {}", appointment.doctor_id);
        return Err(domain::Error::Invalid(vec![Violation::new("moving", Code::OtherDoctor.with_detail(detail))]));
    }
    Ok(appointment)
}

/// A stretch of time that holds the asked days in whatever zone the clinic is in: it is read in
/// the same statement.
fn in_any_zone(range: &Range) -> Interval {
    let around = match range.date {
        DateInput::Date(date) => date.and_time(chrono::NaiveTime::MIN).and_utc(),
        DateInput::Containing(instant) => instant,
    };
    let days = TimeDelta::days(range.days as i64);
    Interval { start: around - TimeDelta::days(2), end: around + days + TimeDelta::days(2) }
}

/// By start, then by the doctor's id.
async fn of_all(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    mut query: Dated,
) -> Result<Response, Problem> {
    let range = Range::read(&mut query);
    let listing = query.0.listing("availability");
    let specialty = query.0.input().optional("specialty", |text| Ok(text.to_owned()));
    let read = range.zip(listing).zip(specialty);
    let ((range, listing), specialty) = match query.0.input().finish(read) {
        Ok(read) => read,
        Err(error) => return Err(refusal(error, &mut query, &database).await.into()),
    };

    let (page, duration) = (listing.page, range.duration.unwrap_or(USUAL_DURATION));
    let specialty = specialty.as_deref();
    let (found, calendar) = database
        .in_calendar(&caller, |reader| async move {
            Ok((Search { reader, range, duration, specialty, page, now }.run().await?, reader.calendar))
        })
        .await?;
    listing.answer(
        found,
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
    /// Some days after the other, until the page is full, and one more.
    async fn run(&self) -> Result<Vec<(Timestamp, AccountId)>, Error> {
        let calendar = self.reader.calendar;
        let after_start = self.page.after.map_or(i64::MIN, |(start, _)| start);
        let days: Vec<Day> = calendar.days_from(calendar.day(self.range.date)?).take(self.range.days).collect();
        let past = days.iter().take_while(|day| day.end.timestamp() <= after_start).count();
        let mut days = &days[past.min(days.len() - 1)..];
        let mut found = Vec::new();
        while !days.is_empty() && found.len() as i64 <= self.page.limit {
            let (done, starts) = self.starts_on(days).await?;
            found.extend(starts);
            days = &days[done..];
        }
        Ok(found)
    }

    /// Whether a start belongs to this page, or to one after it.
    fn is_asked_for(&self, (start, doctor): &(Timestamp, AccountId)) -> bool {
        self.page.after.is_none_or(|after| (start.timestamp(), doctor.get()) > after)
    }

    /// The earliest starts on the first of the days, in order, one more than fill a page; and on how many
    /// days that is.
    async fn starts_on(&self, mut days: &[Day]) -> Result<(usize, Vec<(Timestamp, AccountId)>), Error> {
        // The latest on top: it has to go where there are too many.
        let (mut after, mut starts) = (0, BinaryHeap::new());
        loop {
            let read = schedules::schedules(&self.reader, days, self.specialty, after).await?;
            allowed(&read.policy, self.duration)?;
            days = &days[..read.days];
            for doctor in &read.doctors {
                let free = days.iter().flat_map(|day| doctor.schedule.starts(day, self.duration, self.now));
                for start in free.map(|start| (start, doctor.doctor_id)).filter(|start| self.is_asked_for(start)) {
                    if starts.len() as i64 > self.page.limit {
                        if starts.peek().is_some_and(|latest| *latest < start) {
                            // And so are all that follow.
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
