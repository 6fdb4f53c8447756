use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_http::{Access, Authenticated, Problem, Query, Routes, Sample, date_schema};

use crate::{
    body::{Body, COLUMNS, columns, position},
    filter::FilterInput,
    show::data_of_others,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointments", list, |route| {
        let route = route
            .named("listAppointments", "List appointments, ordered by start", Access::ACCOUNTS)
            .description("Admins and Receptionists see all appointments, Doctors their own, and Patients their own and those of their \
                 dependants.");
        FilterInput::describe(route)
            .query("date", "Return only appointments of this day.", date_schema())
            .list_response::<Body>("The appointments, ordered by start.")
            .or_csv(COLUMNS)
            .sample(Sample::query("date={day}"))
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, filter) = (query.listing("appointments"), FilterInput::read(query.input()));
    let (listing, filter) = query.input().finish(listing.zip(filter))?;

    let page = listing.page;
    let (appointments, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let filter = filter.in_calendar(&reader.calendar)?;
            Ok((appointments::list(&reader, &filter, page).await?, reader.calendar))
        })
        .await?;
    let accessed = data_of_others(appointments.iter().take(listing.page_len(&appointments)), &caller);
    let body = |appointment| Body::new(appointment, &caller, &calendar);
    let response = listing.response_or_csv(appointments, position, body, &columns(&caller))?;
    Ok((Extension(accessed), response).into_response())
}
