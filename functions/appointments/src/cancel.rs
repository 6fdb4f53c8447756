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
    body::{self, Cancelled},
    change::{change as change_appointment, error_of_invalid_input, if_match},
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
                 succeeds. With `\"following\": true`, the same change cancels the later appointments of its series that have \
                 not started and that the caller may cancel, with the reason.",
            )
            .optional_body(json!({
                "type": "object",
                "properties": {
                    "reason": optional_text_schema(Reason::LONGEST, true),
                    "following": {
                        "type": ["boolean", "null"],
                        "description": "Whether the later appointments of its series are cancelled too.",
                    },
                },
            }))
            .sample(Sample::body(json!({ "reason": "The doctor is ill." })))
            .problem(Kind::AppointmentStarted)
            .problem(Kind::Contended);
        body::describe_as::<Cancelled>(if_match(route), "The cancelled appointment.")
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
    let (reason, following) = (input.optional("reason", str::parse::<Reason>), input.optional_boolean("following"));
    let writer = database.writer(&caller, &origin);
    let change = |state| Change { appointment: id, versions: &versions, state };
    match input.finish(reason.zip(following)) {
        Ok((reason, Some(true))) => {
            change_appointment(&writer, &change(NewState::CancelledWithFollowing(reason.as_ref()))).await
        }
        Ok((reason, _)) => change_appointment(&writer, &change(NewState::Cancelled(reason.as_ref()))).await,
        Err(invalid) => Err(error_of_invalid_input(&writer, &change(NewState::Cancelled(None)), invalid).await.into()),
    }
}
