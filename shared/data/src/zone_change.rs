//! The effect of a new time zone of the clinic on the future appointments.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta};
use rounds_domain::{Calendar, Hours, Interval, Timestamp, Zone, ZoneChange};
use serde::Deserialize;

use crate::{
    Error, Reader,
    statement::{statements, values},
};

/// How many appointments one response can hold: each has some 40 bytes, and a server's response can have 10 MB.
const PAGE_SIZE: usize = 50_000;

statements! {
    AHEAD = authenticated "zone_change/ahead";
}

#[derive(Deserialize)]
struct Ahead {
    /// Doctor, start, duration and id of each appointment.
    booked: Vec<(i64, i64, i64, i64)>,
    /// Each doctor with their hours.
    hours: Vec<(i64, Hours)>,
}

/// Returns the effect of the new time zone `after` on the appointments that start after `now`. Sends one query for
/// each 50,000 appointments.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn preview(reader: &Reader<'_>, after: Zone, now: Timestamp) -> Result<ZoneChange, Error> {
    let calendar = reader.calendar;
    let after = Calendar { version: calendar.version + 1, zone: after };
    let mut change = ZoneChange::default();
    let mut position = (now.timestamp(), i64::MAX);
    loop {
        let values = values![":start_at" => position.0, ":id" => position.1, ":limit" => PAGE_SIZE as i64];
        let Ahead { booked, hours } = reader.query_document(&AHEAD, values).await?;
        let (hours, none): (HashMap<i64, Hours>, _) = (hours.into_iter().collect(), Hours::default());
        let times = booked.iter().filter_map(|(doctor, start_at, duration, _)| {
            let start = DateTime::from_timestamp(*start_at, 0)?;
            Some((hours.get(doctor).unwrap_or(&none), Interval { start, end: start + TimeDelta::minutes(*duration) }))
        });
        change += ZoneChange::count(calendar.zone, &after, times);
        match booked.last() {
            Some((_, start_at, _, id)) if booked.len() == PAGE_SIZE => position = (*start_at, *id),
            _ => return Ok(change),
        }
    }
}
