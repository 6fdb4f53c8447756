use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use rounds_data::{
    Database,
    closures::{self, Closure, NewClosure},
    plans::PlanResult,
};
use rounds_domain::{AccountType, Calendar, ClosureId, ClosureName, Reason};
use rounds_http::{
    Access, Authenticated, JsonBody, Kind, NoInput, PathId, Problem, Query, RequestOrigin, Routes, Sample,
    dry_run_schema, optional_text_schema, plan_schema, read_plan_with_reason, text_schema, timestamp_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{changed::ChangedAppointments, time_off::read_time};

/// A closure in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Closure")]
pub(crate) struct Body {
    /// `null` in the response to a dry run.
    id: Option<ClosureId>,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    #[schemars(extend("format" = "date-time"))]
    end_date: String,
    name: String,
    #[serde(flatten)]
    changed: ChangedAppointments,
}

impl Body {
    fn new(closure: Closure, calendar: &Calendar) -> Self {
        Self {
            id: Some(closure.id),
            start_date: calendar.format(closure.time.start),
            end_date: calendar.format(closure.time.end),
            name: closure.name,
            changed: ChangedAppointments::default(),
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
            .description(
                "No doctor can be booked then. A closure cannot overlap booked appointments. `appointments` says what happens to \
                 those that have not started: the same change makes it for all of them, or the request is refused.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date", "end_date", "name"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "end_date": timestamp_schema(),
                    "name": text_schema(ClosureName::LONGEST, false),
                    "reason": optional_text_schema(Reason::LONGEST, true),
                    "appointments": plan_schema(),
                    "dry_run": dry_run_schema(),
                },
            }))
            .sample(Sample::body(json!({
                "start_date": "{day}T00:00:00+01:00", "end_date": "{day}T20:00:00+01:00", "name": "Staff outing",
            })))
            .response::<Body>(200, "With `dry_run`: what would be added.")
            .response::<Body>(201, "The new closure.")
            .response_header(
                201,
                "Location",
                "The URL of the closure, for `DELETE`.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
            .link(201, "endClosure", "closure_id", "$response.body#/id")
            .problem(Kind::ClosureOverAppointments)
            .problem(Kind::PlanRefused)
            .problem(Kind::Contended)
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
    let (planned, dry_run) = (read_plan_with_reason(&mut input), input.optional_boolean("dry_run"));
    let (((time, name), (plan, reason)), dry_run) = input.finish(time.zip(name).zip(planned).zip(dry_run))?;

    let new = NewClosure { time, name: &name, reason: reason.as_ref(), plan: &plan };
    let is_dry_run = dry_run == Some(true);
    let added = closures::add(&database.writer(&caller, &origin), &new, is_dry_run).await?;
    let PlanResult { id, appointments, calendar } = added;
    let changed = ChangedAppointments::new(&plan, &appointments, &calendar);
    let body = Body { changed, ..Body::new(Closure { id, time, name: name.as_str().to_owned() }, &calendar) };
    if is_dry_run {
        return Ok(Json(Body { id: None, ..body }).into_response());
    }
    Ok((StatusCode::CREATED, [(LOCATION, format!("/closures/{id}"))], Json(body)).into_response())
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
