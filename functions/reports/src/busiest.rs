use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    reports::{self, Load},
};
use rounds_domain::{AccountType, Caller};
use rounds_http::{Access, Authenticated, Dated, Problem, Routes};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/by_top_appointments", by_top_appointments, |route| {
        route
            .named("listBusiestDoctors", "The doctors with appointments on a day, busiest first", Access::ADMINS)
            .date()
            .list_response::<Load>("The doctors.")
    });
    to.get("/doctors/with_six_hours_plus", with_six_hours_plus, |route| {
        route
            .named("listDoctorsWithSixHours", "Of these, the ones with six hours or more", Access::ADMINS)
            .date()
            .list_response::<Load>("The doctors.")
    });
}

/// Where there is a replica it answers, and can miss what was booked or cancelled just now.
async fn by_top_appointments(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    query: Dated,
) -> Result<Response, Problem> {
    busiest(&database, &caller, query, Report { list: "by_top_appointments", at_least: 0 }).await
}

/// From a replica likewise.
async fn with_six_hours_plus(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    query: Dated,
) -> Result<Response, Problem> {
    busiest(&database, &caller, query, Report { list: "with_six_hours_plus", at_least: 6 * 60 }).await
}

#[derive(Clone, Copy)]
struct Report {
    /// The name that its pages are continued by.
    list: &'static str,
    /// Minutes.
    at_least: i64,
}

async fn busiest(database: &Database, caller: &Caller, mut query: Dated, report: Report) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let (date, listing) = (query.date(), query.0.listing(report.list));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let loads = database
        .in_calendar(caller, |reader| async move {
            reports::busiest(&reader, &reader.calendar.day(date)?, report.at_least, page).await
        })
        .await?;
    listing.answer(loads, |load| (load.appointments_count, load.booked_mins, load.doctor_id.get()), |load| load)
}
