use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{self, Filter},
};
use rounds_domain::{AccountId, Appointment, Calendar, DateInput, Error, Instant, Status};
use rounds_http::{Authenticated, PathId, Problem, Query};

use crate::body::Body;

/// `GET /patients/{patient_id}/history`: a patient's appointments, newest start first; for that
/// Patient, Admins, and Doctors who had an appointment with them. Filters `status`, `from` and
/// `to`; a day as `to` is meant as a whole, a timestamp is where it ends.
pub(crate) async fn history(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(patient): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let listing = query.listing("history");
    let status = query.input().optional("status", str::parse::<Status>);
    let from = query.input().optional("from", str::parse::<DateInput>);
    let to = query.input().optional("to", str::parse::<DateInput>);
    let read = || Some((listing?, status?, from?, to?));
    let (listing, status, from, to) = query.input().finish(read())?;

    let page = listing.page;
    let (history, calendar) = database
        .in_calendar(|calendar| {
            let (database, caller) = (&database, &caller);
            async move {
                let from = from.map(|from| bound(from, &calendar, false)).transpose()?;
                let until = to.map(|to| bound(to, &calendar, true)).transpose()?;
                let filter = Filter { status, from, until };
                Ok((appointments::history(database, caller, &calendar, patient, &filter, page).await?, calendar))
            }
        })
        .await?;
    caller.may_see_history_of(patient, history.is_of_the_callers_patient())?;
    if !history.is_of_a_patient() {
        return Err(Error::NotFound("patient").into());
    }
    let place = |appointment: &Appointment| (appointment.start_at.timestamp(), appointment.id.get());
    listing.answer(history.appointments, place, |appointment| Body::new(appointment, &calendar))
}

/// Where a range begins or, at its other side, ends.
fn bound(date: DateInput, calendar: &Calendar, end: bool) -> Result<Instant, Error> {
    match date {
        DateInput::Containing(instant) => Ok(instant),
        DateInput::Date(_) => calendar.day(date).map(|day| if end { day.end } else { day.start }),
    }
}
