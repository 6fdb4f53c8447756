use axum::response::Response;
use rounds_data::{
    Database, Error, Origin,
    appointments::{self, Change, Found},
};
use rounds_domain::{self as domain, Appointment, AppointmentId, Caller, Policy};
use rounds_http::{Operation, Problem};
use serde_json::json;

use crate::{body, book::ATTEMPTS};

/// Says that a route can be told which version of the appointment it is about.
pub(crate) fn if_match(route: Operation<'_>) -> Operation<'_> {
    let about = "The `ETag` of the appointment as it was read: it is changed only if it still is so.";
    route.header("If-Match", about, json!({ "type": "string", "example": "\"1\"" })).problem(412, "appointment-changed")
}

/// What invalid input is answered. Only the database knows who may change the appointment: others
/// are told that first.
pub(crate) async fn refusal(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    decide: impl Fn(&Appointment, &Policy) -> Result<bool, domain::Error>,
    invalid: domain::Error,
) -> Error {
    let decided = appointments::find(database, caller, id).await.and_then(|found| {
        let appointment = Appointment::visible_to(caller, found.appointment)?;
        Ok(decide(&appointment, &found.policy)?)
    });
    use domain::Error::{AlreadyCancelled, AlreadyStarted, NotStarted};
    match decided {
        Ok(_) | Err(Error::Refused(AlreadyCancelled | AlreadyStarted | NotStarted)) => invalid.into(),
        Err(error) => error,
    }
}

/// Changes an appointment, where `decide` allows it. The database decides; `decide` explains a refusal by the
/// appointment as it is: `Ok(false)` that there is nothing to change, `Ok(true)` that it is allowed by now, and is
/// tried again.
pub(crate) async fn change(
    database: &Database,
    caller: &Caller,
    change: &Change<'_>,
    decide: impl Fn(&Appointment, &Policy) -> Result<bool, domain::Error>,
    origin: &Origin,
) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        let changed = appointments::change(database, caller, change, origin).await?;
        if let Some(Found { appointment: Some(changed), calendar, .. }) = changed {
            return Ok(body::answer(changed, &calendar));
        }
        let found = appointments::find(database, caller, change.appointment).await?;
        let appointment = Appointment::visible_to(caller, found.appointment)?;
        let open = decide(&appointment, &found.policy);
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
