use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{ATTEMPTS, Database, Error, Writer, bookings};
use rounds_domain::{AccountId, AccountType, AppointmentId, Note};
use rounds_http::{
    Access, Authenticated, CountedEvent, IdempotencyKey, Input, JsonBody, Kind, Operation, PathId, Problem,
    RequestOrigin, Routes, Sample, optional_text_schema, timestamp_schema,
};
use serde_json::{Value, json};

use crate::booking::{Members, Requested, id_in_body_schema};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/doctors/{doctor_id}/book", book, |route| {
        let route = route
            .named("book", "Book an appointment", Access::PATIENTS)
            .body(json!({
                "type": "object",
                "required": ["start_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": duration_schema(),
                    "type_id": id_in_body_schema("An appointment type that Patients can book."),
                    "patient_id": id_in_body_schema("A dependant of yours. The default is yourself."),
                    "note": optional_text_schema(Note::LONGEST, true),
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
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::TooManyOpenBookings)
            .problem(Kind::EmailNotVerified)
            .problem(Kind::InvalidBooking)
            .problem(Kind::Contended);
        idempotent(route)
    });
}

/// Declares that a route accepts an idempotency key.
pub(crate) fn idempotent(route: Operation<'_>) -> Operation<'_> {
    let key = "A key that the client chooses for this booking: 1 to 255 printable ASCII characters. A retry with \
               the same key does not book again. It gets the response of the first success.";
    let replayed = "`true` if an earlier request with the same `Idempotency-Key` made this booking.";
    route
        .request_header("Idempotency-Key", key, json!({ "type": "string", "pattern": "^[ -~]{1,255}$" }))
        .response_header(201, "Idempotency-Replayed", replayed, json!({ "type": "string" }))
        .problem(Kind::IdempotencyKeyReused)
}

/// Returns the schema of the duration of a booking.
pub(crate) fn duration_schema() -> Value {
    let about = "In minutes, within the clinic's policy. With `type_id` it can be left out. Without, it is required.";
    json!({ "type": ["integer", "null"], "description": about })
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
    let writer = database.writer(&caller, &origin);
    let requested = read(&mut input, &writer, doctor, key).await?;
    for _ in 0..ATTEMPTS {
        if let Some(id) = bookings::book(&writer, &requested.new_booking()).await? {
            return Ok((Extension(CountedEvent::Bookings(1)), created(id)).into_response());
        }
        if let Some(earlier) = requested.explain(&writer).await? {
            return Ok(([("idempotency-replayed", "true")], created(earlier.id)).into_response());
        }
    }
    Err(Error::Contended.into())
}

async fn read(
    input: &mut Input,
    writer: &Writer<'_>,
    doctor: AccountId,
    key: Option<String>,
) -> Result<Requested, Error> {
    let members = Members::read(input);
    let patient = input.optional_id("patient_id").map(|patient| patient.unwrap_or(writer.caller.account_id));
    let note = input.optional("note", str::parse::<Note>);
    let requested = || {
        let (start, duration, type_id) = (members.start?, members.duration?, members.type_id?);
        let (patient, note) = (patient?, note?);
        Some(Requested { doctor, patient, start, series: None, duration, type_id, note, override_reason: None, key })
    };
    match input.complete(requested()) {
        Some(requested) => Ok(requested),
        None => Err(members.invalid(input, writer, doctor, patient.unwrap_or(writer.caller.account_id)).await),
    }
}

fn created(id: AppointmentId) -> Response {
    (StatusCode::CREATED, [(LOCATION, format!("/appointments/{id}"))], Json(id)).into_response()
}
