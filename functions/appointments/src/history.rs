use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{
    Database, Error, Page,
    appointments::{self, Filter, History},
};
use rounds_domain::{self as domain, AccountId, Caller};
use rounds_http::{Access, AccessedData, Actor, Authenticated, PathId, Problem, Query, Routes};

use crate::{
    body::{Body, position},
    filter::FilterInput,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/patients/{patient_id}/history", history, |route| {
        let access = Access::only(
            "that patient, their guardians, Doctors who have or had an appointment with them, Receptionists and Admins",
            &[Actor::Patient, Actor::Doctor, Actor::Receptionist, Actor::Admin],
        );
        let route = route.named("getHistory", "List a patient's appointments, newest first", access);
        FilterInput::describe(route).list_response::<Body>("The appointments, ordered by start, newest first.")
    });
}

async fn history(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(patient): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, filter) = (query.listing("history"), FilterInput::read(query.input()));
    let (listing, filter) = match query.input().finish(listing.zip(filter)) {
        Ok(read) => read,
        Err(invalid) => return Err(error_of_invalid_input(&database, &caller, patient, invalid).await.into()),
    };

    let page = listing.page;
    let (history, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let filter = filter.in_calendar(&reader.calendar)?;
            Ok((appointments::history(&reader, patient, &filter, page).await?, reader.calendar))
        })
        .await?;
    let history = visible(history, &caller)?;
    let accounts = if history.caller_acts_for_patient() { vec![] } else { vec![patient] };
    let accessed = Extension(AccessedData { accounts, ..AccessedData::default() });
    let response =
        listing.response(history.appointments, position, |appointment| Body::new(appointment, &caller, &calendar))?;
    Ok((accessed, response).into_response())
}

/// Returns the history if the caller may see it and the patient exists.
fn visible(history: History, caller: &Caller) -> Result<History, domain::Error> {
    caller.may_see_patient(history.caller_acts_for_patient(), history.caller_is_their_doctor())?;
    if history.is_patient() { Ok(history) } else { Err(domain::Error::NotFound("patient")) }
}

/// Returns the error for invalid input: 401, 403 or 404 if the caller may not see the history, else `invalid`. This
/// takes a query, because permission depends on the patient's appointments.
async fn error_of_invalid_input(
    database: &Database,
    caller: &Caller,
    patient: AccountId,
    invalid: domain::Error,
) -> Error {
    let page = Page { limit: 1, after: None };
    let history = database.in_calendar(caller, |reader| async move {
        appointments::history(&reader, patient, &Filter::default(), page).await
    });
    match history.await.and_then(|history| Ok(visible(history, caller)?)) {
        Ok(_) => invalid.into(),
        Err(error) => error,
    }
}
