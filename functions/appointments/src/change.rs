use axum::response::Response;
use rounds_data::{
    ATTEMPTS, Error, Writer,
    appointments::{self, AppointmentLookup, Change, NewStatus},
};
use rounds_domain::{self as domain, Appointment, Policy};
use rounds_http::{Kind, Operation, Problem};
use serde_json::json;

use crate::body;

/// Declares that a route accepts `If-Match`.
pub(crate) fn if_match(route: Operation<'_>) -> Operation<'_> {
    let about = "The `ETag` of the appointment that the client has read. If the appointment has changed since, the \
                 answer is 412 and nothing is changed.";
    route
        .request_header("If-Match", about, json!({ "type": "string", "example": "\"1\"" }))
        .problem(Kind::AppointmentChanged)
}

/// Returns the error for invalid input: 401, 403 or 404 if the caller may not change the appointment, else `invalid`.
/// This takes a query, because permission depends on the appointment.
pub(crate) async fn error_of_invalid_input(writer: &Writer<'_>, change: &Change<'_>, invalid: domain::Error) -> Error {
    let decided = appointments::find(writer.database, writer.caller, change.appointment).await.and_then(|found| {
        let appointment = Appointment::visible_to(writer.caller, found.appointment)?;
        Ok(decide(writer, &change.status, &appointment, &found.policy)?)
    });
    use domain::Error::{AlreadyCancelled, AlreadyStarted, NotStarted};
    match decided {
        Ok(_) | Err(Error::Refused(AlreadyCancelled | AlreadyStarted | NotStarted)) => invalid.into(),
        Err(error) => error,
    }
}

/// Cancels or marks an appointment. The database enforces the rules. [`decide`] finds the rule that a rejected change
/// breaks.
pub(crate) async fn change(writer: &Writer<'_>, change: &Change<'_>) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        let changed = appointments::change(writer, change).await?;
        if let Some(AppointmentLookup { appointment: Some(changed), calendar, .. }) = changed {
            return Ok(body::response(changed, &calendar));
        }
        let found = appointments::find(writer.database, writer.caller, change.appointment).await?;
        let appointment = Appointment::visible_to(writer.caller, found.appointment)?;
        let decision = decide(writer, &change.status, &appointment, &found.policy);
        // 403 comes before 412.
        if !matches!(decision, Err(domain::Error::Forbidden(_))) && !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        let needs_change = decision?;
        if !needs_change {
            return Ok(body::response(appointment, &found.calendar));
        }
    }
    Err(Error::Contended.into())
}

/// Returns `true` if the appointment can be cancelled or marked now, and `false` if it already has the new status.
fn decide(
    writer: &Writer<'_>,
    status: &NewStatus<'_>,
    appointment: &Appointment,
    policy: &Policy,
) -> Result<bool, domain::Error> {
    match status {
        NewStatus::Cancelled(_) => appointment.can_be_cancelled_by(writer.caller, policy, writer.origin.at),
        NewStatus::Marked(status) => appointment.can_be_marked_by(*status, writer.caller, writer.origin.at),
    }
}
