//! The clinic's calendar days in the database, for the triggers.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta};
use rounds_domain::{Calendar, Day, TIME_ZONE_DATA, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Database, Error,
    calendar::ATTEMPTS,
    error::Failure,
    operations::Change,
    rule::Rule,
    statement::{Values, statements, values},
};

statements! {
    ADD = "days/add";
    LIST = "days/list";
    DELETE = "days/delete";
}

/// How many days are added when one is missing: a year.
const DAYS_AT_ONCE: usize = 366;

/// How long after the start of a year its days are complete for each appointment that begins then: of its start and its end.
pub(crate) const COMPLETE_AFTER: TimeDelta = TimeDelta::days(DAYS_AT_ONCE as i64 - 3);

/// A row of table `days`. Timestamps are seconds since 1970.
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

/// Adds the days of a year, starting with the day before `start`. Safe to repeat.
///
/// # Errors
/// [`Error::CalendarChanged`], also if a program with a newer time zone database has added days.
pub(crate) async fn add(database: &Database, start: Timestamp) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let calendar = database.calendar().await?;
        if database.run_with_retry::<i64>(&ADD, &year(&calendar, start)?).await?.is_some() {
            return Ok(());
        }
        database.clear_calendar().await;
    }
    Err(Error::CalendarChanged)
}

/// Adds the days of a year for each of `times` that the year of an earlier one does not contain.
pub(crate) async fn add_all(database: &Database, times: &[Timestamp]) -> Result<(), Error> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut added_until = None;
    for time in times {
        if added_until.is_none_or(|until| time >= until) {
            add(database, time).await?;
            added_until = Some(time + COMPLETE_AFTER);
        }
    }
    Ok(())
}

/// Makes a change whose rules depend on the days of `times`. If a day is missing in the database, adds the clinic's days
/// and tries again.
///
/// # Errors
/// As [`Database::change`], and [`Error::CalendarChanged`] if the time zone changed while days were added.
pub(crate) async fn change<T: DeserializeOwned>(
    database: &Database,
    times: &[Timestamp],
    change: &Change<'_>,
    values: Values,
) -> Result<Option<T>, Failure> {
    match database.change(change, values.clone()).await {
        Err(Failure::Rule(Rule::DayUnknown)) => {
            add_all(database, times).await.map_err(Failure::Error)?;
            database.change(change, values).await
        }
        result => result,
    }
}

/// Returns the values of [`ADD`] for a year.
fn year(calendar: &Calendar, start: Timestamp) -> Result<Values, Error> {
    let days = calendar.days_from(calendar.day_of(start - TimeDelta::days(1))).take(DAYS_AT_ONCE);
    let rows: Vec<Row> = days.map(Row::from).collect();
    let rows = serde_json::to_string(&rows).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(values![":days" => rows, ":calendar" => calendar.version])
}

/// Replaces the clinic's days by new ones from yesterday on, if they were computed with another release of the
/// time zone database. Returns whether days were replaced.
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
    // Also if the table is empty: programs with older data, which still run during a deployment, then add no days.
    database.transact::<i64>(&[&DELETE, &ADD], &year(&calendar, now)?).await?;
    Ok(!rows.is_empty())
}
