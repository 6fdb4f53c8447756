use axum::response::Response;
use rounds_data::{
    ATTEMPTS, Error, Writer,
    appointments::{self, AppointmentLookup, Change, NewState},
};
use rounds_domain::{self as domain, Appointment, AppointmentId, Calendar, Caller, Note, Policy};
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
        Ok(decide(writer, &change.state, &appointment, &found.policy, &found.calendar)?)
    });
    use domain::Error::{AlreadyCancelled, AlreadyStarted, DayOver, NotStarted, OnAnotherDay};
    match decided {
        Ok(_) | Err(Error::Refused(AlreadyCancelled | AlreadyStarted | DayOver | NotStarted | OnAnotherDay)) => {
            invalid.into()
        }
        Err(error) => error,
    }
}

/// Changes an appointment. The database enforces the rules. [`decide`] finds the rule that a rejected change
/// breaks.
pub(crate) async fn change(writer: &Writer<'_>, change: &Change<'_>) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        let changed = appointments::change(writer, change).await?;
        if let Some(AppointmentLookup { appointment: Some(changed), calendar, cancelled, .. }) = changed {
            return Ok(response(change, changed, writer.caller, &calendar, cancelled));
        }
        let found = appointments::find(writer.database, writer.caller, change.appointment).await?;
        let appointment = Appointment::visible_to(writer.caller, found.appointment)?;
        let decision = decide(writer, &change.state, &appointment, &found.policy, &found.calendar);
        // 403 comes before 412.
        if !matches!(decision, Err(domain::Error::Forbidden(_))) && !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        let needs_change = decision?;
        if !needs_change {
            return Ok(response(change, appointment, writer.caller, &found.calendar, Vec::new()));
        }
    }
    Err(Error::Contended.into())
}

fn response(
    change: &Change<'_>,
    appointment: Appointment,
    caller: &Caller,
    calendar: &Calendar,
    cancelled: Vec<AppointmentId>,
) -> Response {
    match change.state {
        NewState::CancelledWithFollowing(_) => body::response_of_cancelled(appointment, caller, calendar, cancelled),
        _ => body::response(appointment, caller, calendar),
    }
}

/// Returns `true` if the appointment can be changed now, and `false` if it already has the new state.
fn decide(
    writer: &Writer<'_>,
    state: &NewState<'_>,
    appointment: &Appointment,
    policy: &Policy,
    calendar: &Calendar,
) -> Result<bool, domain::Error> {
    let (caller, now) = (writer.caller, writer.origin.at);
    match state {
        NewState::Cancelled(_) | NewState::CancelledWithFollowing(_) => {
            appointment.can_be_cancelled_by(caller, policy, calendar, now)
        }
        NewState::Marked(status) => appointment.can_be_marked_by(*status, caller, now),
        NewState::Reopened => appointment.can_be_reopened_by(caller, calendar, now),
        NewState::Arrival(has_arrived) => appointment.can_take_arrival(*has_arrived, caller, calendar, now),
        NewState::Noted(note) => {
            appointment.must_take_notes(caller)?;
            Ok(appointment.note.as_deref() != note.map(Note::as_str))
        }
    }
}
