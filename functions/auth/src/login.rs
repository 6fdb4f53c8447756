use std::time::Duration;

use axum::{extract, http::HeaderMap, response::Response};
use rounds_data::{
    Origin, accounts,
    sign_ins::{self, Attempt, Credentials},
};
use rounds_domain::{Caller, Error};
use rounds_http::{JsonBody, Problem, RequestOrigin};
use tokio::time::sleep;

use crate::{State, token::answer};

/// `POST /login`: a token for an email and its password. The body is the token itself, or JSON
/// where the client names that in `Accept`.
pub(crate) async fn login(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    headers: HeaderMap,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    // Any text may be tried: what is no email or no password is simply wrong.
    let text = |text: &str| Ok(text.to_owned());
    let (email, password) = (input.parsed("email", text), input.parsed("password", text));
    let (email, password) = input.finish(email.zip(password))?;

    // First, so that nobody has failed for want of it.
    let key = state.signing_key.get().await?;
    let attempt = sign_ins::attempt(&state.database, &email, &state.limits, &origin).await?;
    let Some(credentials) = check(&attempt, &password).await else {
        sign_ins::fail(&state.database, &attempt, &origin).await?;
        return Err(Error::WrongCredentials.into());
    };
    let new_hash = rounds_auth::rehash(&password, &credentials.password_hash);
    let new_hash = new_hash.map_err(Problem::internal)?;
    let signed_in = match sign_ins::succeed(&state.database, (&attempt, credentials), new_hash, &origin).await? {
        None => sign_in_again(&state, (&attempt, credentials), (&email, &password), &origin).await?,
        signed_in => signed_in,
    };
    let caller = signed_in.ok_or(Error::WrongCredentials)?;
    answer(&key, &caller, origin.at, &headers)
}

/// The account was not as it was any more: another sign-in may have replaced the hash of the same password.
async fn sign_in_again(
    state: &State,
    (attempt, before): (&Attempt, &Credentials),
    (email, password): (&str, &str),
    origin: &Origin,
) -> Result<Option<Caller>, rounds_data::Error> {
    let found = accounts::password_hash(&state.database, email).await?;
    let Some((_, password_hash)) = found.filter(|(id, _)| *id == before.id) else { return Ok(None) };
    if password_hash == before.password_hash || !rounds_auth::verify(password, Some(&password_hash)) {
        return Ok(None);
    }
    let credentials = Credentials { password_hash, ..before.clone() };
    sign_ins::succeed(&state.database, (attempt, &credentials), None, origin).await
}

/// What an attempt's password proved to be that of, if it did. From the fourth on each takes longer,
/// whoever it is about, and whether it is right.
pub(crate) async fn check<'a>(attempt: &'a Attempt, password: &str) -> Option<&'a Credentials> {
    if attempt.earlier >= 3 {
        sleep(Duration::from_millis(125 << (attempt.earlier - 3).min(3))).await;
    }
    let credentials = attempt.credentials.as_ref();
    let hash = credentials.map(|credentials| credentials.password_hash.as_str());
    // Also where there is nothing to compare it with: it takes its time.
    let right = rounds_auth::verify(password, hash);
    credentials.filter(|_| right)
}
