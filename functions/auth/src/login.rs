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
use rounds_domain::Error;
use rounds_http::{JsonBody, Now, Problem};
use serde::Serialize;

use crate::State;

/// A token the OAuth way (RFC 6750, section 4), for clients that accept JSON.
#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// `POST /login`: a token for an email and its password. The body is the token itself, or JSON
/// where the client names that in `Accept`.
pub(crate) async fn login(
    extract::State(state): extract::State<State>,
    Now(now): Now,
    headers: HeaderMap,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    // Any text may be tried: what is no email or no password is simply wrong.
    let text = |text: &str| Ok(text.to_owned());
    let (email, password) = (input.parsed("email", text), input.parsed("password", text));
    let (email, password) = input.finish(email.zip(password))?;

    let credentials = accounts::credentials(&state.database, &email).await?;
    let hash = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
    let right = rounds_auth::verify(&password, hash);
    let account = credentials.filter(|_| right).ok_or(Error::WrongCredentials)?.caller();

    // As it is by now: a key may be rotated.
    let pem = state.signing_key.get().await.map_err(|error| Error::NoSigningKey(error.to_string()))?;
    let key = SigningKey::from_pem(&pem).map_err(|error| Error::Internal(error.to_string()))?;
    let token = rounds_auth::sign(&key, &account, now)?;
    let no_store = [(CACHE_CONTROL, "no-store"), (VARY, "Accept")];
    if accepts_json(&headers) {
        let token = Token { access_token: token, token_type: "Bearer", expires_in: LIFETIME_SECONDS };
        return Ok((no_store, Json(token)).into_response());
    }
    Ok((no_store, [(CONTENT_TYPE, "application/jwt")], token).into_response())
}

/// Whether the client names `application/json`, and wants it no less than the bare token (RFC
/// 9110, section 12.5.1).
fn accepts_json(headers: &HeaderMap) -> bool {
    let weight = |name: &str| {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges = values.flat_map(|value| value.split(',')).map(|range| range.split(';').map(str::trim));
        let mut range =
            ranges.find(|range| range.clone().next().is_some_and(|kind| kind.eq_ignore_ascii_case(name)))?;
        let weight = range.find_map(|parameter| parameter.strip_prefix("q=")?.parse::<f32>().ok());
        Some(weight.unwrap_or(1.0))
    };
    let (json, bare) = (weight("application/json").unwrap_or(0.0), weight("application/jwt").unwrap_or(0.0));
    json > 0.0 && json >= bare
}
