use std::time::Duration;

use axum::{extract, http::HeaderMap, response::Response};
use rounds_data::{
    Error, accounts,
    sign_ins::{self, Attempt, Credentials, Verified},
};
use rounds_domain::Error::{TooMany, WrongCredentials};
use rounds_http::{Access, CountedEvent, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    Hasher, State,
    token::{describe, token_response},
};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/login", sign_in, |route| {
        let route = route
            .named("login", "Sign in", Access::ANYONE)
            .description(
                "The response body is the token itself. With `Accept: application/json` it is an OAuth token response.",
            )
            .body(json!({
                "type": "object",
                "required": ["email", "password"],
                "properties": { "email": { "type": "string" }, "password": { "type": "string" } },
            }))
            .sample(Sample::body(json!({ "email": "{email}", "password": "{password}" })))
            .problem(Kind::TooManyRequests);
        describe(route)
    });
}

/// The email and password of a sign-in. Both can be any text.
pub(crate) struct SignIn {
    pub(crate) email: String,
    pub(crate) password: String,
}

async fn sign_in(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    // A text that is not a valid email or password is refused as wrong credentials, not as invalid input.
    let text = |text: &str| Ok(text.to_owned());
    let (email, password) = (input.parsed("email", text), input.parsed("password", text));
    let sign_in = input.finish(email.zip(password).map(|(email, password)| SignIn { email, password }))?;

    // Read before the attempt is counted: a key that cannot be read must not count as a failed sign-in.
    let key = state.signing_key.get().await?;
    let attempt =
        sign_ins::attempt(&state.database, &sign_in.email, &state.limits, &origin).await.map_err(to_problem)?;
    let Some(verified) = verify_password(&state.hasher, &attempt, &sign_in.password).await? else {
        sign_ins::fail(&state.database, &attempt, &origin).await?;
        return Err(to_problem(WrongCredentials));
    };
    let new_hash = state.hasher.rehash(&sign_in.password, &verified.credentials.password_hash).await?;
    let mut signed_in = sign_ins::succeed(&state.database, &verified, new_hash, &origin).await?;
    if signed_in.is_none()
        && let Some(credentials) = recheck_password(&state, &verified, &sign_in).await?
    {
        let verified = Verified { credentials: &credentials, ..verified };
        signed_in = sign_ins::succeed(&state.database, &verified, None, &origin).await?;
    }
    let caller = signed_in.ok_or_else(|| to_problem(WrongCredentials))?;
    token_response(&key, &caller, origin.at, &headers)
}

/// Converts the error of a failed sign-in to a problem. The metric `LoginsRefused` counts only errors that the client
/// caused.
fn to_problem(error: impl Into<Error>) -> Problem {
    match error.into() {
        error @ Error::Refused(WrongCredentials | TooMany(_)) => {
            Problem::from(error).counted(CountedEvent::SignInRefused)
        }
        error => error.into(),
    }
}

/// Verifies the password once more if the account's hash was replaced after it was verified. Returns the current
/// credentials if the password matches them: a concurrent sign-in has replaced an outdated hash of the same password.
pub(crate) async fn recheck_password(
    state: &State,
    before: &Verified<'_>,
    sign_in: &SignIn,
) -> Result<Option<Credentials>, Problem> {
    let Verified { credentials: old, .. } = before;
    let current = accounts::password_hash(&state.database, &sign_in.email).await?;
    let changed = current.filter(|(id, hash)| *id == old.id && *hash != old.password_hash);
    let Some((_, password_hash)) = changed else { return Ok(None) };
    let is_correct = state.hasher.verify(&sign_in.password, Some(&password_hash)).await?;
    Ok(is_correct.then(|| Credentials { password_hash, ..(*old).clone() }))
}

/// Returns the attempt with its credentials if the password is correct. The fourth and later attempts are delayed,
/// whether or not the account exists and the password is correct.
pub(crate) async fn verify_password<'a>(
    hasher: &Hasher,
    attempt: &'a Attempt,
    password: &str,
) -> Result<Option<Verified<'a>>, Problem> {
    if attempt.earlier >= 3 {
        sleep(Duration::from_millis(125 << (attempt.earlier - 3).min(3))).await;
    }
    let verified = attempt.credentials.as_ref().map(|credentials| Verified { attempt, credentials });
    let hash = verified.map(|verified| verified.credentials.password_hash.as_str());
    // Without an account this compares with a dummy hash, so that it takes the same time.
    let is_correct = hasher.verify(password, hash).await?;
    Ok(verified.filter(|_| is_correct))
}
