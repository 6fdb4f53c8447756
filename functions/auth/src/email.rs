use axum::{extract, http::StatusCode};
use rounds_data::{
    accounts, links,
    sign_ins::{self, Verified},
};
use rounds_domain::{Email, Error};
use rounds_http::{Access, Authenticated, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample};
use serde_json::json;

use crate::{
    State,
    password::wrong_password,
    register::email_schema,
    sign_in::{SignIn, recheck_password, verify_password},
};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/me/email", change, |route| {
        route
            .named("changeMyEmail", "Change your own email", Access::ACCOUNTS)
            .description(
                "Sends a mail to the new email. The email changes when the link of that mail is used. Another request \
                 replaces the earlier one. A wrong password counts toward the limits of failed sign-ins. At most three \
                 mails are sent within an hour.",
            )
            .body(json!({
                "type": "object",
                "required": ["email", "password"],
                "properties": { "email": email_schema(), "password": { "type": "string" } },
            }))
            .sample(Sample::body(json!({ "email": "{new_email}", "password": "{password}" })))
            .empty_response(202, "The mail is queued.")
            .problem(Kind::EmailTaken)
            .problem(Kind::TooManyRequests)
    });
}

/// Needs the password, because with a new email, the holder of a stolen token could set a new password.
async fn change(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    let email = input.text::<Email>("email");
    let password = input.parsed("password", |text| Ok(text.to_owned()));
    let (email, password) = input.finish(email.zip(password))?;

    let account = accounts::me(&state.database, &caller).await?;
    let sign_in = SignIn { email: account.account.email, password };
    let attempt = sign_ins::attempt(&state.database, &sign_in.email, &state.limits, &origin).await?;
    let Some(verified) = verify_password(&state.hasher, &attempt, &sign_in.password).await? else {
        return Err(wrong_password(&state, &attempt, &origin, "password").await);
    };
    let writer = state.database.writer(&caller, &origin);
    let mut asked = links::ask_for_new_email(&writer, &verified, &email).await?;
    if !asked && let Some(credentials) = recheck_password(&state, &verified, &sign_in).await? {
        asked = links::ask_for_new_email(&writer, &Verified { credentials: &credentials, ..verified }, &email).await?;
    }
    asked.then_some(StatusCode::ACCEPTED).ok_or_else(|| Error::Unauthenticated.into())
}
