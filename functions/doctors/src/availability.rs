use axum::{Json, extract::State, response::Response};
use chrono::TimeDelta;
use rounds_data::{
    Database,
    schedules::{self, Scope},
};
use rounds_domain::{AccountId, Calendar, Caller, DateInput, Day, Error, Instant, Interval, Page};
use rounds_http::{Authenticated, Dated, Now, PathId, Problem};
use serde::Serialize;

use crate::range::{Range, refusal};

/// How many doctors are read at once.
const BATCH: i64 = 200;

/// A time of a doctor's that can be booked.
#[derive(Serialize)]
pub(crate) struct Slot {
    start_date: String,
    duration: i64,
}

/// The same, with whom.
#[derive(Serialize)]
struct DoctorSlot {
    doctor_id: AccountId,
    start_date: String,
    duration: i64,
}

/// `GET /doctors/{doctor_id}/availability`: every start on the grid that can be booked now, for
/// any account; for a Patient, without those where they have an appointment themselves.
pub(crate) async fn of_doctor(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(doctor): PathId<AccountId>,
    mut query: Dated,
) -> Result<Json<Vec<Slot>>, Problem> {
    let range = Range::read(&mut query);
    let range = match query.0.input().finish(range) {
        Ok(range) => range,
        Err(error) => return Err(refusal(error, &mut query, &database).await.into()),
    };

    let time = in_any_zone(&range);
    let scope = Scope { doctor, patient: caller.account_id, time, except: None, key: None };
    let (schedule, _) = schedules::schedule(&database, &caller, scope).await?;
    range.allowed_by(&schedule.policy)?;
    let days = schedule.calendar.days_from(schedule.calendar.day(range.date)?).take(range.days);
    let starts = days.flat_map(|day| schedule.starts(&day, range.duration, now));
    let slot = |start| Slot { start_date: schedule.calendar.format(start), duration: range.duration };
    Ok(Json(starts.map(slot).collect()))
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

/// `GET /availability`: the same over all doctors, soonest first, then by the doctor's id.
pub(crate) async fn of_all(
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

    let page = listing.page;
    let search = Search { database: &database, caller: &caller, range, specialty: specialty.as_deref(), page, now };
    let (found, calendar) =
        database.in_calendar(|calendar| async move { Ok((search.run(&calendar).await?, calendar)) }).await?;
    listing.answer(
        found,
        |(start, doctor)| (start.timestamp(), doctor.get()),
        |(start, doctor_id)| DoctorSlot { doctor_id, start_date: calendar.format(start), duration: range.duration },
    )
}

#[derive(Clone, Copy)]
struct Search<'a> {
    database: &'a Database,
    caller: &'a Caller,
    range: Range,
    specialty: Option<&'a str>,
    page: Page<(i64, i64)>,
    now: Instant,
}

impl Search<'_> {
    /// Day by day, until the page is full, and one more.
    async fn run(&self, calendar: &Calendar) -> Result<Vec<(Instant, AccountId)>, Error> {
        let (after_start, after_doctor) = self.page.after.unwrap_or((i64::MIN, 0));
        let mut found = Vec::new();
        for day in calendar.days_from(calendar.day(self.range.date)?).take(self.range.days) {
            if day.end.timestamp() <= after_start {
                continue;
            }
            let mut starts = self.starts_on(calendar, &day).await?;
            starts.retain(|(start, doctor)| (start.timestamp(), doctor.get()) > (after_start, after_doctor));
            starts.sort();
            found.append(&mut starts);
            if found.len() as i64 > self.page.limit {
                break;
            }
        }
        Ok(found)
    }

    async fn starts_on(&self, calendar: &Calendar, day: &Day) -> Result<Vec<(Instant, AccountId)>, Error> {
        let mut batch = Page { limit: BATCH, after: None };
        let mut starts = Vec::new();
        loop {
            let (policy, doctors) =
                schedules::schedules(self.database, self.caller, calendar, day, self.specialty, batch).await?;
            self.range.allowed_by(&policy)?;
            let more = doctors.len() as i64 > BATCH;
            for doctor in doctors.iter().take(BATCH as usize) {
                batch.after = Some(doctor.doctor_id.get());
                let free = doctor.schedule.starts(day, self.range.duration, self.now);
                starts.extend(free.into_iter().map(|start| (start, doctor.doctor_id)));
            }
            if !more {
                return Ok(starts);
            }
        }
    }
}
