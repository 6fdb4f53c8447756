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
use rounds_http::{Access, Actor, Authenticated, PathId, Problem, Query, Read, Routes};

use crate::{
    body::{Body, place},
    filter::FilterInput,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/patients/{patient_id}/history", history, |route| {
        let access = Access::only(
            "that Patient, Admins, and Doctors who have or had an appointment with them",
            &[Actor::Patient, Actor::Doctor, Actor::Admin],
        );
        let route = route.named("getHistory", "A patient's appointments, newest first", access);
        FilterInput::describe(route).list_response::<Body>("The appointments, newest start first.")
    });
}

async fn history(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(patient): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, narrowing) = (query.listing("history"), FilterInput::read(query.input()));
    let (listing, narrowing) = match query.input().finish(listing.zip(narrowing)) {
        Ok(read) => read,
        Err(invalid) => return Err(refusal(&database, &caller, patient, invalid).await.into()),
    };

    let page = listing.page;
    let (history, calendar) = database
        .in_calendar(&caller, |reader| async move {
            let filter = narrowing.in_calendar(&reader.calendar)?;
            Ok((appointments::history(&reader, patient, &filter, page).await?, reader.calendar))
        })
        .await?;
    let history = visible(history, &caller, patient)?;
    let accounts = if caller.is(patient) { vec![] } else { vec![patient] };
    let read = Extension(Read { accounts, ..Read::default() });
    let answer = listing.answer(history.appointments, place, |appointment| Body::new(appointment, &calendar))?;
    Ok((read, answer).into_response())
}

/// The history, if the caller may see it and there is such a patient.
fn visible(history: History, caller: &Caller, patient: AccountId) -> Result<History, domain::Error> {
    caller.may_see_history_of(patient, history.is_of_the_callers_patient())?;
    if history.is_of_a_patient() { Ok(history) } else { Err(domain::Error::NotFound("patient")) }
}

/// What invalid input is answered. Only the database knows who may see the history: others are told
/// that first.
async fn refusal(database: &Database, caller: &Caller, patient: AccountId, invalid: domain::Error) -> Error {
    let page = Page { limit: 1, after: None };
    let history = database.in_calendar(caller, |reader| async move {
        appointments::history(&reader, patient, &Filter::default(), page).await
    });
    match history.await.and_then(|history| Ok(visible(history, caller, patient)?)) {
        Ok(_) => invalid.into(),
        Err(error) => error,
    }
}
