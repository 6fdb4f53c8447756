use axum::{
    Json,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::patients::Added;
use rounds_domain::{BirthDate, Caller, Email, Guardian, Language, ListedPatient, NewPatient, Patient, Timestamp};
use rounds_http::{Input, Kind, Operation};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A patient in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Patient")]
pub(crate) struct Body {
    #[serde(flatten)]
    listed: ListedPatient,
    /// The language of messages to the patient. `null`: the clinic's.
    language: Option<Language>,
    /// The accounts that act for the patient.
    guardians: Vec<Guardian>,
    /// What the staff note about the patient. Only for the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Option<String>>,
}

impl Body {
    pub(crate) fn new(patient: Patient, caller: &Caller) -> Self {
        let Patient { listed, language, guardians, notes } = patient;
        Self { listed, language, guardians, notes: caller.is_staff().then_some(notes) }
    }
}

/// Returns the response with a new patient, and its URL.
pub(crate) fn added(added: Added, caller: &Caller) -> Response {
    let location = [(LOCATION, format!("/patients/{}", added.patient.listed.id))];
    let replayed = added.replayed.then_some([("idempotency-replayed", "true")]);
    (StatusCode::CREATED, location, replayed, Json(Body::new(added.patient, caller))).into_response()
}

/// Declares that a route adds a patient, and accepts an idempotency key.
pub(crate) fn describe_added<'a>(route: Operation<'a>, description: &str) -> Operation<'a> {
    let key = "A key that the client chooses for this patient: 1 to 255 printable ASCII characters. A retry with the same \
               key adds no other patient. It gets the response of the first success.";
    let replayed = "`true` if an earlier request with the same `Idempotency-Key` added this patient.";
    route
        .request_header("Idempotency-Key", key, json!({ "type": "string", "pattern": "^[ -~]{1,255}$" }))
        .response::<Body>(201, description)
        .response_header(
            201,
            "Location",
            "The URL of the patient.",
            json!({ "type": "string", "format": "uri-reference" }),
        )
        .response_header(201, "Idempotency-Replayed", replayed, json!({ "type": "string" }))
        .link(201, "getPatient", "patient_id", "$response.body#/id")
        .problem(Kind::IdempotencyKeyReused)
        .problem(Kind::Contended)
}

/// Returns the schema of the email of a patient. It can be `null`.
pub(crate) fn email_schema() -> Value {
    json!({
        "type": ["string", "null"], "format": "idn-email", "maxLength": Email::LONGEST,
        "description": "An address by RFC 6531, at most 254 bytes. Several patients can have it.",
    })
}

/// Reads the members of a new patient.
pub(crate) fn read_new(input: &mut Input, now: Timestamp) -> Option<NewPatient> {
    let name = input.text("name");
    let phone = input.optional("phone", str::parse);
    let email = input.optional("email", str::parse);
    let birth_date = input.optional("birth_date", |text| BirthDate::parse(text, now));
    let language = input.optional("language", str::parse);
    let notes = input.optional("notes", str::parse);
    Some(NewPatient {
        name: name?,
        phone: phone?,
        email: email?,
        birth_date: birth_date?,
        language: language?,
        notes: notes?,
    })
}
