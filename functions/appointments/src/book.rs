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
    schedules::{self, EarlierBooking, FoundSchedule, Purpose, Scope},
};
use rounds_domain::{
    self as domain, AccountId, AccountType, AppointmentId, Booking, Interval, Timestamp, parse_timestamp,
};
use rounds_http::{
    Access, Authenticated, Counted, IdempotencyKey, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes,
    Sample, timestamp_schema,
};
use serde_json::json;

/// How far around a booking its schedule is read: alternatives lie within 31 days, and so does the
/// day that the last of them is on.
const AROUND: TimeDelta = TimeDelta::days(33);

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/doctors/{doctor_id}/book", book, |route| {
        let key = "A name that the client gives the booking, 1 to 255 printable ASCII characters: a retry under it \
                   books once.";
        route
            .named("book", "Book an appointment", Access::PATIENTS)
            .header("Idempotency-Key", key, json!({ "type": "string", "pattern": "^[ -~]{1,255}$" }))
            .body(json!({
                "type": "object",
                "required": ["start_date", "duration"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": { "type": "integer", "description": "Minutes, as the clinic's policy allows them." },
                },
            }))
            .sample(Sample::body(json!({ "start_date": "{day}T10:00:00+01:00", "duration": 30 })))
            .response::<AppointmentId>(201, "The appointment's id.")
            .with_header(201, "Location", "Where it is.", json!({ "type": "string", "format": "uri-reference" }))
            .link(201, "getAppointment", "appointment_id", "$response.body")
            .link(201, "reschedule", "appointment_id", "$response.body")
            .link(201, "cancel", "appointment_id", "$response.body")
            .with_header(
                201,
                "Idempotency-Replayed",
                "`true`, where it was booked before.",
                json!({ "type": "string" }),
            )
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::TooManyOpenBookings)
            .problem(Kind::InvalidBooking)
            .problem(Kind::IdempotencyKeyReused)
            .problem(Kind::Contended)
    });
}

/// A retry with the same `Idempotency-Key` is answered as the first success.
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
            return Ok((Extension(Counted::Booking), created(id)).into_response());
        }
        // The database refused. The schedule tells by which rules; if by none any more, try again.
        let scope = scope(&writer, doctor, booking.start, key.as_deref());
        let FoundSchedule { schedule, earlier, .. } = schedules::schedule(&database, &caller, scope).await?;
        if let Some(earlier) = earlier {
            return replayed(&earlier, doctor, &booking);
        }
        let refused = |refusal| domain::Error::NotBookable(refusal, schedule.calendar);
        schedule.check(&booking, now).map_err(refused)?;
    }
    Err(Error::Contended.into())
}

/// Reads the booking. Where a member cannot be read, the other is judged all the same, so that
/// one answer tells everything to fix.
async fn read(input: &mut Input, writer: &Writer<'_>, doctor: AccountId) -> Result<Booking, Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.integer("duration");
    if let Some((start, duration)) = input.complete(start.zip(duration)) {
        return Ok(Booking { start, duration });
    }
    let now = writer.origin.at;
    let scope = scope(writer, doctor, start.unwrap_or(now), None);
    let FoundSchedule { schedule, .. } = schedules::schedule(writer.database, writer.caller, scope).await?;
    Err(input.invalid(schedule.violations(start, duration, now)).into())
}

fn scope<'a>(writer: &Writer<'_>, doctor: AccountId, start: Timestamp, key: Option<&'a str>) -> Scope<'a> {
    let purpose = Purpose::Book { patient: writer.caller.account_id, key, now: writer.origin.at };
    Scope { doctor, time: around(start), purpose }
}

/// The time around a start that its alternatives are looked for in.
pub(crate) fn around(start: Timestamp) -> Interval {
    Interval { start: start - AROUND, end: start + AROUND }
}

fn created(id: AppointmentId) -> Response {
    (StatusCode::CREATED, [(LOCATION, format!("/appointments/{id}"))], Json(id)).into_response()
}

/// The first answer once more, if the key was given to the very same booking.
fn replayed(earlier: &EarlierBooking, doctor: AccountId, booking: &Booking) -> Result<Response, Problem> {
    let same = earlier.doctor_id == doctor && earlier.start_at == booking.start && earlier.duration == booking.duration;
    if !same {
        return Err(domain::Error::KeyReused.into());
    }
    Ok(([("idempotency-replayed", "true")], created(earlier.id)).into_response())
}
