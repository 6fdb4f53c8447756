use axum::response::Response;
use rounds_data::{
    Database, Error, Versions,
    appointments::{self, Found},
};
use rounds_domain::{self as domain, Appointment, AppointmentId, Calendar, Caller, Policy};
use rounds_http::{Operation, Problem};
use serde_json::json;

use crate::{body, book::ATTEMPTS};

/// Says that a route can be told which version of the appointment it is about.
pub(crate) fn if_match(route: Operation<'_>) -> Operation<'_> {
    let about = "The `ETag` of the appointment as it was read: it is changed only if it still is so.";
    route.header("If-Match", about, json!({ "type": "string", "example": "\"1\"" })).problem(412, "appointment-changed")
}

/// A request to change an appointment.
pub(crate) struct Request<'a> {
    pub(crate) database: &'a Database,
    pub(crate) caller: &'a Caller,
    pub(crate) id: AppointmentId,
    /// The versions of it that may be changed.
    pub(crate) versions: &'a Versions,
}

impl Request<'_> {
    /// The appointment as it is, if the caller may see it.
    async fn find(&self) -> Result<(Appointment, Policy, Calendar), Error> {
        let Found { appointment, policy, calendar } = appointments::find(self.database, self.caller, self.id).await?;
        Ok((Appointment::visible_to(self.caller, appointment)?, policy, calendar))
    }
}

/// What invalid input is answered. Only the database knows who may change the appointment: others
/// are told that first.
pub(crate) async fn refusal(
    request: &Request<'_>,
    decide: impl Fn(&Appointment, &Policy) -> Result<bool, domain::Error>,
    invalid: domain::Error,
) -> Error {
    let decided = request.find().await.and_then(|(appointment, policy, _)| Ok(decide(&appointment, &policy)?));
    use domain::Error::{AlreadyCancelled, AlreadyStarted, NotStarted};
    match decided {
        Ok(_) | Err(Error::Refused(AlreadyCancelled | AlreadyStarted | NotStarted)) => invalid.into(),
        Err(error) => error,
    }
}

/// Changes an appointment by one statement, `attempt`, which does nothing where the change is not
/// allowed. What is wrong then, `decide` says of the appointment as it is: `Ok(false)` that there
/// is nothing to change, `Ok(true)` that it is allowed by now, and is tried again.
pub(crate) async fn change<F: Future<Output = Result<Option<Found>, Error>>>(
    request: &Request<'_>,
    attempt: impl Fn() -> F,
    decide: impl Fn(&Appointment, &Policy) -> Result<bool, domain::Error>,
) -> Result<Response, Problem> {
    for _ in 0..ATTEMPTS {
        if let Some(Found { appointment: Some(changed), calendar, .. }) = attempt().await? {
            return Ok(body::answer(changed, &calendar));
        }
        let (appointment, policy, calendar) = request.find().await?;
        let open = decide(&appointment, &policy);
        // Whoever may not change it at all is told that first.
        if !matches!(open, Err(domain::Error::Forbidden(_))) && !request.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        if !open? {
            return Ok(body::answer(appointment, &calendar));
        }
    }
    Err(Error::Contended.into())
}
