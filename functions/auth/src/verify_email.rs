use axum::{extract, http::StatusCode};
use rounds_data::links;
use rounds_http::{Access, Authenticated, JsonBody, Kind, NoInput, Problem, RequestOrigin, Routes, Sample};
use serde_json::{Value, json};

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/verify_email", verify, |route| {
        route
            .named("verifyEmail", "Verify an email with the link of a mail", Access::ANYONE)
            .description(
                "The link works once, for 60 minutes. If the account has asked for a new email, that is its email from \
                 now on.",
            )
            .body(json!({ "type": "object", "required": ["token"], "properties": { "token": token_schema() } }))
            .sample(Sample::body(json!({ "token": "{verification}" })))
            .empty_response(204, "The email is verified.")
            .problem(Kind::LinkExpired)
            .problem(Kind::EmailTaken)
    });
    to.post("/me/verify_email", ask, |route| {
        route
            .named("askToVerifyEmail", "Get a mail with a link that verifies your own email", Access::ACCOUNTS)
            .description(
                "Nothing is sent if the email is verified, or if three mails wait or were sent within an hour.",
            )
            .empty_response(202, "The mail is queued.")
    });
}

/// Returns the schema of the token of a link.
pub(crate) fn token_schema() -> Value {
    json!({ "type": "string", "description": "The last part of the link: 43 characters." })
}

async fn verify(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    let token = input.parsed("token", |token| Ok(token.to_owned()));
    let token = input.finish(token)?;
    links::verify_email(&state.database, &token, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ask(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    input.finish()?;
    links::ask_to_verify(&state.database.writer(&caller, &origin)).await?;
    Ok(StatusCode::ACCEPTED)
}
