use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    doctors::{self, Doctor, Filter},
};
use rounds_http::{Access, Problem, Query, Routes};
use serde_json::json;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors", list, |route| {
        route
            .named("listDoctors", "The active doctors, by id", Access::ANYONE)
            .query(
                "q",
                "Words, of which each is in the name or the specialty. Case, accents and strokes make no difference.",
                json!({ "type": "string" }),
            )
            .query(
                "specialty",
                "The specialty. Case, accents and strokes make no difference.",
                json!({ "type": "string" }),
            )
            .list_response::<Doctor>("The doctors.")
    });
}

/// Where there is a replica it answers, and can miss who registered just now.
async fn list(State(database): State<Database>, mut query: Query) -> Result<Response, Problem> {
    let listing = query.listing("doctors");
    let text = |text: &str| Ok(text.to_owned());
    let q = query.input().optional("q", text);
    let specialty = query.input().optional("specialty", text);
    let read = || Some((listing?, Filter { q: q?, specialty: specialty? }));
    let (listing, filter) = query.input().finish(read())?;

    let doctors = doctors::list(&database, &filter, listing.page).await?;
    listing.answer(doctors, |doctor| doctor.id.get(), |doctor| doctor)
}
