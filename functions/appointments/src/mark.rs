use axum::{extract::State, response::Response};
use rounds_data::{Database, appointments};
use rounds_domain::{AppointmentId, Caller, Origin, Status, Versions};
use rounds_http::{Authenticated, IfMatch, PathId, Problem, RequestOrigin};

use crate::change::change;

/// `POST /appointments/{appointment_id}/done`: the patient came. For its Doctor and Admins, from
/// its start on; one mark may correct the other.
pub(crate) async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::Done, &origin).await
}

/// `POST /appointments/{appointment_id}/no_show`: the patient did not come.
pub(crate) async fn no_show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::NoShow, &origin).await
}

async fn mark(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    versions: &Versions,
    status: Status,
    origin: &Origin,
) -> Result<Response, Problem> {
    change(
        database,
        caller,
        id,
        versions,
        || appointments::mark(database, caller, id, versions, status, origin),
        |appointment, _| appointment.markable(status, caller, origin.at),
    )
    .await
}
