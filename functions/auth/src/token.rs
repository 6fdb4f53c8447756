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

/// An OAuth token response (RFC 6750, section 4), for clients that accept JSON.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/me/token", renew, |route| {
        let route = route.named("renewToken", "Get a new token", Access::ACCOUNTS).description(
            "Allowed until 12 hours after the sign-in. The response body is the same as that of `POST /login`.",
        );
        describe(route)
    });
}

/// Declares that a route returns a token.
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
    let caller = accounts::refresh_caller(&state.database, &caller).await?;
    token_response(&*state.signing_key.get().await?, &caller, now, &headers)
}

/// Returns the response with a new token: the token as the body, or JSON if the `Accept` header prefers JSON.
pub(crate) fn token_response(
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

/// Returns whether `Accept` names `application/json` with at least the weight of `application/jwt` (RFC 9110,
/// section 12.5.1).
fn accepts_json(headers: &HeaderMap) -> bool {
    let weight = |name| weight(headers, ACCEPT, name).unwrap_or(0.0);
    weight("application/json") > 0.0 && weight("application/json") >= weight("application/jwt")
}
