use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_http::{Access, Authenticated, Problem, Query, Routes, Sample, date_schema};

use crate::{
    body::{Body, place},
    filter::FilterInput,
    show::read_of_others,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointments", list, |route| {
        let route = route
            .named("listAppointments", "Appointments, by start", Access::ACCOUNTS)
            .description("All for Admins, their own for Doctors and Patients.");
        FilterInput::describe(route)
            .query("date", "Only this day's.", date_schema())
            .list_response::<Body>("The appointments.")
            .sample(Sample::query("date={day}"))
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, narrowing) = (query.listing("appointments"), FilterInput::read(query.input()));
    let (listing, narrowing) = query.input().finish(listing.zip(narrowing))?;

    let page = listing.page;
    let (found, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let filter = narrowing.in_calendar(&reader.calendar)?;
            Ok((appointments::list(&reader, &filter, page).await?, reader.calendar))
        })
        .await?;
    let read = read_of_others(found.iter().take(listing.shown(&found)), &caller);
    Ok((Extension(read), listing.answer(found, place, |appointment| Body::new(appointment, &calendar))?)
        .into_response())
}
