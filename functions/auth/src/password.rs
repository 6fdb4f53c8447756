use axum::{extract, http::StatusCode};
use rounds_data::{accounts, sign_ins};
use rounds_domain::{Code, Error, Password, Violation};
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
    let wrong = || {
        let fault = Code::WrongPassword.says("is not this account's password");
        Error::Invalid(vec![Violation::new("old_password", fault)])
    };
    let credentials = check(&attempt, &old).await.ok_or_else(wrong)?;
    let hash = rounds_auth::hash(&new).map_err(Problem::internal)?;
    sign_ins::change_password(&state.database, &caller, &attempt, credentials, &hash, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
