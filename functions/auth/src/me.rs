use axum::{Json, extract};
use rounds_data::accounts;
use rounds_domain::{Account, Name};
use rounds_http::{Authenticated, JsonBody, NoInput, Problem, RequestOrigin};

use crate::State;

/// `GET /me`: the caller's account.
pub(crate) async fn show(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    input: NoInput,
) -> Result<Json<Account>, Problem> {
    input.finish()?;
    Ok(Json(accounts::me(&state.database, &caller).await?))
}

/// `PATCH /me`: another name.
pub(crate) async fn rename(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<Account>, Problem> {
    input.not_null(&["name"]);
    let name = input.optional("name", str::parse::<Name>);
    Ok(Json(match input.finish(name)? {
        Some(name) => accounts::rename(&state.database, &caller, &name, &origin).await?,
        None => accounts::me(&state.database, &caller).await?,
    }))
}
