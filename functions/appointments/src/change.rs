use axum::response::Response;
use rounds_data::{
    ATTEMPTS, Error, Writer,
    appointments::{self, Change, End, FoundAppointment},
};
use rounds_domain::{self as domain, Appointment, Policy};
use rounds_http::{Kind, Operation, Problem};
use serde_json::json;

use crate::body;

/// Says that a route can be told which version of the appointment it is about.
pub(crate) fn if_match(route: Operation<'_>) -> Operation<'_> {
    let about = "The `ETag` of the appointment as it was read: it is changed only if it still is so.";
    route.header("If-Match", about, json!({ "type": "string", "example": "\"1\"" })).problem(Kind::AppointmentChanged)
}

/// What invalid input is answered. Only the database knows who may change the appointment: others
/// are told that first.
pub(crate) async fn refusal(writer: &Writer<'_>, change: &Change<'_>, invalid: domain::Error) -> Error {
    let decided = appointments::find(writer.database, writer.caller, change.appointment).await.and_then(|found| {
        let appointment = Appointment::visible_to(writer.caller, found.appointment)?;
        Ok(decide(writer, &change.end, &appointment, &found.policy)?)
    });
    use domain::Error::{AlreadyCancelled, AlreadyStarted, NotStarted};
    match decided {
        Ok(_) | Err(Error::Refused(AlreadyCancelled | AlreadyStarted | NotStarted)) => invalid.into(),
        Err(error) => error,
    }
}

/// Cancels or marks an appointment. The database decides, and [`decide`] explains a refusal.
pub(crate) async fn change(writer: &Writer<'_>, change: &Change<'_>) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        let changed = appointments::change(writer, change).await?;
        if let Some(FoundAppointment { appointment: Some(changed), calendar, .. }) = changed {
            return Ok(body::answer(changed, &calendar));
        }
        let found = appointments::find(writer.database, writer.caller, change.appointment).await?;
        let appointment = Appointment::visible_to(writer.caller, found.appointment)?;
        let open = decide(writer, &change.end, &appointment, &found.policy);
        // Whoever may not change it at all is told that first.
        if !matches!(open, Err(domain::Error::Forbidden(_))) && !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        if !open? {
            return Ok(body::answer(appointment, &found.calendar));
        }
    }
    Err(Error::Contended.into())
}

/// Whether an appointment as it is can end so now: `false` where it has ended so already.
fn decide(
    writer: &Writer<'_>,
    end: &End<'_>,
    appointment: &Appointment,
    policy: &Policy,
) -> Result<bool, domain::Error> {
    match end {
        End::Cancelled(_) => appointment.cancellable(writer.caller, policy, writer.origin.at),
        End::Marked(status) => appointment.markable(*status, writer.caller, writer.origin.at),
    }
}
