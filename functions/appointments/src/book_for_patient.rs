use axum::{
    Extension,
    extract::State,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{
    ATTEMPTS, Database, Error, Writer,
    appointments::{self, AppointmentLookup},
    bookings,
};
use rounds_domain::{self as domain, AccountId, Caller, Code, Note, Reason};
use rounds_http::{
    Access, Actor, Authenticated, CountedEvent, IdempotencyKey, Input, JsonBody, Kind, Problem, RequestOrigin, Routes,
    Sample, id_schema, optional_text_schema, timestamp_schema,
};
use serde_json::{Value, json};

use crate::{
    body,
    book::{duration_schema, idempotent},
    booking::{Members, Requested, id_in_body_schema},
};

pub(crate) const STAFF: Access = Access::only(
    "Receptionists, Admins, and Doctors for their patients",
    &[Actor::Receptionist, Actor::Admin, Actor::Doctor],
);

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments", book, |route| {
        let route = route
            .named("bookForPatient", "Book an appointment for a patient", STAFF)
            .description(
                "The staff can book up to 730 days ahead, and walk-ins: appointments that began up to 60 minutes ago. \
                 Doctors book with themselves, for patients who have or had an appointment with them.",
            )
            .body(body_schema())
            .sample(Sample::body(json!({
                "doctor_id": "{doctor_id}", "patient_id": "{patient_id}", "start_date": "{day}T10:00:00+01:00",
                "duration": 30, "note": "Called by phone.",
            })))
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::InvalidBooking)
            .problem(Kind::NotFound)
            .problem(Kind::Contended);
        idempotent(body::describe_created(route, "The booked appointment."))
    });
}

/// Returns the schema of the body.
pub(crate) fn body_schema() -> Value {
    let about_override = "Whether the working hours and the limits of the doctor's day do not apply. Only for \
                          Receptionists and Admins. It needs a reason.";
    json!({
        "type": "object",
        "required": ["doctor_id", "patient_id", "start_date"],
        "properties": {
            "doctor_id": id_schema(),
            "patient_id": id_schema(),
            "start_date": timestamp_schema(),
            "duration": duration_schema(),
            "type_id": id_in_body_schema("An appointment type that the doctor offers."),
            "note": optional_text_schema(Note::LONGEST, true),
            "override": { "type": ["boolean", "null"], "description": about_override },
            "reason": optional_text_schema(Reason::LONGEST, true),
        },
    })
}

/// Checks that the caller is one of the staff.
pub(crate) fn must_be_staff(caller: &Caller) -> Result<(), domain::Error> {
    if caller.is_staff() {
        return Ok(());
    }
    Err(domain::Error::Forbidden("Only the staff may do this. Patients: POST /doctors/{id}/book."))
}

/// Books an appointment for a patient. A retry with the same `Idempotency-Key` gets the response of the first success.
async fn book(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    must_be_staff(&caller)?;
    let writer = database.writer(&caller, &origin);
    let requested = read(&mut input, &writer, key).await?;
    for _ in 0..ATTEMPTS {
        if let Some(booked) = bookings::book_and_read(&writer, &requested.new_booking()).await? {
            return Ok((Extension(CountedEvent::Bookings(1)), created(booked, &caller)?).into_response());
        }
        if let Some(earlier) = requested.explain(&writer).await? {
            let found = appointments::find(&database, &caller, earlier.id).await?;
            return Ok(([("idempotency-replayed", "true")], created(found, &caller)?).into_response());
        }
    }
    Err(Error::Contended.into())
}

/// Reads a booking of a single appointment. One response lists every violation, also those that `input` has already.
pub(crate) async fn read(input: &mut Input, writer: &Writer<'_>, key: Option<String>) -> Result<Requested, Error> {
    let (doctor, patient) = (input.id::<AccountId>("doctor_id"), input.id::<AccountId>("patient_id"));
    let overridden = input.optional_boolean("override").map(|overridden| overridden == Some(true));
    if overridden == Some(true) && !writer.caller.is_desk() {
        return Err(domain::Error::Forbidden("Only Receptionists and Admins may override the rules of a time.").into());
    }
    let members = Members { overridden: overridden == Some(true), ..Members::read(input) };
    let note = input.optional("note", str::parse::<Note>);
    let reason = match (overridden, input.optional("reason", str::parse::<Reason>)) {
        (Some(true), Some(None)) => input.reject("reason", Code::Required.with_detail("is required with override")),
        (Some(false), Some(Some(_))) => {
            input.reject("reason", Code::NotAllowed.with_detail("is allowed only with override: true"))
        }
        (_, reason) => reason,
    };
    let requested = || {
        let (start, duration, type_id) = (members.start?, members.duration?, members.type_id?);
        let (doctor, patient, note, override_reason) = (doctor?, patient?, note?, reason?);
        Some(Requested { doctor, patient, start, series: None, duration, type_id, note, override_reason, key })
    };
    match (input.complete(requested()), doctor.zip(patient)) {
        (Some(requested), _) => Ok(requested),
        (None, Some((doctor, patient))) => Err(members.invalid(input, writer, doctor, patient).await),
        (None, None) => Err(input.invalid([]).into()),
    }
}

fn created(booked: AppointmentLookup, caller: &Caller) -> Result<Response, Problem> {
    let AppointmentLookup { appointment, calendar, .. } = booked;
    let appointment = appointment.ok_or(domain::Error::NotFound("appointment"))?;
    let location = HeaderValue::from_str(&format!("/appointments/{}", appointment.id)).map_err(Problem::internal)?;
    let mut response = body::response(appointment, caller, &calendar);
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
