use axum::{Json, extract::State, response::Response};
use rounds_data::{Database, patients};
use rounds_domain::{AccountType, BirthDate, MOST_DEPENDANTS, Name, NewPatient, Timestamp};
use rounds_http::{
    Access, Authenticated, IdempotencyKey, Input, JsonBody, Kind, NoInput, Problem, RequestOrigin, Routes, Sample,
    birth_date_schema, text_schema,
};
use serde_json::json;

use crate::body::{Body, added, describe_added};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/me/patients", list, |route| {
        route
            .named("listMyPatients", "List yourself and your dependants", Access::PATIENTS)
            .description("Your dependants are the patients whom you are a guardian of.")
            .response::<Vec<Body>>(200, "You first, then your dependants by id.")
    });
    to.post("/me/patients", add, |route| {
        let route = route
            .named("addDependant", "Add a dependant", Access::PATIENTS)
            .description(&format!(
                "You act for the dependant as for yourself. An account can add {MOST_DEPENDANTS} dependants."
            ))
            .body(json!({
                "type": "object",
                "required": ["name"],
                "properties": { "name": text_schema(Name::LONGEST, false), "birth_date": birth_date_schema() },
            }))
            .sample(Sample::body(json!({ "name": "Allegra Byron", "birth_date": "2017-01-12" })))
            .problem(Kind::TooManyDependants);
        describe_added(route, "The new dependant.")
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    input: NoInput,
) -> Result<Json<Vec<Body>>, Problem> {
    caller.must_be(AccountType::Patient)?;
    input.finish()?;
    let own = patients::own(&database, &caller).await?;
    Ok(Json(own.into_iter().map(|patient| Body::new(patient, &caller)).collect()))
}

async fn add(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Patient)?;
    let new = read(&mut input, origin.at);
    let new = input.finish(new)?;
    let dependant = patients::add(&database.writer(&caller, &origin), &new, key.as_deref()).await?;
    Ok(added(dependant, &caller))
}

fn read(input: &mut Input, now: Timestamp) -> Option<NewPatient> {
    let (name, birth_date) = (input.text("name"), input.optional("birth_date", |text| BirthDate::parse(text, now)));
    Some(NewPatient { name: name?, birth_date: birth_date?, phone: None, email: None, language: None, notes: None })
}
