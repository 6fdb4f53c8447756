use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointment_types};
use rounds_domain::{AccountId, AccountType, AppointmentType, BookableBy, TypeChange, TypeId, TypeName};
use rounds_http::{
    Access, Authenticated, Input, JsonBody, NoInput, PathId, Problem, RequestOrigin, Routes, Sample, text_schema,
};
use serde_json::{Value, json};

/// The largest number of doctors of a type.
const MOST_DOCTORS: usize = 1000;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointment_types", list, |route| {
        route
            .named("listAppointmentTypes", "List all appointment types, ordered by id", Access::ANYONE)
            .description("Inactive types are listed too: appointments can have one.")
            .response::<Vec<AppointmentType>>(200, "The types.")
    });
    to.post("/appointment_types", add, |route| {
        let about = "The type of an appointment decides its duration, and how long the doctor is busy before and after \
                     it. Booked appointments keep the duration and the buffers that the type had when they were booked.";
        route
            .named("addAppointmentType", "Add an appointment type", Access::ADMINS)
            .description(about)
            .body(schema(&["name", "duration"]))
            .sample(Sample::body(json!({ "name": "Check-up", "duration": 30, "buffer_after": 10 })))
            .response::<AppointmentType>(201, "The new type.")
            .response_header(
                201,
                "Location",
                "The URL of the type, for `PATCH`.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
    });
    to.patch("/appointment_types/{type_id}", change, |route| {
        route
            .named("changeAppointmentType", "Change an appointment type", Access::ADMINS)
            .description("Omitted members stay unchanged. Booked appointments stay as they are.")
            .body(schema(&[]))
            .sample(Sample::body(json!({ "name": "Check-up", "active": true })))
            .response::<AppointmentType>(200, "The changed type.")
    });
}

fn schema(required: &[&str]) -> Value {
    let buffer = |when| {
        json!({
            "type": "integer", "minimum": 0, "maximum": AppointmentType::LONGEST_BUFFER,
            "description": format!("How many minutes {when} the appointment the doctor is busy too. The default is 0."),
        })
    };
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "name": text_schema(TypeName::LONGEST, false),
            "duration": { "type": "integer", "description": "In minutes, within the clinic's policy." },
            "buffer_before": buffer("before"),
            "buffer_after": buffer("after"),
            "bookable_by": { "$ref": "#/components/schemas/BookableBy" },
            "active": { "type": "boolean", "description": "Whether it can be booked. The default is `true`." },
            "doctors": {
                "type": ["array", "null"], "maxItems": MOST_DOCTORS, "items": { "type": "integer", "minimum": 1 },
                "description": "The doctors who offer it. `null`, the default: all doctors.",
            },
        },
    })
}

async fn list(State(database): State<Database>, input: NoInput) -> Result<Json<Vec<AppointmentType>>, Problem> {
    input.finish()?;
    Ok(Json(appointment_types::list(&database).await?))
}

async fn add(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    for name in ["name", "duration"] {
        input.require(name);
    }
    let change = read(&mut input);
    let change = input.finish(change)?;
    let new = TypeChange {
        buffer_before: Some(change.buffer_before.unwrap_or(0)),
        buffer_after: Some(change.buffer_after.unwrap_or(0)),
        bookable_by: Some(change.bookable_by.unwrap_or(BookableBy::Anyone)),
        active: Some(change.active.unwrap_or(true)),
        ..change
    };
    let added = appointment_types::add(&database.writer(&caller, &origin), &new).await?;
    let location = format!("/appointment_types/{}", added.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)).into_response())
}

async fn change(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<TypeId>,
    JsonBody(mut input): JsonBody,
) -> Result<Json<AppointmentType>, Problem> {
    caller.must_be(AccountType::Admin)?;
    let change = read(&mut input);
    let change = input.finish(change)?;
    Ok(Json(appointment_types::change(&database.writer(&caller, &origin), id, &change).await?))
}

/// Reads the members of a type. The database checks the duration against the clinic's policy.
fn read(input: &mut Input) -> Option<TypeChange> {
    input.not_null(&["name", "duration", "buffer_before", "buffer_after", "bookable_by", "active"]);
    let name = input.optional("name", str::parse::<TypeName>);
    let duration = input.optional_integer_within("duration", 1..=24 * 60);
    let buffers = 0..=AppointmentType::LONGEST_BUFFER;
    let before = input.optional_integer_within("buffer_before", buffers.clone());
    let after = input.optional_integer_within("buffer_after", buffers);
    let bookable_by = input.optional("bookable_by", str::parse::<BookableBy>);
    let active = input.optional_boolean("active");
    let doctors = input.optional_integers_within("doctors", &(1..=i64::MAX), MOST_DOCTORS);
    let changes_doctors = input.has("doctors");
    let doctors = doctors?.map(|ids| ids.iter().map(|id| id.to_string().parse::<AccountId>()).collect());
    Some(TypeChange {
        name: name?,
        duration: duration?,
        buffer_before: before?,
        buffer_after: after?,
        bookable_by: bookable_by?,
        active: active?,
        doctors: changes_doctors.then_some(doctors.transpose().ok()?),
    })
}
