//! The clinic: its zone and its policy.

use rounds_domain::{Calendar, Error, Policy};
use serde::Deserialize;

use crate::{
    Database,
    statement::{statements, values},
};

statements! {
    CALENDAR = "SELECT json_object('time_zone', time_zone, 'calendar_version', calendar_version) FROM clinic";
}

/// The clinic's row, as a part of a document.
macro_rules! clinic {
    () => {
        "(SELECT json_object(
            'time_zone', time_zone, 'calendar_version', calendar_version,
            'min_duration', min_duration, 'max_duration', max_duration,
            'max_appointments_per_day', max_appointments_per_day,
            'max_booked_mins_per_day', max_booked_mins_per_day,
            'booking_horizon_days', booking_horizon_days, 'slot_step', slot_step,
            'patient_cancel_notice', patient_cancel_notice) FROM clinic)"
    };
}

pub(crate) use clinic;

/// What [`clinic!`] answers.
#[derive(Deserialize)]
pub(crate) struct ClinicRow {
    #[serde(flatten)]
    pub(crate) policy: Policy,
    #[serde(flatten)]
    pub(crate) calendar: CalendarRow,
}

#[derive(Deserialize)]
pub(crate) struct CalendarRow {
    time_zone: String,
    calendar_version: i64,
}

impl TryFrom<CalendarRow> for Calendar {
    type Error = Error;

    fn try_from(row: CalendarRow) -> Result<Self, Error> {
        let zone = row.time_zone.parse().map_err(|_| Error::Internal(format!("unknown zone {}", row.time_zone)))?;
        Ok(Self { version: row.calendar_version, zone })
    }
}

/// Reads the calendar.
pub(crate) async fn calendar(database: &Database) -> Result<Calendar, Error> {
    let row: Option<CalendarRow> = database.run(&CALENDAR, values![]).await?;
    row.ok_or_else(|| Error::Unavailable("the clinic has no row: run the migration".into()))?.try_into()
}
