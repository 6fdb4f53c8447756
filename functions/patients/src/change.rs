use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, Error, patients};
use rounds_domain::{self as domain, AccountId, BirthDate, Caller, Name, Notes, PatientChange, Timestamp};
use rounds_http::{
    Access, AccessedData, Actor, Authenticated, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample,
    birth_date_schema, language_schema, optional_text_schema, phone_schema, text_schema,
};
use serde_json::json;

use crate::body::{Body, email_schema};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.patch("/patients/{patient_id}", change, |route| {
        let access = Access::only(
            "that patient, their guardians, Receptionists and Admins",
            &[Actor::Patient, Actor::Receptionist, Actor::Admin],
        );
        route
            .named("changePatient", "Change a patient", access)
            .description(
                "Omitted members stay unchanged. `null` removes all but the name. Only Receptionists and Admins can \
                 change `notes`. A patient with a login changes the email themselves: `POST /me/email`. If the patient \
                 was invited and has set no password yet, a new email gets a new invitation.",
            )
            .body(json!({
                "type": "object",
                "properties": {
                    "name": text_schema(Name::LONGEST, false),
                    "phone": phone_schema(),
                    "email": email_schema(),
                    "birth_date": birth_date_schema(),
                    "language": language_schema(),
                    "notes": optional_text_schema(Notes::LONGEST, true),
                },
            }))
            .sample(Sample::body(json!({ "phone": "+44 20 7946 0000", "birth_date": "1984-03-07" })))
            .response::<Body>(200, "The changed patient.")
            .problem(Kind::PatientHasLogin)
            .problem(Kind::EmailTaken)
            .problem(Kind::Contended)
    });
}

async fn change(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    if !caller.is_desk() && input.has("notes") {
        return Err(domain::Error::Forbidden("Only Receptionists and Admins may change the notes.").into());
    }
    let change = read(&mut input, origin.at);
    let patient = match input.finish(change) {
        Ok(change) if is_empty(&change) => patients::find(&database, &caller, id).await?.changeable_by(&caller)?,
        Ok(change) => patients::change(&database.writer(&caller, &origin), id, &change).await?,
        Err(invalid) => return Err(error_of_invalid_input(&database, &caller, id, invalid).await.into()),
    };
    // A Patient changes only patients that they act for.
    let accounts = if caller.is_staff() { vec![patient.listed.id] } else { vec![] };
    let accessed = Extension(AccessedData { accounts, ..AccessedData::default() });
    Ok((accessed, Json(Body::new(patient, &caller))).into_response())
}

fn read(input: &mut Input, now: Timestamp) -> Option<PatientChange> {
    input.not_null(&["name"]);
    let name = input.optional("name", str::parse);
    let phone = input.optional("phone", str::parse);
    let email = input.optional("email", str::parse);
    let birth_date = input.optional("birth_date", |text| BirthDate::parse(text, now));
    let language = input.optional("language", str::parse);
    let notes = input.optional("notes", str::parse);
    Some(PatientChange {
        name: name?,
        phone: input.has("phone").then_some(phone?),
        email: input.has("email").then_some(email?),
        birth_date: input.has("birth_date").then_some(birth_date?),
        language: input.has("language").then_some(language?),
        notes: input.has("notes").then_some(notes?),
    })
}

fn is_empty(change: &PatientChange) -> bool {
    let PatientChange { name, phone, email, birth_date, language, notes } = change;
    name.is_none()
        && phone.is_none()
        && email.is_none()
        && birth_date.is_none()
        && language.is_none()
        && notes.is_none()
}

/// Returns the error for invalid input: 401, 403 or 404 if the caller may not change the patient, else `invalid`. This
/// takes a query, because permission depends on the patient's guardians.
async fn error_of_invalid_input(database: &Database, caller: &Caller, id: AccountId, invalid: domain::Error) -> Error {
    match patients::find(database, caller, id).await.and_then(|found| Ok(found.changeable_by(caller)?)) {
        Ok(_) => invalid.into(),
        Err(error) => error,
    }
}
