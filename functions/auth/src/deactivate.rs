use axum::{
    extract,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};
use rounds_data::accounts::{self, Deactivation};
use rounds_domain::{AccountId, AccountType, Reason};
use rounds_http::{
    Access, Authenticated, Kind, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample, dry_run_schema,
    optional_text_schema, plan_schema, read_plan_with_reason,
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
                 not listed and cannot be booked. Booked appointments stay booked, unless `appointments` says what happens to the \
                 upcoming ones of the Doctor or Patient: the same change makes it for all of them, or the request is refused.",
            )
            .optional_body(json!({
                "type": "object",
                "properties": {
                    "appointments": plan_schema(),
                    "dry_run": dry_run_schema(),
                    "reason": optional_text_schema(Reason::LONGEST, true),
                },
                // A reason is allowed only if appointments are cancelled.
                "anyOf": [{ "required": ["appointments"] }, { "properties": { "reason": { "type": "null" } } }],
            }))
            .sample(Sample::body(json!({ "appointments": "cancel", "reason": "The doctor has left." })))
            .empty_response(204, "The account is deactivated. With `dry_run`: it would be.")
            .response_header(204, "Link", link, json!({ "type": "string" }))
            .problem(Kind::LastAdmin)
            .problem(Kind::PlanRefused)
            .problem(Kind::Contended)
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
    let (planned, dry_run) = (read_plan_with_reason(&mut input), input.optional_boolean("dry_run"));
    let ((plan, reason), dry_run) = input.finish(planned.zip(dry_run))?;
    let deactivation = Deactivation { account: id, plan: &plan, reason: reason.as_ref() };
    let writer = state.database.writer(&caller, &origin);
    if accounts::deactivate(&writer, &deactivation, dry_run == Some(true)).await? != AccountType::Doctor {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let booked = format!("</appointments?doctor_id={id}&status=Booked>; rel=\"related\"");
    Ok((StatusCode::NO_CONTENT, [(LINK, booked)]).into_response())
}
