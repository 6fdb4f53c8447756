use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    schedules::{self, DoctorSchedule},
};
use rounds_domain::{AccountId, AccountType, Calendar, Caller, DateInput, Error, Instant, Page};
use rounds_http::{Authenticated, Dated, Now, Problem};
use serde::Serialize;

/// How many doctors are read at once.
const BATCH: i64 = 200;

/// A doctor who can still take the shortest appointment that day.
#[derive(Serialize)]
struct Available {
    doctor_id: AccountId,
    name: String,
    appointments_count: i64,
    booked_mins: i64,
    /// How many more minutes can be booked.
    free_mins: i64,
}

/// `GET /doctors/available`: the doctors who can still be booked on a day, for Admins.
pub(crate) async fn available(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    mut query: Dated,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let (date, listing) = (query.date(), query.0.listing("available"));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let found = database.in_calendar(|calendar| find(&database, &caller, calendar, date, page, now)).await?;
    listing.answer(found, |doctor| doctor.doctor_id.get(), |doctor| doctor)
}

/// Reads doctors until the page is full, and one more: those who are full already are passed over.
async fn find(
    database: &Database,
    caller: &Caller,
    calendar: Calendar,
    date: DateInput,
    page: Page<i64>,
    now: Instant,
) -> Result<Vec<Available>, Error> {
    let day = calendar.day(date)?;
    let mut batch = Page { limit: BATCH, after: page.after };
    let mut found = Vec::new();
    loop {
        let (_, mut doctors) = schedules::schedules(database, caller, &calendar, &day, None, batch).await?;
        let more = doctors.len() as i64 > BATCH;
        doctors.truncate(BATCH as usize);
        batch.after = doctors.last().map(|doctor| doctor.doctor_id.get());
        for DoctorSchedule { doctor_id, name, schedule } in doctors {
            let (appointments_count, booked_mins) = schedule.load(&day);
            if let Some(free_mins) = schedule.free_minutes(&day, now) {
                found.push(Available { doctor_id, name, appointments_count, booked_mins, free_mins });
            }
        }
        if !more || found.len() as i64 > page.limit {
            return Ok(found);
        }
    }
}
