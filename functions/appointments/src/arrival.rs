use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{Change, NewState},
};
use rounds_domain::AppointmentId;
use rounds_http::{Authenticated, IfMatch, Kind, NoInput, Operation, PathId, Problem, RequestOrigin, Routes, Sample};

use crate::{STAFF, body, change::if_match, mark::mark};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.put("/appointments/{appointment_id}/arrival", arrived, |route| {
        describe(route.named("noteArrival", "Note that the patient has arrived", STAFF))
    });
    to.delete("/appointments/{appointment_id}/arrival", not_arrived, |route| {
        describe(route.named("removeArrival", "Undo the arrival of a patient", STAFF))
    });
}

fn describe(route: Operation<'_>) -> Operation<'_> {
    let route = route
        .description("Possible on the appointment's day only. Repeating it changes nothing and succeeds.")
        .sample(Sample::default().with("appointment_id", "{started}"))
        .problem(Kind::AppointmentDayOver)
        .problem(Kind::AppointmentOnAnotherDay)
        .problem(Kind::AppointmentStarted)
        .problem(Kind::AppointmentCancelled)
        .problem(Kind::Contended);
    body::describe(if_match(route), "The appointment.")
}

async fn arrived(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let arrived = Change { appointment: id, versions: &versions, state: NewState::Arrival(true) };
    mark(&database.writer(&caller, &origin), &arrived, input).await
}

async fn not_arrived(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let not_arrived = Change { appointment: id, versions: &versions, state: NewState::Arrival(false) };
    mark(&database.writer(&caller, &origin), &not_arrived, input).await
}
