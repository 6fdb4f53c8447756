use axum::{Json, extract::State};
use rounds_data::{Database, schedules};
use rounds_domain::{
    AccountId, Code, Error, WorkingHours, merged_week, parse_wall_clock, parse_weekday, wall_clock, weekday_name,
};
use rounds_http::{Authenticated, Input, JsonArray, NoInput, PathId, Problem, RequestOrigin};
use schemars::JsonSchema;
use serde::Serialize;

/// A stretch of a weekday as clients read it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkingHours")]
pub(crate) struct Hours {
    weekday: &'static str,
    start: String,
    end: String,
}

/// `GET /doctors/{doctor_id}/working_hours`: a doctor's week, for anyone.
pub(crate) async fn show(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
    input: NoInput,
) -> Result<Json<Vec<Hours>>, Problem> {
    input.finish()?;
    Ok(Json(schedules::week(&database, doctor).await?.iter().map(body).collect()))
}

/// `PUT /doctors/{doctor_id}/working_hours`: replaces the week, for that Doctor and Admins. What
/// is booked stays.
pub(crate) async fn replace(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    RequestOrigin(origin): RequestOrigin,
    body: JsonArray,
) -> Result<Json<Vec<Hours>>, Problem> {
    caller.must_run(doctor)?;
    let week = merged_week(body.read(read)?).map_err(Error::Invalid)?;
    schedules::replace_week(&database, &caller, doctor, &week, &origin).await?;
    Ok(Json(week.iter().map(self::body).collect()))
}

fn read(input: &mut Input) -> Option<WorkingHours> {
    let weekday = input.parsed("weekday", parse_weekday);
    let (start, end) = (input.parsed("start", parse_wall_clock), input.parsed("end", parse_wall_clock));
    if start == Some(24 * 60) {
        return input.refuse("start", Code::NotATimeOfDay.says("must be before 24:00, which is only an end"));
    }
    if start.zip(end).is_some_and(|(start, end)| end <= start) {
        return input.refuse("end", Code::NotAfterStart.says("must be after the start"));
    }
    Some(WorkingHours { weekday: weekday?, start_minute: start?, end_minute: end? })
}

fn body(hours: &WorkingHours) -> Hours {
    Hours {
        weekday: weekday_name(hours.weekday),
        start: wall_clock(hours.start_minute),
        end: wall_clock(hours.end_minute),
    }
}
