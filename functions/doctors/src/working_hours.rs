use axum::{Json, extract::State};
use rounds_data::{Database, working_hours};
use rounds_domain::{
    AccountId, Code, Error, WorkingHours, end_after, joined_week, merged_week, parse_wall_clock, parse_weekday,
    wall_clock, weekday_name,
};
use rounds_http::{Access, Authenticated, Input, JsonArray, NoInput, PathId, Problem, RequestOrigin, Routes, Sample};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::DOCTOR_AND_ADMINS;

/// A time range of working hours on one weekday.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkingHours")]
pub(crate) struct Hours {
    weekday: &'static str,
    start: String,
    end: String,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}/working_hours", show, |route| {
        route
            .named("getWorkingHours", "Get a doctor's working hours", Access::ANYONE)
            .response::<Vec<Hours>>(200, "The working hours.")
    });
    to.put("/doctors/{doctor_id}/working_hours", replace, |route| {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        route
            .named("replaceWorkingHours", "Replace a doctor's working hours", DOCTOR_AND_ADMINS)
            .description(
                "A weekday can have several time ranges. An end at or before its start is on the next day. Ranges that \
                 touch are merged. Ranges that overlap are refused. Booked appointments stay booked.",
            )
            .body(json!({
                "type": "array",
                "maxItems": 100,
                "items": {
                    "type": "object",
                    "required": ["weekday", "start", "end"],
                    "properties": {
                        "weekday": { "enum": days },
                        "start": wall_clock_schema(false),
                        "end": wall_clock_schema(true),
                    },
                },
            }))
            // The same hours as a new doctor has: tests book appointments in them.
            .sample(Sample::body(days.map(|day| json!({ "weekday": day, "start": "08:00", "end": "18:00" })).into()))
            .response::<Vec<Hours>>(200, "The new working hours, with touching ranges merged.")
    });
}

/// The schema of a time of the day. Only an end can be 24:00.
pub(crate) fn wall_clock_schema(is_end: bool) -> Value {
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]";
    json!({ "type": "string", "pattern": if is_end { format!("^({time}|24:00)$") } else { format!("^{time}$") } })
}

async fn show(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
    input: NoInput,
) -> Result<Json<Vec<Hours>>, Problem> {
    input.finish()?;
    Ok(Json(joined_week(&working_hours::list(&database, doctor).await?).iter().map(body).collect()))
}

async fn replace(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    RequestOrigin(origin): RequestOrigin,
    body: JsonArray,
) -> Result<Json<Vec<Hours>>, Problem> {
    caller.must_manage(doctor)?;
    let week = merged_week(body.read(read)?).map_err(Error::Invalid)?;
    working_hours::replace(&database.writer(&caller, &origin), doctor, &week).await?;
    Ok(Json(joined_week(&week).iter().map(self::body).collect()))
}

fn read(input: &mut Input) -> Option<WorkingHours> {
    let weekday = input.parsed("weekday", parse_weekday);
    let (start_minute, end_minute) = read_range(input)?;
    Some(WorkingHours { weekday: weekday?, start_minute, end_minute })
}

/// Reads `start` and `end`, in minutes since midnight. An end after 1440 is on the next day.
pub(crate) fn read_range(input: &mut Input) -> Option<(i64, i64)> {
    let (start, end) = (input.parsed("start", parse_wall_clock), input.parsed("end", parse_wall_clock));
    if start == Some(24 * 60) {
        return input
            .reject("start", Code::NotATimeOfDay.with_detail("must be before 24:00: only an end can be 24:00"));
    }
    start.zip(end).map(|(start, end)| (start, end_after(start, end)))
}

fn body(hours: &WorkingHours) -> Hours {
    Hours {
        weekday: weekday_name(hours.weekday),
        start: wall_clock(hours.start_minute),
        end: wall_clock(hours.end_minute),
    }
}
