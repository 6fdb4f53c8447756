use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::Datelike;
use rounds_data::{
    ATTEMPTS, Database, Error,
    time_off::{self, Added, NewTimeOff, TimeOff},
};
use rounds_domain::{
    self as domain, AccountId, AppointmentId, Calendar, Code, Interval, InvalidValue, Reason, TimeOffId, Timestamp,
    parse_cancel, parse_timestamp,
};
use rounds_http::{
    Access, AccessedData, Actor, Authenticated, Input, JsonBody, Kind, NoInput, PathId, PathIds, Problem, Query,
    RequestOrigin, Routes, Sample, optional_text_schema, timestamp_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::DOCTOR_AND_ADMINS;

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
    id: TimeOffId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    #[schemars(extend("format" = "date-time"))]
    end_date: String,
    reason: Option<String>,
    /// The appointments that were cancelled for it. Only in the response to a request with `appointments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<Vec<AppointmentId>>,
}

impl Body {
    fn new(time_off: TimeOff, calendar: &Calendar) -> Self {
        Self {
            id: time_off.id,
            start_date: calendar.format(time_off.time.start),
            end_date: calendar.format(time_off.time.end),
            reason: time_off.reason,
            cancelled: None,
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
                "Time off cannot overlap booked appointments. With `\"appointments\": \"cancel\"`, the same change cancels \
                 those that have not started, with the reason.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date", "end_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "end_date": timestamp_schema(),
                    "reason": optional_text_schema(Reason::LONGEST, true),
                    "appointments": { "const": "cancel" },
                },
            }))
            .sample(Sample::body(json!({
                "start_date": "{day}T00:00:00+01:00", "end_date": "{day}T20:00:00+01:00", "reason": "Ill",
                "appointments": "cancel",
            })))
            .response::<Body>(201, "The new time off.")
            .response_header(
                201,
                "Location",
                "The URL of the time off, for `DELETE`.",
                json!({ "type": "string", "format": "uri-reference" }),
            )
            .link(201, "endTimeOff", "time_off_id", "$response.body#/id")
            .problem(Kind::TimeOffOverAppointments)
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
    // A Receptionist may do it with a valid `appointments` only.
    caller.must_take_time_off_for(doctor, true)?;
    let (time, reason, cancels) = (
        read_time(&mut input),
        input.optional("reason", str::parse::<Reason>),
        input.optional("appointments", parse_cancel),
    );
    if let Some(cancels) = cancels {
        caller.must_take_time_off_for(doctor, cancels.is_some())?;
    }
    let ((time, reason), cancels) = input.finish(time.zip(reason).zip(cancels))?;
    let cancels = cancels.is_some();

    // Tries again if the overlapping appointment was cancelled or rescheduled before it could be listed.
    for _ in 0..ATTEMPTS {
        let new = NewTimeOff { doctor, time, reason: reason.as_ref(), cancels };
        if let Some(Added { time_off, cancelled, calendar }) =
            time_off::add(&database.writer(&caller, &origin), &new).await?
        {
            let location = format!("/doctors/{doctor}/time_off/{}", time_off.id);
            let body = Body { cancelled: cancels.then_some(cancelled), ..Body::new(time_off, &calendar) };
            return Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response());
        }
        let appointments = time_off::overlapped_appointments(&database, &caller, doctor, time).await?;
        if !appointments.is_empty() {
            return Err(domain::Error::TimeOffOverAppointments(appointments).into());
        }
    }
    Err(Error::Contended.into())
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
