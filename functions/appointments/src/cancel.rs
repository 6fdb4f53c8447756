use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{Change, End},
};
use rounds_domain::{AppointmentId, Reason};
use rounds_http::{
    Access, Actor, Authenticated, IfMatch, Kind, OptionalJsonBody, PathId, Problem, RequestOrigin, Routes, Sample,
    optional_text_schema,
};
use serde_json::json;

use crate::{
    body,
    change::{change, if_match, refusal},
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/cancel", cancel, |route| {
        // By default the policy lets no Patient cancel.
        let access = Access::only(
            "its Doctor and Admins, and its Patient where the clinic's policy lets them",
            &[Actor::Doctor, Actor::Admin],
        );
        let route = route
            .named("cancel", "Cancel an appointment", access)
            .description("Until it starts. Once more changes nothing.")
            .optional_body(
                json!({ "type": "object", "properties": { "reason": optional_text_schema(Reason::LONGEST, true) } }),
            )
            .sample(Sample::body(json!({ "reason": "The doctor is ill." })))
            .problem(Kind::AppointmentStarted)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The appointment, cancelled.")
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
    let cancel = |reason| Change { appointment: id, versions: &versions, end: End::Cancelled(reason) };
    match input.finish(reason) {
        Ok(reason) => change(&writer, &cancel(reason.as_ref())).await,
        Err(invalid) => Err(refusal(&writer, &cancel(None), invalid).await.into()),
    }
}
