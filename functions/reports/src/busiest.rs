use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    reports::{self, Load},
};
use rounds_domain::{AccountType, Caller};
use rounds_http::{Access, Authenticated, DayQuery, Problem, Routes};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/by_top_appointments", by_top_appointments, |route| {
        route
            .named("listBusiestDoctors", "List the doctors with appointments on a day, busiest first", Access::ADMINS)
            .description("Doctors are ordered by number of appointments, then by booked minutes, then by id.")
            .date()
            .list_response::<Load>("The doctors.")
    });
    to.get("/doctors/with_six_hours_plus", with_six_hours_plus, |route| {
        route
            .named(
                "listDoctorsWithSixHours",
                "List the doctors with six or more booked hours on a day, busiest first",
                Access::ADMINS,
            )
            .date()
            .list_response::<Load>("The doctors.")
    });
}

/// Reads from the replica if there is one, so the report can miss the newest bookings and cancellations.
async fn by_top_appointments(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    query: DayQuery,
) -> Result<Response, Problem> {
    busiest(&database, &caller, query, Report { list: "by_top_appointments", min_booked: 0 }).await
}

/// Reads from the replica, like [`by_top_appointments`].
async fn with_six_hours_plus(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    query: DayQuery,
) -> Result<Response, Problem> {
    busiest(&database, &caller, query, Report { list: "with_six_hours_plus", min_booked: 6 * 60 }).await
}

#[derive(Clone, Copy)]
struct Report {
    /// The list's name in cursors.
    list: &'static str,
    /// The minimum of booked minutes.
    min_booked: i64,
}

async fn busiest(
    database: &Database,
    caller: &Caller,
    mut query: DayQuery,
    report: Report,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let (date, listing) = (query.date(), query.0.listing(report.list));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let loads = database
        .in_calendar(caller, |reader| async move {
            reports::busiest(&reader, &reader.calendar.day(date)?, report.min_booked, page).await
        })
        .await?;
    listing.response(loads, |load| (load.appointments_count, load.booked_mins, load.doctor_id.get()), |load| load)
}
