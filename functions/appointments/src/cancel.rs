use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{Change, NewState},
};
use rounds_domain::{AppointmentId, Reason};
use rounds_http::{
    Access, Actor, Authenticated, IfMatch, Kind, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample,
    optional_text_schema,
};
use serde_json::json;

use crate::{
    body,
    change::{change, error_of_invalid_input, if_match},
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/cancel", cancel, |route| {
        // Without `Actor::Patient`: tests use the default policy, which does not allow Patients to cancel.
        let access = Access::only(
            "its Doctor, Receptionists and Admins, and its patient and their guardians if the clinic's policy allows it",
            &[Actor::Doctor, Actor::Receptionist, Actor::Admin],
        );
        let route = route
            .named("cancel", "Cancel an appointment", access)
            .description(
                "Possible until the appointment starts. Admins and Receptionists can cancel it until the end of its day, \
                 while it is `Booked`: it was entered by mistake. Cancelling a cancelled appointment again changes nothing and \
                 succeeds.",
            )
            .optional_body(
                json!({ "type": "object", "properties": { "reason": optional_text_schema(Reason::LONGEST, true) } }),
            )
            .sample(Sample::body(json!({ "reason": "The doctor is ill." })))
            .problem(Kind::AppointmentStarted)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The cancelled appointment.")
    });
}

async fn cancel(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    let reason = input.optional("reason", str::parse::<Reason>);
    let writer = database.writer(&caller, &origin);
    let cancellation = |reason| Change { appointment: id, versions: &versions, state: NewState::Cancelled(reason) };
    match input.finish(reason) {
        Ok(reason) => change(&writer, &cancellation(reason.as_ref())).await,
        Err(invalid) => Err(error_of_invalid_input(&writer, &cancellation(None), invalid).await.into()),
    }
}
