use axum::{extract::State, response::Response};
use rounds_data::{Database, appointments};
use rounds_domain::{AppointmentId, Caller, Instant, Status, Versions};
use rounds_http::{Authenticated, IfMatch, Now, PathId, Problem};

use crate::change::change;

/// `POST /appointments/{appointment_id}/done`: the patient came. For its Doctor and Admins, from
/// its start on; one mark may correct the other.
pub(crate) async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::Done, now).await
}

/// `POST /appointments/{appointment_id}/no_show`: the patient did not come.
pub(crate) async fn no_show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
) -> Result<Response, Problem> {
    mark(&database, &caller, id, &versions, Status::NoShow, now).await
}

async fn mark(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    versions: &Versions,
    status: Status,
    now: Instant,
) -> Result<Response, Problem> {
    change(
        database,
        caller,
        id,
        versions,
        || appointments::mark(database, caller, id, versions, status, now),
        |appointment, _| appointment.markable(status, caller, now),
    )
    .await
}
