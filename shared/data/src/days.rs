//! The clinic's days in the database, by which its triggers know a day.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta};
use rounds_domain::{Calendar, Day, TIME_ZONE_DATA, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Database, Error,
    calendar::ATTEMPTS,
    statement::{Values, statements, values},
};

statements! {
    ADD = "days/add";
    LIST = "days/list";
    DELETE = "days/delete";
}

/// How many days are added at once where one is missing: those of a year.
const AT_ONCE: usize = 366;

/// A row. Instants are seconds since 1970.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    start_at: i64,
    end_at: i64,
    weekday: i64,
    clock_change_minute: i64,
    clock_change_seconds: i64,
    time_zone_data: Cow<'static, str>,
}

impl From<Day> for Row {
    fn from(day: Day) -> Self {
        Self {
            start_at: day.start.timestamp(),
            end_at: day.end.timestamp(),
            weekday: day.weekday,
            clock_change_minute: day.clock_change_minute,
            clock_change_seconds: day.clock_change_seconds,
            time_zone_data: TIME_ZONE_DATA.into(),
        }
    }
}

/// Adds the days of a year, from the day before `start` on. Sent twice, it adds them once.
///
/// # Errors
/// [`Error::CalendarChanged`], also where a program with newer time-zone data has added days.
pub(crate) async fn add(database: &Database, start: Timestamp) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let calendar = database.calendar().await?;
        if database.repeat::<i64>(&ADD, &year(&calendar, start)?).await?.is_some() {
            return Ok(());
        }
        database.clear_calendar().await;
    }
    Err(Error::CalendarChanged)
}

fn year(calendar: &Calendar, start: Timestamp) -> Result<Values, Error> {
    let days = calendar.days_from(calendar.day_of(start - TimeDelta::days(1))).take(AT_ONCE);
    let rows: Vec<Row> = days.map(Row::from).collect();
    let rows = serde_json::to_string(&rows).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(values![":days" => rows, ":calendar" => calendar.version])
}

/// Replaces the clinic's days, from yesterday on, where they are not those of the program's time-zone data. Whether
/// it replaced any.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn refresh(database: &Database, now: Timestamp) -> Result<bool, Error> {
    let calendar = database.calendar().await?;
    let rows: Vec<Row> = database.read(&LIST, values![]).await?.unwrap_or_default();
    let is_current = |row: &Row| {
        DateTime::from_timestamp(row.start_at, 0).is_some_and(|start| Row::from(calendar.day_of(start)) == *row)
    };
    if !rows.is_empty() && rows.iter().all(is_current) {
        return Ok(false);
    }
    // Also where there are none: then programs with older data, which still run during a deployment, add none.
    database.transact::<i64>(&[&DELETE, &ADD], &year(&calendar, now)?).await?;
    Ok(!rows.is_empty())
}
