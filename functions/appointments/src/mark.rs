use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Origin, Versions,
    appointments::{Change, End},
};
use rounds_domain::{Appointment, AppointmentId, Caller, Policy, Status};
use rounds_http::{Authenticated, IfMatch, NoInput, PathId, Problem, RequestOrigin};

use crate::change::{change, refusal};

/// `POST /appointments/{appointment_id}/done`: the patient came. For its Doctor and Admins, from
/// its start on; one mark may correct the other.
pub(crate) async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::Done, &origin, input).await
}

/// `POST /appointments/{appointment_id}/no_show`: the patient did not come.
pub(crate) async fn no_show(
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
