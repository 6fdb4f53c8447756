use axum::{extract, http::StatusCode};
use rounds_data::accounts::{self, Action};
use rounds_domain::{self as domain, AccountId, AccountType, Password};
use rounds_http::{Access, Authenticated, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;

use crate::{State, password::password_schema};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/password", reset_password, |route| {
        route
            .named("resetPassword", "Give an account another password", Access::ADMINS)
            .description("Ends all its tokens. One's own is changed with `POST /me/password`.")
            .body(json!({
                "type": "object",
                "required": ["new_password"],
                "properties": { "new_password": password_schema() },
            }))
            .sample(Sample::body(json!({ "new_password": "battery staple" })))
            .empty_response("It has the password.")
            .problem(Kind::AccountErased)
    });
}

async fn reset_password(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    if caller.is(id) {
        // By a stolen token, too, and without the old one.
        return Err(domain::Error::Forbidden("Change your own password with POST /me/password.").into());
    }
    let password = input.text::<Password>("new_password");
    let password = input.finish(password)?;
    let hash = rounds_auth::hash(&password).map_err(Problem::internal)?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::ResetPassword(hash)).await?;
    Ok(StatusCode::NO_CONTENT)
}
