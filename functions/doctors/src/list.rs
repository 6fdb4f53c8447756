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
            .named("listDoctors", "List the active doctors, ordered by id", Access::ANYONE)
            .query(
                "q",
                "Search words. Each of them must occur in the name or the specialty. Case, accents and strokes are \
                 ignored.",
                json!({ "type": "string" }),
            )
            .query(
                "specialty",
                "Return only doctors with this specialty. Case, accents and strokes are ignored.",
                json!({ "type": "string" }),
            )
            .list_response::<Doctor>("The doctors.")
    });
}

/// Reads from the replica if there is one, so doctors who registered a moment ago can be missing.
async fn list(State(database): State<Database>, mut query: Query) -> Result<Response, Problem> {
    let listing = query.listing("doctors");
    let text = |text: &str| Ok(text.to_owned());
    let q = query.input().optional("q", text);
    let specialty = query.input().optional("specialty", text);
    let read = || Some((listing?, Filter { q: q?, specialty: specialty? }));
    let (listing, filter) = query.input().finish(read())?;

    let doctors = doctors::list(&database, &filter, listing.page).await?;
    listing.response(doctors, |doctor| doctor.id.get(), |doctor| doctor)
}
