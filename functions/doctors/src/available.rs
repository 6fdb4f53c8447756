use std::slice;

use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Error, Page, Reader,
    schedules::{self, DoctorSchedule},
};
use rounds_domain::{AccountId, AccountType, Day, Timestamp};
use rounds_http::{Access, Authenticated, Dated, Now, Problem, Routes};
use schemars::JsonSchema;
use serde::Serialize;

/// A doctor who can still take the shortest appointment that day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AvailableDoctor")]
pub(crate) struct Available {
    doctor_id: AccountId,
    name: String,
    appointments_count: i64,
    booked_mins: i64,
    /// How many more minutes can be booked.
    free_mins: i64,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/available", available, |route| {
        route
            .named("listAvailableDoctors", "The doctors who can still be booked on a day", Access::ADMINS)
            .date()
            .list_response::<Available>("The doctors, by id.")
    });
}

async fn available(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    mut query: Dated,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let (date, listing) = (query.date(), query.0.listing("available"));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let found = database
        .in_calendar(&caller, |reader| async move { find(&reader, &reader.calendar.day(date)?, page, now).await })
        .await?;
    listing.answer(found, |doctor| doctor.doctor_id.get(), |doctor| doctor)
}

/// Reads doctors until the page is full, and one more: those who are full already are passed over.
async fn find(reader: &Reader<'_>, day: &Day, page: Page<i64>, now: Timestamp) -> Result<Vec<Available>, Error> {
    let mut after = page.after.unwrap_or(0);
    let mut found = Vec::new();
    loop {
        let read = schedules::schedules(reader, slice::from_ref(day), None, after).await?;
        for DoctorSchedule { doctor_id, name, schedule } in read.doctors {
            let (appointments_count, booked_mins) = schedule.load(day);
            if let Some(free_mins) = schedule.free_minutes(day, now) {
                found.push(Available { doctor_id, name, appointments_count, booked_mins, free_mins });
            }
        }
        match read.next {
            Some(next) if found.len() as i64 <= page.limit => after = next,
            _ => return Ok(found),
        }
    }
}
