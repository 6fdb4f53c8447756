use axum::{extract::State, response::Response};
use rounds_data::{Database, appointments};
use rounds_http::{Authenticated, Problem, Query};

use crate::{
    body::{Body, place},
    filter::Narrowing,
};

/// `GET /appointments`: by start; all for Admins, their own for Doctors and Patients.
pub(crate) async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    let (listing, narrowing) = (query.listing("appointments"), Narrowing::read(query.input()));
    let (listing, narrowing) = query.input().finish(listing.zip(narrowing))?;

    let page = listing.page;
    let (found, calendar) = database
        .in_calendar(|calendar| {
            let (database, caller) = (&database, &caller);
            async move {
                let filter = narrowing.in_calendar(&calendar)?;
                Ok((appointments::list(database, caller, &calendar, &filter, page).await?, calendar))
            }
        })
        .await?;
    listing.answer(found, place, |appointment| Body::new(appointment, &calendar))
}
