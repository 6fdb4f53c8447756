use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_domain::{
    AccountId, AccountType, Booking, Caller, Error, Instant, Violation, invalid_times, parse_timestamp,
};
use rounds_http::{Authenticated, Input, JsonBody, Now, PathId, Problem};

/// How often a booking that the rules allow is tried again, when the state of the clinic changed
/// between the write and the explanation of its refusal.
const ATTEMPTS: usize = 3;

/// `POST /doctors/{doctor_id}/book`: a Patient books a time of a doctor's; 201 with the
/// appointment's id.
pub(crate) async fn book(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    Now(now): Now,
    PathId(doctor): PathId<AccountId>,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Patient)?;
    let booking = read(&mut input, &database, &caller, doctor, now).await?;

    for _ in 0..ATTEMPTS {
        let calendar = database.calendar().await?;
        if let Some(id) = appointments::book(&database, &caller, doctor, &booking, &calendar, now).await? {
            return Ok((StatusCode::CREATED, [(LOCATION, format!("/appointments/{id}"))], Json(id)).into_response());
        }
        // The database refused. The schedule tells by which rules; if by none any more, try again.
        let schedule = appointments::schedule(&database, &caller, doctor, booking.start).await?;
        let refused = |refusal| Error::Refused(refusal, schedule.calendar);
        schedule.check(&booking, now).map_err(refused)?;
    }
    Err(Error::Unavailable("the schedule kept changing under a booking".into()).into())
}

/// Reads the booking. Where a member cannot be read, the other is judged all the same, so that
/// one answer tells all there is to mend.
async fn read(
    input: &mut Input,
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    now: Instant,
) -> Result<Booking, Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.integer("duration");
    if let (Some(start), Some(duration)) = (start, duration) {
        return Ok(Booking { start, duration });
    }
    let schedule = appointments::schedule(database, caller, doctor, start.unwrap_or(now)).await?;
    let others = invalid_times(&schedule.policy, now, start, duration);
    let violations: Vec<Violation> = input.violations().iter().cloned().chain(others).collect();
    Err(Error::Invalid(violations))
}
