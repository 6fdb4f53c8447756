use axum::{extract, http::StatusCode};
use rounds_data::{
    accounts,
    sign_ins::{self, PasswordChange},
};
use rounds_domain::{Error, Password, Violation};
use rounds_http::{Authenticated, JsonBody, Problem, RequestOrigin};

use crate::{State, login::check};

/// `POST /me/password`: another password, for who knows the old one; all tokens end but this one. The old
/// one is an attempt at signing in, and counted like it.
pub(crate) async fn change(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    let old = input.parsed("old_password", |text| Ok(text.to_owned()));
    let new = input.text::<Password>("new_password");
    let (old, new) = input.finish(old.zip(new))?;

    let account = accounts::me(&state.database, &caller).await?;
    let attempt = sign_ins::attempt(&state.database, &account.email, &state.limits, &origin).await?;
    let wrong = || Error::Invalid(vec![Violation::new("old_password", "is not this account's password")]);
    let Some(credentials) = check(&attempt, &old).await else {
        sign_ins::fail(&state.database, &attempt, &origin).await?;
        return Err(wrong().into());
    };
    let hash = rounds_auth::hash(&new).map_err(Problem::internal)?;
    let change = PasswordChange { attempt: &attempt, credentials, new_hash: &hash };
    sign_ins::change_password(&state.database, &caller, &change, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
