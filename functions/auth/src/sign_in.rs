use std::time::Duration;

use axum::{extract, http::HeaderMap, response::Response};
use rounds_data::{
    Database, Error, accounts,
    sign_ins::{self, Attempt, Credentials, Verified},
};
use rounds_domain::Error::{TooMany, WrongCredentials};
use rounds_http::{Access, Counted, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    State,
    token::{answer, describe},
};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/login", sign_in, |route| {
        let route = route
            .named("login", "Sign in", Access::ANYONE)
            .description(
                "The body is the token itself or, for who accepts `application/json`, an OAuth token response.",
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

/// What is tried: any text.
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
    // Any text may be tried: what is no email or no password is simply wrong.
    let text = |text: &str| Ok(text.to_owned());
    let (email, password) = (input.parsed("email", text), input.parsed("password", text));
    let sign_in = input.finish(email.zip(password).map(|(email, password)| SignIn { email, password }))?;

    // First, so that nobody has failed for want of it.
    let key = state.signing_key.get().await?;
    let attempt = sign_ins::attempt(&state.database, &sign_in.email, &state.limits, &origin).await.map_err(refused)?;
    let Some(verified) = check(&attempt, &sign_in.password).await else {
        sign_ins::fail(&state.database, &attempt, &origin).await?;
        return Err(refused(WrongCredentials));
    };
    let new_hash = rounds_auth::rehash(&sign_in.password, &verified.credentials.password_hash);
    let new_hash = new_hash.map_err(Problem::internal)?;
    let mut signed_in = sign_ins::succeed(&state.database, &verified, new_hash, &origin).await?;
    if signed_in.is_none()
        && let Some(credentials) = check_again(&state.database, &verified, &sign_in).await?
    {
        let verified = Verified { credentials: &credentials, ..verified };
        signed_in = sign_ins::succeed(&state.database, &verified, None, &origin).await?;
    }
    let caller = signed_in.ok_or_else(|| refused(WrongCredentials))?;
    answer(&key, &caller, origin.at, &headers)
}

/// A sign-in that failed, counted where it is the client's fault.
fn refused(error: impl Into<Error>) -> Problem {
    match error.into() {
        error @ Error::Refused(WrongCredentials | TooMany(_)) => Problem::from(error).counted(Counted::LoginRefused),
        error => error.into(),
    }
}

/// The account has other credentials than those that the password was right for. Those that it has now, if the password
/// is right for them too: another sign-in has replaced an outdated hash of the same password.
pub(crate) async fn check_again(
    database: &Database,
    before: &Verified<'_>,
    sign_in: &SignIn,
) -> Result<Option<Credentials>, Error> {
    let Verified { credentials: known, .. } = before;
    let found = accounts::password_hash(database, &sign_in.email).await?;
    let changed = found.filter(|(id, hash)| *id == known.id && *hash != known.password_hash);
    let right = changed.filter(|(_, hash)| rounds_auth::verify(&sign_in.password, Some(hash)));
    Ok(right.map(|(_, password_hash)| Credentials { password_hash, ..(*known).clone() }))
}

/// The attempt with the credentials that its password is right for, if it is. From the fourth on each takes longer,
/// whoever it is about, and whether it is right.
pub(crate) async fn check<'a>(attempt: &'a Attempt, password: &str) -> Option<Verified<'a>> {
    if attempt.earlier >= 3 {
        sleep(Duration::from_millis(125 << (attempt.earlier - 3).min(3))).await;
    }
    let verified = attempt.credentials.as_ref().map(|credentials| Verified { attempt, credentials });
    let hash = verified.map(|verified| verified.credentials.password_hash.as_str());
    // Also where there is nothing to compare it with: it takes its time.
    let right = rounds_auth::verify(password, hash);
    verified.filter(|_| right)
}
