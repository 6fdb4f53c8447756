use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    doctors::{self, Filter},
};
use rounds_http::{Problem, Query};

/// `GET /doctors`: the active doctors, for anyone; filters `q` (part of the name or specialty)
/// and `specialty`. Where there is a replica it answers, and can miss who registered just now.
pub(crate) async fn list(State(database): State<Database>, mut query: Query) -> Result<Response, Problem> {
    let listing = query.listing("doctors");
    let text = |text: &str| Ok(text.to_owned());
    let q = query.input().optional("q", text);
    let specialty = query.input().optional("specialty", text);
    let read = || Some((listing?, Filter { q: q?, specialty: specialty? }));
    let (listing, filter) = query.input().finish(read())?;

    let doctors = doctors::list(&database, &filter, listing.page).await?;
    listing.answer(doctors, |doctor| doctor.id.get(), |doctor| doctor)
}
