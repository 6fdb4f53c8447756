use axum::{
    Json, extract,
    http::{
        HeaderMap,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use rounds_auth::{LIFETIME_SECONDS, SigningKey};
use rounds_data::accounts;
use rounds_domain::{Caller, Timestamp};
use rounds_http::{Access, Authenticated, Kind, NoInput, Now, Operation, Problem, Routes, weight};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::State;

/// A token the OAuth way (RFC 6750, section 4), for clients that accept JSON.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/me/token", renew, |route| {
        let route = route
            .named("renewToken", "A fresh token", Access::ACCOUNTS)
            .description("While the sign-in is under 12 hours old. The body is as that of a login.");
        describe(route)
    });
}

/// Says that a route answers a token.
pub(crate) fn describe(route: Operation<'_>) -> Operation<'_> {
    route
        .response::<Token>(200, "A token.")
        .response_with(200, "A token.", "application/jwt", json!({ "type": "string" }))
        .problem(Kind::SignInUnavailable)
}

async fn renew(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    headers: HeaderMap,
    input: NoInput,
) -> Result<Response, Problem> {
    caller.may_renew(now)?;
    input.finish()?;
    let caller = accounts::current(&state.database, &caller).await?;
    answer(&*state.signing_key.get().await?, &caller, now, &headers)
}

/// A token as the body, or JSON where the client names that in `Accept`.
pub(crate) fn answer(
    key: &SigningKey,
    caller: &Caller,
    now: Timestamp,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let caller = Caller { token_id: rounds_auth::new_token_id().map_err(Problem::internal)?, ..*caller };
    let token = rounds_auth::sign(key, &caller, now).map_err(Problem::internal)?;
    let no_store = [(CACHE_CONTROL, "no-store"), (VARY, "Accept")];
    if accepts_json(headers) {
        let token = Token { access_token: token, token_type: "Bearer", expires_in: LIFETIME_SECONDS };
        return Ok((no_store, Json(token)).into_response());
    }
    Ok((no_store, [(CONTENT_TYPE, "application/jwt")], token).into_response())
}

/// Whether the client names `application/json`, and wants it no less than the bare token (RFC
/// 9110, section 12.5.1).
fn accepts_json(headers: &HeaderMap) -> bool {
    let weight = |name| weight(headers, ACCEPT, name).unwrap_or(0.0);
    weight("application/json") > 0.0 && weight("application/json") >= weight("application/jwt")
}
