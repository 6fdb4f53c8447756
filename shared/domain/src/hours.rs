use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{Calendar, Code, Day, Interval, Timestamp, Violation, WorkingHours, week::MINUTES_OF_DAY};

/// When a doctor works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Hours {
    /// The hours of the weekdays.
    pub working_hours: Vec<WorkingHours>,
    /// The hours of single dates, in place of those of the weekday.
    pub special_hours: Vec<SpecialHours>,
}

/// The hours of one date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialHours {
    /// The date.
    pub date: NaiveDate,
    /// The time ranges, in order. None: the doctor does not work on that date.
    pub hours: Vec<TimeRange>,
}

/// A time range on the clinic's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimeRange {
    /// The start, in minutes since midnight, 0 to 1439.
    pub start_minute: i64,
    /// The end, in minutes since midnight, at most 24 hours after the start. After 1440, it is on the next date.
    pub end_minute: i64,
}

impl Hours {
    /// Returns the doctor's hours on `day`, as points in time. Hours of a single date that end after midnight count for the
    /// next date too, in addition to its own hours.
    pub fn on(&self, day: &Day) -> Vec<Interval> {
        let special = |date: NaiveDate| self.special_hours.iter().find(|special| special.date == date);
        let before = day.date.checked_sub_days(Days::new(1)).and_then(special);
        let after_midnight = before
            .into_iter()
            .flat_map(|special| &special.hours)
            .map(|range| TimeRange { start_minute: 0, end_minute: range.end_minute - MINUTES_OF_DAY });
        let ranges: Vec<TimeRange> = match special(day.date) {
            Some(special) => special.hours.clone(),
            None => {
                let of_weekday = self.working_hours.iter().filter(|hours| hours.weekday == day.weekday);
                of_weekday.map(TimeRange::from).collect()
            }
        };
        let ranges = ranges.into_iter().chain(after_midnight).filter(|range| range.end_minute > range.start_minute);
        let at = |minute: i64| day.at(minute.min(MINUTES_OF_DAY));
        ranges.map(|range| Interval { start: at(range.start_minute), end: at(range.end_minute) }).collect()
    }

    /// Whether `time`, which starts on `day`, is completely within the doctor's hours. Hours that end at midnight and hours
    /// that start then are one stretch.
    pub(crate) fn contain(&self, calendar: &Calendar, day: &Day, time: &Interval) -> bool {
        self.on(day).iter().any(|hours| {
            hours.start <= time.start
                && (time.end <= hours.end
                    || hours.end == day.end && self.stretch_from(calendar, day).is_some_and(|end| time.end <= end))
        })
    }

    /// Returns the end of the hours that start when `day` ends.
    pub(crate) fn stretch_from(&self, calendar: &Calendar, day: &Day) -> Option<Timestamp> {
        let next = self.on(&calendar.day_of(day.end));
        next.into_iter().filter(|hours| hours.start == day.end).map(|hours| hours.end).max()
    }
}

impl From<&WorkingHours> for TimeRange {
    fn from(hours: &WorkingHours) -> Self {
        Self { start_minute: hours.start_minute, end_minute: hours.end_minute }
    }
}

/// Sorts the time ranges of a date, and merges those that touch.
///
/// # Errors
/// A violation for every range that overlaps an earlier one. Its pointer is the index in the input.
pub fn merged_ranges(ranges: Vec<TimeRange>) -> Result<Vec<TimeRange>, Vec<Violation>> {
    let mut sorted: Vec<(usize, TimeRange)> = ranges.into_iter().enumerate().collect();
    sorted.sort_by_key(|(_, range)| *range);
    let mut merged: Vec<TimeRange> = Vec::new();
    let mut violations = Vec::new();
    for (index, next) in sorted {
        match merged.last_mut() {
            Some(last) if next.start_minute < last.end_minute => {
                violations.push(Violation::new(
                    &index.to_string(),
                    Code::Overlaps.with_detail("must not overlap other hours"),
                ));
            }
            // Longer than 24 hours, they stay apart.
            Some(last)
                if next.start_minute == last.end_minute && next.end_minute - last.start_minute <= MINUTES_OF_DAY =>
            {
                last.end_minute = next.end_minute;
            }
            _ => merged.push(next),
        }
    }
    if violations.is_empty() { Ok(merged) } else { Err(violations) }
}
