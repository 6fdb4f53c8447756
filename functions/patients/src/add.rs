use axum::{extract::State, response::Response};
use rounds_data::{Database, patients};
use rounds_domain::{Name, Notes};
use rounds_http::{
    Access, Authenticated, IdempotencyKey, JsonBody, Problem, RequestOrigin, Routes, Sample, birth_date_schema,
    language_schema, optional_text_schema, phone_schema, text_schema,
};
use serde_json::json;

use crate::body::{added, describe_added, email_schema, read_new};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/patients", add, |route| {
        let route = route
            .named("addPatient", "Add a patient", Access::DESK)
            .description(
                "No login comes of it: the patient cannot sign in until they are invited. A person who registers is a \
                 patient too.",
            )
            .body(json!({
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": text_schema(Name::LONGEST, false),
                    "phone": phone_schema(),
                    "email": email_schema(),
                    "birth_date": birth_date_schema(),
                    "language": language_schema(),
                    "notes": optional_text_schema(Notes::LONGEST, true),
                },
            }))
            .sample(Sample::body(json!({
                "name": "Ada Lovelace", "phone": "+44 20 7946 0000", "birth_date": "1984-03-07",
            })));
        describe_added(route, "The new patient.")
    });
}

async fn add(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be_desk()?;
    let new = read_new(&mut input, origin.at);
    let new = input.finish(new)?;
    let patient = patients::add(&database.writer(&caller, &origin), &new, key.as_deref()).await?;
    Ok(added(patient, &caller))
}
