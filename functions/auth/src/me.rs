use axum::{Json, extract};
use rounds_data::accounts;
use rounds_domain::{Account, Name};
use rounds_http::{Access, Authenticated, JsonBody, NoInput, Problem, RequestOrigin, Routes, Sample, text_schema};
use serde_json::json;

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/me", show, |route| {
        route.named("getMe", "Get your own account", Access::ACCOUNTS).response::<Account>(200, "The account.")
    });
    to.patch("/me", rename, |route| {
        route
            .named("changeMe", "Change your own name", Access::ACCOUNTS)
            .body(json!({ "type": "object", "properties": { "name": text_schema(Name::LONGEST, false) } }))
            .sample(Sample::body(json!({ "name": "Ada Lovelace" })))
            .response::<Account>(200, "The changed account.")
    });
}

async fn show(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    input: NoInput,
) -> Result<Json<Account>, Problem> {
    input.finish()?;
    Ok(Json(accounts::me(&state.database, &caller).await?))
}

async fn rename(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<Account>, Problem> {
    input.not_null(&["name"]);
    let name = input.optional("name", str::parse::<Name>);
    Ok(Json(match input.finish(name)? {
        Some(name) => accounts::rename(&state.database.writer(&caller, &origin), &name).await?,
        None => accounts::me(&state.database, &caller).await?,
    }))
}
