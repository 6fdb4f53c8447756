use std::slice;

use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Error, Page, Reader,
    schedules::{self, DoctorSchedule, Doctors},
};
use rounds_domain::{AccountId, Day, Timestamp};
use rounds_http::{Access, Authenticated, DayQuery, Now, Problem, Routes};
use schemars::JsonSchema;
use serde::Serialize;

/// A doctor who still has a slot for the shortest appointment on the day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AvailableDoctor")]
pub(crate) struct Available {
    doctor_id: AccountId,
    name: String,
    appointments_count: i64,
    booked_mins: i64,
    /// The number of minutes that can still be booked.
    free_mins: i64,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/available", available, |route| {
        route
            .named("listAvailableDoctors", "List the doctors who can still be booked on a day", Access::DESK)
            .date()
            .list_response::<Available>("The doctors, ordered by id.")
    });
}

async fn available(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    mut query: DayQuery,
) -> Result<Response, Problem> {
    caller.must_be_desk()?;
    let (date, listing) = (query.date(), query.0.listing("available"));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let doctors = database
        .in_calendar(&caller, |reader| async move { find(&reader, &reader.calendar.day(date)?, page, now).await })
        .await?;
    listing.response(doctors, |doctor| doctor.doctor_id.get(), |doctor| doctor)
}

/// Returns the doctors on the page, and at least one more if there is a next page. Skips doctors who cannot be booked
/// any more on the day.
async fn find(reader: &Reader<'_>, day: &Day, page: Page<i64>, now: Timestamp) -> Result<Vec<Available>, Error> {
    let mut after = page.after.unwrap_or(0);
    let mut available = Vec::new();
    loop {
        let doctors = Doctors { days: slice::from_ref(day), specialty: None, type_id: None, patient: None, after };
        let read = schedules::schedules(reader, doctors).await?;
        for DoctorSchedule { doctor_id, name, schedule } in read.doctors {
            let (appointments_count, booked_mins) = schedule.load(day);
            if let Some(free_mins) = schedule.free_minutes(day, now) {
                available.push(Available { doctor_id, name, appointments_count, booked_mins, free_mins });
            }
        }
        match read.next {
            Some(next) if available.len() as i64 <= page.limit => after = next,
            _ => return Ok(available),
        }
    }
}
