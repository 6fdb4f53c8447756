use axum::{
    extract,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};
use rounds_data::accounts::{self, Action};
use rounds_domain::{AccountId, AccountType, Code, Reason, parse_cancel};
use rounds_http::{
    Access, Authenticated, Kind, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample, optional_text_schema,
};
use serde_json::json;

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/deactivate", deactivate, |route| {
        let link = "For a Doctor: the list of their booked appointments, as `</appointments?…>; rel=\"related\"`.";
        route
            .named("deactivateAccount", "Deactivate an account", Access::ADMINS)
            .description(
                "The account can no longer sign in, and all its tokens are revoked at once. A deactivated Doctor is \
                 not listed and cannot be booked. Booked appointments stay booked, unless the body has \
                 `\"appointments\": \"cancel\"`: then the same change cancels the upcoming appointments of the Doctor or \
                 Patient.",
            )
            .optional_body(json!({
                "type": "object",
                "properties": {
                    "appointments": { "const": "cancel" },
                    "reason": optional_text_schema(Reason::LONGEST, true),
                },
                // A reason is allowed only if appointments are cancelled.
                "anyOf": [{ "required": ["appointments"] }, { "properties": { "reason": { "type": "null" } } }],
            }))
            .sample(Sample::body(json!({ "appointments": "cancel", "reason": "The doctor has left." })))
            .empty_response(204, "The account is deactivated.")
            .response_header(204, "Link", link, json!({ "type": "string" }))
            .problem(Kind::LastAdmin)
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
    let cancels = input.optional("appointments", parse_cancel);
    let reason = input.optional("reason", str::parse::<Reason>);
    if let (Some(None), Some(Some(_))) = (&cancels, &reason) {
        input.reject::<()>("reason", Code::NotAllowed.with_detail("is allowed only with \"appointments\": \"cancel\""));
    }
    let (cancels, reason) = input.finish(cancels.zip(reason))?;
    let deactivate = Action::Deactivate { cancel_appointments: cancels.is_some(), reason };
    if accounts::change(&state.database.writer(&caller, &origin), id, &deactivate).await? != AccountType::Doctor {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let booked = format!("</appointments?doctor_id={id}&status=Booked>; rel=\"related\"");
    Ok((StatusCode::NO_CONTENT, [(LINK, booked)]).into_response())
}
