use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{Change, End},
};
use rounds_domain::{Appointment, AppointmentId, Policy, Reason};
use rounds_http::{Authenticated, IfMatch, OptionalJsonBody, PathId, Problem, RequestOrigin};

use crate::change::{change, refusal};

/// `POST /appointments/{appointment_id}/cancel`: for its Doctor and Admins, and for its Patient
/// where the clinic's policy lets them. Cancelling once more changes nothing.
pub(crate) async fn cancel(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    let reason = input.optional("reason", str::parse::<Reason>);
    let decide = |appointment: &Appointment, policy: &Policy| appointment.cancellable(&caller, policy, origin.at);
    let reason = match input.finish(reason) {
        Ok(reason) => reason,
        Err(invalid) => return Err(refusal(&database, &caller, id, decide, invalid).await.into()),
    };
    let end = Change { appointment: id, versions: &versions, end: End::Cancelled(reason.as_ref()) };
    change(&database, &caller, &end, decide, &origin).await
}
