use axum::{
    Extension, Json, extract,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_calendar::Event;
use rounds_data::{
    SecretToken,
    feeds::{self, Feed, FeedAppointment},
};
use rounds_domain as domain;
use rounds_http::{
    Access, AccessedData, Authenticated, NoInput, Now, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::State;

/// After how many hours programs should read a feed again. Most have intervals of their own.
const REFRESH_HOURS: u32 = 1;

/// A new feed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewFeed")]
struct NewFeed {
    /// The secret URL of the feed. It cannot be read again.
    url: String,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/feeds/{file}", show, |route| {
        let file = json!({ "type": "string", "examples": ["Q2hvb3NlIGEgc2VjcmV0IG9mIDI1NiByYW5kb20gYml.ics"] });
        route
            .named("getFeed", "Get a calendar feed", Access::ANYONE)
            .description(
                "The appointments of the last 30 days and ahead, without cancelled ones (RFC 5545, RFC 7986). The URL is \
                 that of `POST /me/feed`.",
            )
            .path_parameter("file", "The key of the feed, then `.ics`.", file)
            .response_with(200, "The calendar.", "text/calendar", json!({ "type": "string" }))
    });
    to.post("/me/feed", create, |route| {
        let details = "Whether the feed names the clinic and the other person of each appointment. If not, it says only \
                       that its owner is busy.";
        route
            .named("createFeed", "Make a calendar feed of your own appointments", Access::ACCOUNTS)
            .description(
                "Calendar programs subscribe to its URL. Anyone who has the URL can read the feed, until another one is \
                 made or the feed is deleted.",
            )
            .optional_body(json!({
                "type": "object",
                "properties": { "details": { "type": "boolean", "default": false, "description": details } },
            }))
            .sample(Sample::body(json!({ "details": true })))
            .response::<NewFeed>(201, "The URL of the feed. An earlier one no longer works.")
    });
    to.delete("/me/feed", delete, |route| {
        route
            .named("deleteFeed", "End your calendar feed", Access::ACCOUNTS)
            .description("Its URL no longer works. Succeeds without a feed too.")
            .empty_response(204, "There is no feed.")
    });
}

async fn create(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<(StatusCode, Json<NewFeed>), Problem> {
    input.not_null(&["details"]);
    let details = input.optional_boolean("details");
    let details = input.finish(details)?.unwrap_or(false);
    let public_url = state.public_url.get().await?;
    let key = SecretToken::generate()?;
    feeds::set(&state.database.writer(&caller, &origin), &key, details).await?;
    let url = format!("{}/feeds/{}.ics", public_url, key.as_str());
    Ok((StatusCode::CREATED, Json(NewFeed { url })))
}

async fn delete(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    input.finish()?;
    feeds::delete(&state.database.writer(&caller, &origin)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An unknown key does not count as a failed sign-in: programs continue to read a feed that has ended, and many do so from
/// one source.
async fn show(
    extract::State(state): extract::State<State>,
    Now(now): Now,
    PathId(file): PathId<String>,
    input: NoInput,
) -> Result<Response, Problem> {
    let key = file.strip_suffix(".ics").ok_or(domain::Error::NotFound("feed"))?;
    let feed = feeds::find(&state.database, key, now).await?;
    input.finish()?;
    let accessed = AccessedData { accounts: vec![feed.owner], ..AccessedData::default() };
    Ok((Extension(accessed), [(CONTENT_TYPE, "text/calendar; charset=utf-8")], calendar(feed)).into_response())
}

fn calendar(feed: Feed) -> String {
    let Feed { details, language, clinic, appointments, .. } = feed;
    let event = |appointment: FeedAppointment| Event {
        id: appointment.id,
        version: appointment.version,
        changed_at: appointment.changed_at,
        start: appointment.start_at,
        duration: appointment.duration,
        is_cancelled: false,
        with: appointment.with,
    };
    let events: Vec<_> = appointments.into_iter().map(event).collect();
    let name = if details { &clinic.name } else { "Rounds" };
    let place =
        rounds_calendar::Clinic { id: clinic.id, name: &clinic.name, address: clinic.contact.address.as_deref() };
    rounds_calendar::feed(name, &events, REFRESH_HOURS, &place, &language)
}
