use axum::{extract, http::StatusCode};
use rounds_data::accounts::{self, Action};
use rounds_domain::{self as domain, AccountId, AccountType, Password};
use rounds_http::{Access, Authenticated, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;

use crate::{State, password::password_schema};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/password", reset_password, |route| {
        route
            .named("resetPassword", "Set a new password for an account", Access::ADMINS)
            .description("Revokes all tokens of the account. Use `POST /me/password` for your own account.")
            .body(json!({
                "type": "object",
                "required": ["new_password"],
                "properties": { "new_password": password_schema() },
            }))
            .sample(Sample::body(json!({ "new_password": "battery staple" })))
            .empty_response(204, "The new password is set.")
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
        // Otherwise a stolen token could set a new password without the old one.
        return Err(domain::Error::Forbidden("Change your own password with POST /me/password.").into());
    }
    let password = input.text::<Password>("new_password");
    let password = input.finish(password)?;
    let hash = state.hasher.hash(password).await?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::ResetPassword(hash)).await?;
    Ok(StatusCode::NO_CONTENT)
}
