use axum::{extract, http::StatusCode};
use rounds_data::links;
use rounds_domain::Password;
use rounds_http::{Access, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;

use crate::{State, password::password_schema, verify_email::token_schema};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/forgot_password", forgot, |route| {
        route
            .named("forgotPassword", "Get a mail with a link that sets a new password", Access::ANYONE)
            .description(
                "The response is the same whether or not an active account has the email. An account that has no \
                 password yet gets its invitation again. Counts toward the limits of failed sign-ins, apart from the \
                 sign-ins with this email. At most three mails are sent to an account within an hour.",
            )
            .body(json!({ "type": "object", "required": ["email"], "properties": { "email": { "type": "string" } } }))
            .sample(Sample::body(json!({ "email": "{email}" })))
            .empty_response(202, "If an active account has the email, the mail is queued.")
            .problem(Kind::TooManyRequests)
    });
    to.post("/reset_password", reset, |route| {
        route
            .named("setForgottenPassword", "Set a password with the link of a mail", Access::ANYONE)
            .description(
                "The link is that of a forgotten password, which works for 60 minutes, or of an invitation, which \
                 works for 7 days. Each works once. All tokens of the account are revoked. A password that is refused \
                 does not use the link up. A link that cannot be used counts toward the limits of failed sign-ins.",
            )
            .body(json!({
                "type": "object",
                "required": ["token", "new_password"],
                "properties": { "token": token_schema(), "new_password": password_schema() },
            }))
            .sample(Sample::body(json!({ "token": "{reset}", "new_password": "battery staple" })))
            .empty_response(204, "The password is set.")
            .problem(Kind::LinkExpired)
            .problem(Kind::TooManyRequests)
    });
}

async fn forgot(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    // As in a sign-in, a text that is not an email is not refused. No account has it.
    let email = input.parsed("email", |text| Ok(text.to_owned()));
    let email = input.finish(email)?;
    links::forgot_password(&state.database, &email, &state.limits, &origin).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn reset(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    let token = input.parsed("token", |text| Ok(text.to_owned()));
    let password = input.text::<Password>("new_password");
    let (token, password) = input.finish(token.zip(password))?;

    // The link is looked up before the password is hashed, so that an invalid token costs no hash.
    let link = links::password_link(&state.database, &token, &state.limits, &origin).await?;
    let hash = state.hasher.hash(password).await?;
    links::set_password(&state.database, link, hash, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
