use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{
    ATTEMPTS, Database, Error,
    closures::{self, Closure},
};
use rounds_domain::{self as domain, AccountType, Calendar, ClosureId, ClosureName};
use rounds_http::{
    Access, Authenticated, JsonBody, Kind, NoInput, PathId, Problem, Query, RequestOrigin, Routes, Sample, text_schema,
    timestamp_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::time_off::read_time;

/// A closure in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Closure")]
pub(crate) struct Body {
    id: ClosureId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    #[schemars(extend("format" = "date-time"))]
    end_date: String,
    name: String,
}

impl Body {
    fn new(closure: Closure, calendar: &Calendar) -> Self {
        Self {
            id: closure.id,
            start_date: calendar.format(closure.time.start),
            end_date: calendar.format(closure.time.end),
            name: closure.name,
        }
    }
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/closures", list, |route| {
        route
            .named("listClosures", "List the times when the clinic is closed", Access::ANYONE)
            .list_response::<Body>("The closures, ordered by start.")
    });
    to.post("/closures", add, |route| {
        route
            .named("addClosure", "Close the clinic for a time, like a holiday", Access::ADMINS)
            .description("No doctor can be booked then. A closure cannot overlap booked appointments.")
            .body(json!({
                "type": "object",
                "required": ["start_date", "end_date", "name"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "end_date": timestamp_schema(),
                    "name": text_schema(ClosureName::LONGEST, false),
                },
            }))
            .sample(Sample::body(json!({
                "start_date": "{day}T00:00:00+01:00", "end_date": "{day}T20:00:00+01:00", "name": "Staff outing",
            })))
            .response::<Body>(201, "The new closure.")
            .response_header(
                201,
                "Location",
                "The URL of the closure, for `DELETE`.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
            .link(201, "endClosure", "closure_id", "$response.body#/id")
            .problem(Kind::ClosureOverAppointments)
    });
    to.delete("/closures/{closure_id}", end, |route| {
        route.named("endClosure", "Delete a closure", Access::ADMINS).empty_response(204, "The closure is deleted.")
    });
}

async fn list(State(database): State<Database>, mut query: Query) -> Result<Response, Problem> {
    let listing = query.listing("closures");
    let listing = query.input().finish(listing)?;

    let (closures, calendar) = closures::list(&database, listing.page).await?;
    let position = |closure: &Closure| (closure.time.start.timestamp(), closure.id.get());
    Ok(listing.response(closures, position, |closure| Body::new(closure, &calendar))?.into_response())
}

async fn add(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let (time, name) = (read_time(&mut input), input.parsed("name", str::parse::<ClosureName>));
    let (time, name) = input.finish(time.zip(name))?;

    // Tries again if the overlapping appointment was cancelled or rescheduled before it could be listed.
    for _ in 0..ATTEMPTS {
        if let Some((closure, calendar)) = closures::add(&database.writer(&caller, &origin), time, &name).await? {
            let location = format!("/closures/{}", closure.id);
            return Ok(
                (StatusCode::CREATED, [(LOCATION, location)], Json(Body::new(closure, &calendar))).into_response()
            );
        }
        let appointments = closures::overlapped_appointments(&database, &caller, time).await?;
        if !appointments.is_empty() {
            return Err(domain::Error::ClosureOverAppointments(appointments).into());
        }
    }
    Err(Error::Contended.into())
}

async fn end(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<ClosureId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    closures::delete(&database.writer(&caller, &origin), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
