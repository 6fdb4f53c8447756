use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_domain::{AccountId, Error};
use rounds_http::{Authenticated, PathId, Problem, Query, Read};

use crate::{
    body::{Body, place},
    filter::Narrowing,
};

/// `GET /patients/{patient_id}/history`: a patient's appointments, newest start first; for that
/// Patient, Admins, and Doctors who had an appointment with them.
pub(crate) async fn history(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(patient): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, narrowing) = (query.listing("history"), Narrowing::read(query.input()));
    let (listing, narrowing) = query.input().finish(listing.zip(narrowing))?;

    let page = listing.page;
    let (history, calendar) = database
        .in_calendar(|calendar| {
            let (database, caller) = (&database, &caller);
            async move {
                let filter = narrowing.in_calendar(&calendar)?;
                Ok((appointments::history(database, caller, &calendar, patient, &filter, page).await?, calendar))
            }
        })
        .await?;
    caller.may_see_history_of(patient, history.is_of_the_callers_patient())?;
    if !history.is_of_a_patient() {
        return Err(Error::NotFound("patient").into());
    }
    let accounts = if caller.is(patient) { vec![] } else { vec![patient] };
    let read = Extension(Read { accounts, ..Read::default() });
    let answer = listing.answer(history.appointments, place, |appointment| Body::new(appointment, &calendar))?;
    Ok((read, answer).into_response())
}
