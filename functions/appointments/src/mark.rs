use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Origin, Versions,
    appointments::{Change, End},
};
use rounds_domain::{Appointment, AppointmentId, Caller, Policy, Status};
use rounds_http::{Authenticated, IfMatch, NoInput, Operation, PathId, Problem, RequestOrigin, Routes, Sample};

use crate::{
    ITS_DOCTOR, body,
    change::{change, if_match, refusal},
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/done", done, |route| {
        describe(route.named("markDone", "Mark that the patient came", ITS_DOCTOR))
    });
    to.post("/appointments/{appointment_id}/no_show", no_show, |route| {
        describe(route.named("markNoShow", "Mark that the patient did not come", ITS_DOCTOR))
    });
}

fn describe(route: Operation<'_>) -> Operation<'_> {
    let route = route
        .says("From its start on; one mark may correct the other.")
        .sample(Sample::default().with("appointment_id", "{started}"))
        .problem(409, "appointment-not-started")
        .problem(409, "appointment-cancelled")
        .problem(503, "contended");
    body::describe(if_match(route), "The appointment, marked.")
}

async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::Done, &origin, input).await
}

async fn no_show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::NoShow, &origin, input).await
}

async fn mark(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    versions: &Versions,
    status: Status,
    origin: &Origin,
    input: NoInput,
) -> Result<Response, Problem> {
    let decide = |appointment: &Appointment, _: &Policy| appointment.markable(status, caller, origin.at);
    if let Err(invalid) = input.finish() {
        return Err(refusal(database, caller, id, decide, invalid).await.into());
    }
    let end = Change { appointment: id, versions, end: End::Marked(status) };
    change(database, caller, &end, decide, origin).await
}
