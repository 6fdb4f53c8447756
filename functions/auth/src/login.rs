use std::time::Duration;

use axum::{extract, http::HeaderMap, response::Response};
use rounds_data::{
    Error, Origin, accounts,
    sign_ins::{self, Attempt, Credentials, Verified},
};
use rounds_domain::{
    Caller,
    Error::{TooMany, WrongCredentials},
};
use rounds_http::{Counted, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample, Who};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    State,
    token::{answer, describe},
};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/login", login, |route| {
        let route = route
            .named("login", "Sign in", Who::ANYONE)
            .says("The body is the token itself or, for who accepts `application/json`, an OAuth token response.")
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
struct Login {
    email: String,
    password: String,
}

async fn login(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    // Any text may be tried: what is no email or no password is simply wrong.
    let text = |text: &str| Ok(text.to_owned());
    let (email, password) = (input.parsed("email", text), input.parsed("password", text));
    let login = input.finish(email.zip(password).map(|(email, password)| Login { email, password }))?;

    // First, so that nobody has failed for want of it.
    let key = state.signing_key.get().await?;
    let attempt = sign_ins::attempt(&state.database, &login.email, &state.limits, &origin).await.map_err(refused)?;
    let Some(verified) = check(&attempt, &login.password).await else {
        sign_ins::fail(&state.database, &attempt, &origin).await?;
        return Err(refused(WrongCredentials));
    };
    let new_hash = rounds_auth::rehash(&login.password, &verified.credentials.password_hash);
    let new_hash = new_hash.map_err(Problem::internal)?;
    let signed_in = match sign_ins::succeed(&state.database, &verified, new_hash, &origin).await? {
        None => sign_in_again(&state, &verified, &login, &origin).await?,
        signed_in => signed_in,
    };
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

/// The account was not as it was any more: another sign-in may have replaced the hash of the same password.
async fn sign_in_again(
    state: &State,
    before: &Verified<'_>,
    login: &Login,
    origin: &Origin,
) -> Result<Option<Caller>, Error> {
    let found = accounts::password_hash(&state.database, &login.email).await?;
    let known = before.credentials;
    let Some((_, password_hash)) = found.filter(|(id, _)| *id == known.id) else { return Ok(None) };
    if password_hash == known.password_hash || !rounds_auth::verify(&login.password, Some(&password_hash)) {
        return Ok(None);
    }
    let credentials = Credentials { password_hash, ..known.clone() };
    let verified = Verified { credentials: &credentials, ..*before };
    sign_ins::succeed(&state.database, &verified, None, origin).await
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
