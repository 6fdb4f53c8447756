use axum::{extract::State, response::Response};
use rounds_data::{Database, appointments};
use rounds_domain::{AppointmentId, CancelReason, Error};
use rounds_http::{Authenticated, Now, OptionalJsonBody, PathId, Problem};

use crate::{body, show::visible};

/// How often a cancellation is tried again, when the appointment changed between the write and
/// the explanation of its refusal.
const ATTEMPTS: usize = 3;

/// `POST /appointments/{appointment_id}/cancel`: for its Doctor and Admins, and for its Patient
/// where the clinic's policy lets them. Cancelling once more changes nothing.
pub(crate) async fn cancel(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(id): PathId<AppointmentId>,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    let reason = input.optional("reason", str::parse::<CancelReason>);
    let reason = input.finish(reason)?;

    for _ in 0..ATTEMPTS {
        let cancelled = appointments::cancel(&database, &caller, id, reason.as_ref(), now).await?;
        let done = cancelled.is_some();
        let found = match cancelled {
            Some(cancelled) => cancelled,
            None => appointments::find(&database, &caller, id).await?,
        };
        let appointment = visible(found.appointment, &caller)?;
        if done || !appointment.cancellable(&caller, &found.policy, now)? {
            return Ok(body::answer(appointment, &found.calendar));
        }
    }
    Err(Error::Unavailable("the appointment kept changing under a cancellation".into()).into())
}
