use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use rounds_data::{Database, special_hours};
use rounds_domain::{AccountId, Code, DateInput, Error, SpecialHours, TimeRange, Violation, merged_ranges, wall_clock};
use rounds_http::{
    Access, Authenticated, Input, JsonArray, NoInput, PathId, PathIds, Problem, Query, RequestOrigin, Routes, Sample,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    DOCTOR_AND_ADMINS,
    working_hours::{read_range, wall_clock_schema},
};

const DATE: &str = "A day of the clinic, like `2030-05-17`.";

/// A time range of a date.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimeRange")]
pub(crate) struct Range {
    start: String,
    /// An end at or before the start is on the next date.
    end: String,
}

impl From<&TimeRange> for Range {
    fn from(range: &TimeRange) -> Self {
        Self { start: wall_clock(range.start_minute), end: wall_clock(range.end_minute) }
    }
}

/// The hours of a doctor on one date.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SpecialHours")]
pub(crate) struct Body {
    #[schemars(extend("format" = "date"))]
    date: String,
    hours: Vec<Range>,
}

impl Body {
    fn new(special: &SpecialHours) -> Self {
        Self { date: special.date.to_string(), hours: special.hours.iter().map(Range::from).collect() }
    }
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}/special_hours", list, |route| {
        route
            .named("listSpecialHours", "List the dates on which a doctor has other hours", Access::ANYONE)
            .date_range()
            .list_response::<Body>("The dates with their hours, in order.")
    });
    to.put("/doctors/{doctor_id}/special_hours/{date}", replace, |route| {
        route
            .named("replaceSpecialHours", "Set a doctor's hours on one date", DOCTOR_AND_ADMINS)
            .description(
                "They apply in place of the hours of the weekday. An empty list: the doctor does not work on that date. \
                 An end at or before its start is on the next date, whose own hours apply as well. Booked appointments \
                 stay booked.",
            )
            .body(json!({
                "type": "array",
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "required": ["start", "end"],
                    "properties": { "start": wall_clock_schema(false), "end": wall_clock_schema(true) },
                },
            }))
            .path_parameter("date", DATE, json!({ "type": "string", "format": "date" }))
            .sample(Sample::body(json!([{ "start": "08:00", "end": "18:00" }])).with("date", "{day}"))
            .response::<Vec<Range>>(200, "The new hours, with touching ranges merged.")
    });
    to.delete("/doctors/{doctor_id}/special_hours/{date}", remove, |route| {
        route
            .named("removeSpecialHours", "Remove a doctor's hours of one date", DOCTOR_AND_ADMINS)
            .description("Removing hours that do not exist changes nothing and succeeds.")
            .path_parameter("date", DATE, json!({ "type": "string", "format": "date" }))
            .sample(Sample::default().with("date", "{day}"))
            .empty_response(204, "The hours of the weekday apply again.")
    });
}

async fn list(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let input = query.input();
    let (from, to) = (input.optional("from", str::parse::<DateInput>), input.optional("to", str::parse::<DateInput>));
    let listing = query.listing("special_hours");
    let ((from, to), listing) = query.input().finish(from.zip(to).zip(listing))?;

    let calendar = database.calendar().await?;
    let date = |date: DateInput| match date {
        DateInput::Date(date) => date,
        DateInput::Timestamp(timestamp) => calendar.day_of(timestamp).date,
    };
    let bounds = (from.map(date), to.map(date));
    let special = special_hours::list(&database, doctor, bounds, listing.page).await?;
    Ok(listing.response(special, |special| special.date, |special| Body::new(&special))?.into_response())
}

async fn replace(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathIds(doctor, date): PathIds<AccountId, String>,
    RequestOrigin(origin): RequestOrigin,
    body: JsonArray,
) -> Result<Json<Vec<Range>>, Problem> {
    caller.must_manage(doctor)?;
    let date = read_date(&date)?;
    let hours = merged_ranges(body.read(read)?).map_err(Error::Invalid)?;
    special_hours::set(&database.writer(&caller, &origin), doctor, date, Some(&hours)).await?;
    Ok(Json(hours.iter().map(Range::from).collect()))
}

async fn remove(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathIds(doctor, date): PathIds<AccountId, String>,
    RequestOrigin(origin): RequestOrigin,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_manage(doctor)?;
    input.finish()?;
    special_hours::set(&database.writer(&caller, &origin), doctor, read_date(&date)?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(input: &mut Input) -> Option<TimeRange> {
    let (start_minute, end_minute) = read_range(input)?;
    Some(TimeRange { start_minute, end_minute })
}

fn read_date(text: &str) -> Result<NaiveDate, Error> {
    match text.parse() {
        Ok(DateInput::Date(date)) => Ok(date),
        _ => {
            let detail = "must be a day that exists, like 2030-05-17";
            Err(Error::Invalid(vec![Violation::new("date", Code::NotADate.with_detail(detail))]))
        }
    }
}
