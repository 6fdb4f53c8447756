use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Writer,
    appointments::{Change, NewState},
};
use rounds_domain::{AppointmentId, Status};
use rounds_http::{Authenticated, IfMatch, Kind, NoInput, Operation, PathId, Problem, RequestOrigin, Routes, Sample};

use crate::{
    STAFF, body,
    change::{change, error_of_invalid_input, if_match},
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/done", done, |route| {
        describe(route.named("markDone", "Mark an appointment as done: the patient came", STAFF))
    });
    to.post("/appointments/{appointment_id}/no_show", no_show, |route| {
        describe(route.named("markNoShow", "Mark an appointment as a no-show: the patient did not come", STAFF))
    });
    to.post("/appointments/{appointment_id}/reopen", reopen, |route| {
        let route = route
            .named("reopen", "Take back the mark of an appointment: it is booked again", STAFF)
            .description(
                "Possible until the end of the appointment's day. Reopening a booked appointment changes nothing and \
                 succeeds.",
            )
            .sample(Sample::default().with("appointment_id", "{started}"))
            .problem(Kind::AppointmentDayOver)
            .problem(Kind::AppointmentCancelled)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The reopened appointment.")
    });
}

fn describe(route: Operation<'_>) -> Operation<'_> {
    let route = route
        .description("Possible as soon as the appointment has started. A later mark replaces an earlier one.")
        .sample(Sample::default().with("appointment_id", "{started}"))
        .problem(Kind::AppointmentNotStarted)
        .problem(Kind::AppointmentCancelled)
        .problem(Kind::Contended);
    body::describe(if_match(route), "The marked appointment.")
}

async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let done = Change { appointment: id, versions: &versions, state: NewState::Marked(Status::Done) };
    mark(&database.writer(&caller, &origin), &done, input).await
}

async fn no_show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let no_show = Change { appointment: id, versions: &versions, state: NewState::Marked(Status::NoShow) };
    mark(&database.writer(&caller, &origin), &no_show, input).await
}

async fn reopen(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let reopened = Change { appointment: id, versions: &versions, state: NewState::Reopened };
    mark(&database.writer(&caller, &origin), &reopened, input).await
}

pub(crate) async fn mark(writer: &Writer<'_>, mark: &Change<'_>, input: NoInput) -> Result<Response, Problem> {
    match input.finish() {
        Ok(()) => change(writer, mark).await,
        Err(invalid) => Err(error_of_invalid_input(writer, mark, invalid).await.into()),
    }
}
