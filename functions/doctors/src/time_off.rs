use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::Datelike;
use rounds_data::{
    Database,
    plans::PlanResult,
    time_off::{self, NewTimeOff, TimeOff},
};
use rounds_domain::{AccountId, Calendar, Code, Interval, InvalidValue, Reason, TimeOffId, Timestamp, parse_timestamp};
use rounds_http::{
    Access, AccessedData, Actor, Authenticated, Input, JsonBody, Kind, NoInput, PathId, PathIds, Problem, Query,
    RequestOrigin, Routes, Sample, dry_run_schema, optional_text_schema, plan_schema, read_plan, timestamp_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    DOCTOR_AND_ADMINS,
    changed::ChangedAppointments,
    proposals::{Proposal, proposals},
};

const SEE: Access =
    Access::only("that Doctor, Receptionists and Admins", &[Actor::Doctor, Actor::Receptionist, Actor::Admin]);
const TAKE: Access = Access::only(
    "that Doctor and Admins; with `appointments` also Receptionists",
    &[Actor::Doctor, Actor::Receptionist, Actor::Admin],
);

/// Time off in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimeOff")]
pub(crate) struct Body {
    /// `null` in the response to a dry run.
    id: Option<TimeOffId>,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    #[schemars(extend("format" = "date-time"))]
    end_date: String,
    reason: Option<String>,
    #[serde(flatten)]
    changed: ChangedAppointments,
    /// What can be done with each appointment that it affects. Only in the response to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposals: Option<Vec<Proposal>>,
}

impl Body {
    fn new(time_off: TimeOff, calendar: &Calendar) -> Self {
        Self {
            id: Some(time_off.id),
            start_date: calendar.format(time_off.time.start),
            end_date: calendar.format(time_off.time.end),
            reason: time_off.reason,
            changed: ChangedAppointments::default(),
            proposals: None,
        }
    }
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}/time_off", list, |route| {
        route
            .named("listTimeOff", "List a doctor's time off", SEE)
            .list_response::<Body>("The time off, ordered by start.")
    });
    to.post("/doctors/{doctor_id}/time_off", take, |route| {
        route
            .named("takeTimeOff", "Add time off for a doctor", TAKE)
            .description(
                "Time off cannot overlap booked appointments. `appointments` says what happens to those that have not started: \
                 the same change makes it for all of them, or the request is refused. A cancellation gets the reason of the \
                 time off. A dry run also answers proposals for each appointment.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date", "end_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "end_date": timestamp_schema(),
                    "reason": optional_text_schema(Reason::LONGEST, true),
                    "appointments": plan_schema(),
                    "dry_run": dry_run_schema(),
                },
            }))
            .sample(Sample::body(json!({
                "start_date": "{day}T00:00:00+01:00", "end_date": "{day}T20:00:00+01:00", "reason": "Ill",
                "appointments": "cancel",
            })))
            .response::<Body>(200, "With `dry_run`: what would be added.")
            .response::<Body>(201, "The new time off.")
            .response_header(
                201,
                "Location",
                "The URL of the time off, for `DELETE`.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
            .link(201, "endTimeOff", "time_off_id", "$response.body#/id")
            .problem(Kind::TimeOffOverAppointments)
            .problem(Kind::PlanRefused)
            .problem(Kind::Contended)
    });
    to.delete("/doctors/{doctor_id}/time_off/{time_off_id}", end, |route| {
        route
            .named("endTimeOff", "Delete time off of a doctor", DOCTOR_AND_ADMINS)
            .empty_response(204, "The time off is deleted.")
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    caller.must_see_time_off_of(doctor)?;
    let listing = query.listing("time_off");
    let listing = query.input().finish(listing)?;

    let page = listing.page;
    let (time_off, calendar) = database
        .in_calendar(
            &caller,
            |reader| async move { Ok((time_off::list(&reader, doctor, page).await?, reader.calendar)) },
        )
        .await?;
    let others = (!caller.is(doctor) && !time_off.is_empty()).then_some(doctor);
    let accessed = Extension(AccessedData { accounts: others.into_iter().collect(), ..AccessedData::default() });
    let position = |off: &TimeOff| (off.time.start.timestamp(), off.id.get());
    Ok((accessed, listing.response(time_off, position, |off| Body::new(off, &calendar))?).into_response())
}

async fn take(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    // A Receptionist may do it with `appointments` only.
    caller.must_take_time_off_for(doctor, input.has("appointments"))?;
    let (time, reason) = (read_time(&mut input), input.optional("reason", str::parse::<Reason>));
    let (plan, dry_run) = (read_plan(&mut input), input.optional_boolean("dry_run"));
    let (((time, reason), plan), dry_run) = input.finish(time.zip(reason).zip(plan).zip(dry_run))?;
    caller.must_take_time_off_for(doctor, plan.changes_appointments())?;

    let writer = database.writer(&caller, &origin);
    let new = NewTimeOff { doctor, time, reason: reason.as_ref(), plan: &plan };
    let is_dry_run = dry_run == Some(true);
    let PlanResult { id, appointments, calendar } = time_off::add(&writer, &new, is_dry_run).await?;
    let added = TimeOff { id, time, reason: reason.as_ref().map(|reason| reason.as_str().to_owned()) };
    let changed = ChangedAppointments::new(&plan, &appointments, &calendar);
    let body = Body { changed, ..Body::new(added, &calendar) };
    if is_dry_run {
        let proposals = proposals(&writer, doctor, time, calendar).await?;
        return Ok(Json(Body { id: None, proposals: Some(proposals), ..body }).into_response());
    }
    let location = format!("/doctors/{doctor}/time_off/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

/// Reads `start_date` and `end_date`.
pub(crate) fn read_time(input: &mut Input) -> Option<Interval> {
    let start = input.parsed("start_date", parse_bound);
    let end = input.parsed("end_date", parse_bound);
    if start.zip(end).is_some_and(|(start, end)| end <= start) {
        input.reject::<()>("end_date", Code::NotAfterStart.with_detail("must be after start_date"));
    }
    start.zip(end).map(|(start, end)| Interval { start, end })
}

/// Parses a timestamp whose year has four digits in every time zone.
fn parse_bound(text: &str) -> Result<Timestamp, InvalidValue> {
    let timestamp = parse_timestamp(text)?;
    let out_of_range = Code::OutOfRange.with_detail("must be in the years 1970 to 9998");
    if (1970..9999).contains(&timestamp.year()) { Ok(timestamp) } else { Err(out_of_range) }
}

async fn end(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathIds(doctor, id): PathIds<AccountId, TimeOffId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_manage(doctor)?;
    input.finish()?;
    time_off::delete(&database.writer(&caller, &origin), doctor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
