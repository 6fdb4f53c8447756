//! The clinic's days in the database, by which its triggers know a day.

use chrono::{DateTime, TimeDelta};
use rounds_domain::{Calendar, Day, Instant};
use serde::{Deserialize, Serialize};

use crate::{
    Database, Error,
    calendar::ATTEMPTS,
    statement::{statements, values},
};

statements! {
    ADD = "days/add";
    LIST = "days/list";
    FORGET = "days/forget";
}

/// How many days are added at once where one is missing: those of a year.
const AT_ONCE: usize = 366;

/// A row. Instants are seconds since 1970.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    start_at: i64,
    end_at: i64,
    weekday: i64,
    shift_from: i64,
    shift: i64,
}

impl From<Day> for Row {
    fn from(day: Day) -> Self {
        Self {
            start_at: day.start.timestamp(),
            end_at: day.end.timestamp(),
            weekday: day.weekday,
            shift_from: day.shift_from,
            shift: day.shift,
        }
    }
}

/// Adds the days of a year, from the day before `start` on. Sent twice, it adds them once.
pub(crate) async fn add(database: &Database, start: Instant) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let calendar = database.calendar().await?;
        let days = calendar.days_from(calendar.day_of(start - TimeDelta::days(1))).take(AT_ONCE);
        let rows: Vec<Row> = days.map(Row::from).collect();
        let rows = serde_json::to_string(&rows).map_err(|error| Error::Internal(error.to_string()))?;
        let values = values![":days" => rows, ":calendar" => calendar.version];
        if database.repeat::<i64>(&ADD, &values).await?.is_some() {
            return Ok(());
        }
        database.forget_calendar().await;
    }
    Err(Error::CalendarChanged)
}

/// Forgets the days where the program's release of the time-zone data has other ones. Whether it did.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn refresh(database: &Database) -> Result<bool, Error> {
    let calendar = database.calendar().await?;
    let rows: Vec<Row> = database.read(&LIST, values![]).await?.unwrap_or_default();
    if rows.iter().all(|row| is_right(row, &calendar)) {
        return Ok(false);
    }
    database.repeat::<i64>(&FORGET, &values![":calendar" => calendar.version]).await?;
    Ok(true)
}

fn is_right(row: &Row, calendar: &Calendar) -> bool {
    DateTime::from_timestamp(row.start_at, 0).is_some_and(|start| Row::from(calendar.day_of(start)) == *row)
}
