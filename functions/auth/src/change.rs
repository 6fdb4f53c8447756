use axum::{
    extract,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};
use rounds_data::accounts::{self, Action};
use rounds_domain::{self as domain, AccountId, AccountType, Code, Password, Reason};
use rounds_http::{
    Authenticated, JsonBody, Kind, NoInput, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample, Who,
    optional_text_schema,
};
use serde_json::json;

use crate::{State, password::password_schema};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/deactivate", deactivate, |route| {
        let link = "Of a Doctor: `</appointments?…>; rel=\"related\"`.";
        route
            .named("deactivateAccount", "End an account's sign-ins, at once", Who::ADMINS)
            .says("What is booked with a Doctor stays, and is listed where the `Link` leads, unless the appointments ahead of the Doctor or Patient are cancelled in the same change.")
            .optional_body(json!({
                "type": "object",
                "properties": {
                    "appointments": { "const": "cancel" },
                    "reason": optional_text_schema(Reason::LONGEST, true),
                },
                // A reason is for what is cancelled.
                "anyOf": [{ "required": ["appointments"] }, { "properties": { "reason": { "type": "null" } } }],
            }))
            .sample(Sample::body(json!({ "appointments": "cancel", "reason": "The doctor has left." })))
            .answers_nothing("No login and no request any more.")
            .with_header(204, "Link", link, json!({ "type": "string" }))
            .problem(Kind::LastAdmin)
    });
    to.post("/accounts/{account_id}/activate", activate, |route| {
        route
            .named("activateAccount", "Let an account sign in again", Who::ADMINS)
            .sample(Sample::default().with("account_id", "{deactivated}"))
            .answers_nothing("It can sign in.")
            .problem(Kind::AccountErased)
    });
    to.post("/accounts/{account_id}/erase", erase, |route| {
        route
            .named("eraseAccount", "Erase the personal data of a Patient", Who::ADMINS)
            .says("Appointments, counts and the audit trail stay.")
            .answers_nothing("It is erased.")
            .problem(Kind::NotAPatient)
            .problem(Kind::AppointmentsAhead)
    });
    to.post("/accounts/{account_id}/password", reset_password, |route| {
        route
            .named("resetPassword", "Give an account another password", Who::ADMINS)
            .says("Ends all its tokens. One's own is changed with `POST /me/password`.")
            .body(json!({
                "type": "object",
                "required": ["new_password"],
                "properties": { "new_password": password_schema() },
            }))
            .sample(Sample::body(json!({ "new_password": "battery staple" })))
            .answers_nothing("It has the password.")
            .problem(Kind::AccountErased)
    });
}

async fn deactivate(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let cancels = input.optional("appointments", |text| match text {
        "cancel" => Ok(()),
        _ => Err(Code::NotAllowed.says("must be \"cancel\", or left out")),
    });
    let reason = input.optional("reason", str::parse::<Reason>);
    if let (Some(None), Some(Some(_))) = (&cancels, &reason) {
        input.refuse::<()>("reason", Code::NotAllowed.says("is for appointments that are cancelled"));
    }
    let (cancels, reason) = input.finish(cancels.zip(reason))?;
    let deactivate = Action::Deactivate { cancel_appointments: cancels.is_some(), reason };
    if accounts::change(&state.database.writer(&caller, &origin), id, &deactivate).await? != AccountType::Doctor {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let booked = format!("</appointments?doctor_id={id}&status=Booked>; rel=\"related\"");
    Ok((StatusCode::NO_CONTENT, [(LINK, booked)]).into_response())
}

async fn activate(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::Activate).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn erase(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::Erase).await?;
    Ok(StatusCode::NO_CONTENT)
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
