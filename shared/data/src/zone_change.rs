//! What another time zone of the clinic does to the appointments ahead.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta};
use rounds_domain::{Calendar, Interval, Timestamp, WorkingHours, Zone, ZoneChange};
use serde::Deserialize;

use crate::{
    Error, Reader,
    statement::{statements, values},
};

/// How many appointments one answer holds: some 40 bytes each, and a server's answer at most 10 MB.
const AT_ONCE: usize = 50_000;

statements! {
    AHEAD = authenticated "zone_change/ahead";
}

#[derive(Deserialize)]
struct Ahead {
    /// Doctor, start, duration and id.
    booked: Vec<(i64, i64, i64, i64)>,
    /// Doctor, weekday, start and end.
    hours: Vec<(i64, i64, i64, i64)>,
}

/// What the zone `after` in place of the calendar's does to the appointments that start after `now`. Takes one
/// request for every 50,000 of them.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn preview(reader: &Reader<'_>, after: Zone, now: Timestamp) -> Result<ZoneChange, Error> {
    let calendar = reader.calendar;
    let after = Calendar { version: calendar.version + 1, zone: after };
    let mut change = ZoneChange::default();
    let mut place = (now.timestamp(), i64::MAX);
    loop {
        let values = values![":start_at" => place.0, ":id" => place.1, ":limit" => AT_ONCE as i64];
        let Ahead { booked, hours } = reader.query_document(&AHEAD, values).await?;
        let mut weeks: HashMap<i64, Vec<WorkingHours>> = HashMap::new();
        for (doctor, weekday, start_minute, end_minute) in hours {
            weeks.entry(doctor).or_default().push(WorkingHours { weekday, start_minute, end_minute });
        }
        let times = booked.iter().filter_map(|(doctor, start_at, duration, _)| {
            let start = DateTime::from_timestamp(*start_at, 0)?;
            let week = weeks.get(doctor).map_or(&[][..], Vec::as_slice);
            Some((week, Interval { start, end: start + TimeDelta::minutes(*duration) }))
        });
        change += ZoneChange::count(calendar.zone, &after, times);
        match booked.last() {
            Some((_, start_at, _, id)) if booked.len() == AT_ONCE => place = (*start_at, *id),
            _ => return Ok(change),
        }
    }
}
