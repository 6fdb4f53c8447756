use axum::{Json, extract};
use rounds_data::accounts;
use rounds_domain::{BirthDate, Name, OwnAccount, OwnAccountChange, Timestamp};
use rounds_http::{
    Access, Authenticated, Input, JsonBody, NoInput, Problem, RequestOrigin, Routes, Sample, birth_date_schema,
    language_schema, phone_schema, text_schema,
};
use serde_json::json;

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/me", show, |route| {
        route.named("getMe", "Get your own account", Access::ACCOUNTS).response::<OwnAccount>(200, "The account.")
    });
    to.patch("/me", change, |route| {
        route
            .named("changeMe", "Change your own name, phone number, birth date or language", Access::ACCOUNTS)
            .description(
                "Omitted members stay unchanged. `null` removes the phone number, the birth date or the language.",
            )
            .body(json!({
                "type": "object",
                "properties": {
                    "name": text_schema(Name::LONGEST, false),
                    "phone": phone_schema(),
                    "birth_date": birth_date_schema(),
                    "language": language_schema(),
                },
            }))
            .sample(Sample::body(json!({ "name": "Ada Lovelace", "phone": "+44 20 7946 0000" })))
            .response::<OwnAccount>(200, "The changed account.")
    });
}

async fn show(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    input: NoInput,
) -> Result<Json<OwnAccount>, Problem> {
    input.finish()?;
    Ok(Json(accounts::me(&state.database, &caller).await?))
}

async fn change(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<OwnAccount>, Problem> {
    let change = read(&mut input, origin.at);
    Ok(Json(match input.finish(change)? {
        OwnAccountChange { name: None, phone: None, birth_date: None, language: None } => {
            accounts::me(&state.database, &caller).await?
        }
        change => accounts::change_me(&state.database.writer(&caller, &origin), &change).await?,
    }))
}

fn read(input: &mut Input, now: Timestamp) -> Option<OwnAccountChange> {
    input.not_null(&["name"]);
    let name = input.optional("name", str::parse);
    let phone = input.optional("phone", str::parse);
    let birth_date = input.optional("birth_date", |text| BirthDate::parse(text, now));
    let language = input.optional("language", str::parse);
    Some(OwnAccountChange {
        name: name?,
        phone: input.has("phone").then_some(phone?),
        birth_date: input.has("birth_date").then_some(birth_date?),
        language: input.has("language").then_some(language?),
    })
}
