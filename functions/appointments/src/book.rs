use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use rounds_data::{
    ATTEMPTS, Database, Error, Writer,
    bookings::{self, NewBooking},
    schedules::{self, EarlierBooking, Purpose, ScheduleLookup, Scope},
};
use rounds_domain::{
    self as domain, AccountId, AccountType, AppointmentId, Booking, Interval, Timestamp, parse_timestamp,
};
use rounds_http::{
    Access, Authenticated, CountedEvent, IdempotencyKey, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes,
    Sample, timestamp_schema,
};
use serde_json::json;

/// How far before and after a booking its schedule is read. Alternatives are within 31 days of the booking, and the
/// schedule must include the whole calendar day of each.
const SCHEDULE_MARGIN: TimeDelta = TimeDelta::days(33);

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/doctors/{doctor_id}/book", book, |route| {
        let key = "A key that the client chooses for this booking: 1 to 255 printable ASCII characters. A retry with \
                   the same key does not book again. It gets the response of the first success.";
        route
            .named("book", "Book an appointment", Access::PATIENTS)
            .request_header("Idempotency-Key", key, json!({ "type": "string", "pattern": "^[ -~]{1,255}$" }))
            .body(json!({
                "type": "object",
                "required": ["start_date", "duration"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": { "type": "integer", "description": "In minutes, within the clinic's policy." },
                },
            }))
            .sample(Sample::body(json!({ "start_date": "{day}T10:00:00+01:00", "duration": 30 })))
            .response::<AppointmentId>(201, "The appointment's id.")
            .response_header(
                201,
                "Location",
                "The URL of the appointment.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
            .link(201, "getAppointment", "appointment_id", "$response.body")
            .link(201, "reschedule", "appointment_id", "$response.body")
            .link(201, "cancel", "appointment_id", "$response.body")
            .response_header(
                201,
                "Idempotency-Replayed",
                "`true` if an earlier request with the same `Idempotency-Key` made this booking.",
                json!({ "type": "string" }),
            )
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::TooManyOpenBookings)
            .problem(Kind::EmailNotVerified)
            .problem(Kind::InvalidBooking)
            .problem(Kind::IdempotencyKeyReused)
            .problem(Kind::Contended)
    });
}

/// Books an appointment. A retry with the same `Idempotency-Key` gets the response of the first success.
async fn book(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(doctor): PathId<AccountId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Patient)?;
    let now = origin.at;
    let writer = database.writer(&caller, &origin);
    let booking = read(&mut input, &writer, doctor).await?;

    for _ in 0..ATTEMPTS {
        let new = NewBooking { doctor, booking, key: key.as_deref() };
        if let Some(id) = bookings::book(&writer, &new).await? {
            return Ok((Extension(CountedEvent::Booking), created(id)).into_response());
        }
        // The database rejected the booking. The schedule shows which rules it breaks. If it breaks none now, the
        // state has changed in between: try again.
        let scope = scope(&writer, doctor, booking.start, key.as_deref());
        let found = schedules::schedule(&database, &caller, scope).await?;
        let ScheduleLookup { schedule, earlier, must_verify_email, .. } = found;
        if let Some(earlier) = earlier {
            return replayed(&earlier, doctor, &booking);
        }
        if must_verify_email {
            return Err(domain::Error::EmailNotVerified.into());
        }
        let not_bookable = |refusal| domain::Error::NotBookable(refusal, schedule.calendar);
        schedule.check(&booking, now).map_err(not_bookable)?;
    }
    Err(Error::Contended.into())
}

/// Reads the booking. If one member is invalid, the other is still checked against the rules, so that one response
/// lists every violation.
async fn read(input: &mut Input, writer: &Writer<'_>, doctor: AccountId) -> Result<Booking, Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.integer("duration");
    if let Some((start, duration)) = input.complete(start.zip(duration)) {
        return Ok(Booking { start, duration });
    }
    let now = writer.origin.at;
    let scope = scope(writer, doctor, start.unwrap_or(now), None);
    let found = schedules::schedule(writer.database, writer.caller, scope).await?;
    if found.must_verify_email {
        return Err(domain::Error::EmailNotVerified.into());
    }
    Err(input.invalid(found.schedule.violations(start, duration, now)).into())
}

fn scope<'a>(writer: &Writer<'_>, doctor: AccountId, start: Timestamp, key: Option<&'a str>) -> Scope<'a> {
    let purpose = Purpose::Book { patient: writer.caller.account_id, key, now: writer.origin.at };
    Scope { doctor, time: schedule_interval(start), purpose }
}

/// Returns the interval of the schedule that is needed to check a start and to find its alternatives.
pub(crate) fn schedule_interval(start: Timestamp) -> Interval {
    Interval { start: start - SCHEDULE_MARGIN, end: start + SCHEDULE_MARGIN }
}

fn created(id: AppointmentId) -> Response {
    (StatusCode::CREATED, [(LOCATION, format!("/appointments/{id}"))], Json(id)).into_response()
}

/// Returns the response of the first success again, if the key was sent with the same booking.
fn replayed(earlier: &EarlierBooking, doctor: AccountId, booking: &Booking) -> Result<Response, Problem> {
    let same = earlier.doctor_id == doctor && earlier.start_at == booking.start && earlier.duration == booking.duration;
    if !same {
        return Err(domain::Error::KeyReused.into());
    }
    Ok(([("idempotency-replayed", "true")], created(earlier.id)).into_response())
}
