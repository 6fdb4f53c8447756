use serde::{Deserialize, Serialize};

use crate::{Code, InvalidValue, Violation};

/// The minutes from midnight to midnight on a clock.
pub(crate) const MINUTES_OF_DAY: i64 = 24 * 60;

/// The weekdays as clients write them, in the order of ISO 8601 (Monday is 1).
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Working hours: one time range of a weekday, on the clinic's wall clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkingHours {
    /// 1 (Monday) to 7 (Sunday).
    pub weekday: i64,
    /// The start, in minutes since midnight, 0 to 1439.
    pub start_minute: i64,
    /// The end, in minutes since midnight, 1 to 1440. In what a client writes and reads, an end after 1440 is on the next
    /// day, at most 24 hours after the start. See [`merged_week`] and [`joined_week`].
    pub end_minute: i64,
}

/// Returns the end of a time range, in minutes since the midnight before its start. An end at or before the start is on the
/// next day.
pub fn end_after(start_minute: i64, end_minute: i64) -> i64 {
    if end_minute > start_minute { end_minute } else { end_minute + MINUTES_OF_DAY }
}

/// Parses a weekday, like `Mon`.
///
/// # Errors
/// A sentence that lists the weekdays.
pub fn parse_weekday(text: &str) -> Result<i64, InvalidValue> {
    let position = WEEKDAYS.iter().position(|weekday| *weekday == text);
    position
        .map(|position| position as i64 + 1)
        .ok_or(Code::NotAllowed.with_detail("must be \"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\" or \"Sun\""))
}

/// Returns the name of a weekday, like `Mon`. Empty if the number is not a weekday.
pub fn weekday_name(weekday: i64) -> &'static str {
    let position = usize::try_from(weekday - 1).ok();
    position.and_then(|position| WEEKDAYS.get(position)).copied().unwrap_or_default()
}

/// Parses a wall-clock time, `00:00` to `24:00`, and returns the minutes since midnight.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_wall_clock(text: &str) -> Result<i64, InvalidValue> {
    let invalid = || Code::NotATimeOfDay.with_detail("must be a time of the day, like \"08:00\"");
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten().ok_or_else(invalid)
    };
    let (hours, minutes) = text.split_once(':').ok_or_else(invalid)?;
    match (two_digits(hours)?, two_digits(minutes)?) {
        (hours @ 0..24, minutes @ 0..60) => Ok(hours * 60 + minutes),
        (24, 0) => Ok(24 * 60),
        _ => Err(invalid()),
    }
}

/// Parses a wall-clock time before midnight, `00:00` to `23:59`, and returns the minutes since midnight.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_minute_of_day(text: &str) -> Result<u32, InvalidValue> {
    let minute = u32::try_from(parse_wall_clock(text)?).ok().filter(|minute| *minute < 24 * 60);
    minute.ok_or(Code::NotATimeOfDay.with_detail("must be a time before \"24:00\""))
}

/// Formats minutes since midnight as a wall-clock time, like `08:00`. 1440 is `24:00`, and later minutes are those of the next
/// day.
pub fn wall_clock(minute: i64) -> String {
    let minute = if minute > MINUTES_OF_DAY { minute - MINUTES_OF_DAY } else { minute };
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Splits time ranges over midnight into the hours of both weekdays.
fn split_at_midnight(hours: WorkingHours) -> impl Iterator<Item = WorkingHours> {
    let WorkingHours { weekday, start_minute, end_minute } = hours;
    let before = WorkingHours { weekday, start_minute, end_minute: end_minute.min(MINUTES_OF_DAY) };
    let after = end_minute - MINUTES_OF_DAY;
    let after = WorkingHours { weekday: weekday % 7 + 1, start_minute: 0, end_minute: after };
    [before, after].into_iter().filter(|hours| hours.end_minute > hours.start_minute)
}

/// Joins hours that end at midnight with those that start then, if both together last at most 24 hours. The inverse of the
/// split by [`merged_week`].
pub fn joined_week(week: &[WorkingHours]) -> Vec<WorkingHours> {
    let next_of = |hours: &WorkingHours| {
        let weekday = hours.weekday % 7 + 1;
        week.iter().find(|next| {
            hours.end_minute == MINUTES_OF_DAY
                && (next.weekday, next.start_minute) == (weekday, 0)
                && next.end_minute <= hours.start_minute
        })
    };
    let joined: Vec<&WorkingHours> = week.iter().filter_map(next_of).collect();
    let rest = week.iter().filter(|hours| !joined.contains(hours));
    rest.map(|hours| {
        let after = next_of(hours).map_or(0, |next| next.end_minute);
        WorkingHours { end_minute: hours.end_minute + after, ..hours.clone() }
    })
    .collect()
}

/// Sorts the time ranges of a week, splits those over midnight, and merges those that touch.
///
/// # Errors
/// A violation for every range that overlaps an earlier one. Its pointer is the index in the input.
pub fn merged_week(hours: Vec<WorkingHours>) -> Result<Vec<WorkingHours>, Vec<Violation>> {
    let split = |(index, hours)| split_at_midnight(hours).map(move |hours| (index, hours));
    let mut sorted: Vec<(usize, WorkingHours)> = hours.into_iter().enumerate().flat_map(split).collect();
    sorted.sort_by(|one, other| one.1.cmp(&other.1));
    let mut week: Vec<WorkingHours> = Vec::new();
    let mut violations = Vec::new();
    for (index, next) in sorted {
        match week.last_mut() {
            Some(last) if last.weekday == next.weekday && next.start_minute < last.end_minute => {
                let overlap = Code::Overlaps.with_detail("must not overlap other hours of that weekday");
                violations.push(Violation::new(&index.to_string(), overlap));
            }
            Some(last) if last.weekday == next.weekday && next.start_minute == last.end_minute => {
                last.end_minute = next.end_minute;
            }
            _ => week.push(next),
        }
    }
    if violations.is_empty() { Ok(week) } else { Err(violations) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(weekday: i64, start_minute: i64, end_minute: i64) -> WorkingHours {
        WorkingHours { weekday, start_minute, end_minute }
    }

    #[test]
    fn wall_clock_times_are_parsed_and_formatted() {
        for (text, minute) in [("00:00", 0), ("08:05", 485), ("23:59", 1439), ("24:00", 1440)] {
            assert_eq!(parse_wall_clock(text), Ok(minute));
            assert_eq!(wall_clock(minute), text);
        }
        for bad in ["", "8:00", "08:0", "08:60", "24:01", "25:00", "-1:00", "+8:00", "08:00:00", "0８:00"] {
            assert!(parse_wall_clock(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn merges_touching_hours_and_reports_overlapping_ones() {
        let week = merged_week(vec![hours(1, 720, 780), hours(2, 0, 60), hours(1, 480, 720), hours(1, 800, 900)]);
        assert_eq!(week, Ok(vec![hours(1, 480, 780), hours(1, 800, 900), hours(2, 0, 60)]));
        let overlapping = merged_week(vec![hours(1, 600, 700), hours(1, 480, 601), hours(3, 0, 60), hours(3, 0, 60)]);
        let pointers: Vec<_> = overlapping.unwrap_err().into_iter().map(|violation| violation.pointer).collect();
        assert_eq!(pointers, ["/0", "/3"]);
    }

    #[test]
    fn hours_over_midnight_are_split_and_joined() {
        let night = hours(7, 1320, 1440 + 360);
        let split = vec![hours(1, 0, 360), hours(7, 1320, 1440)];
        assert_eq!(merged_week(vec![night.clone()]), Ok(split.clone()));
        assert_eq!(joined_week(&split), vec![night.clone()]);
        assert_eq!(
            merged_week(vec![hours(3, 480, 1440 + 480)]).map(|week| joined_week(&week)),
            Ok(vec![hours(3, 480, 1920)])
        );
        // More than 24 hours together cannot be one time range.
        let whole: Vec<_> = (1..=7).map(|weekday| hours(weekday, 0, 1440)).collect();
        assert_eq!(joined_week(&whole), whole);
        let pointers = |week: Vec<WorkingHours>| -> Vec<String> {
            merged_week(week).unwrap_err().into_iter().map(|violation| violation.pointer).collect()
        };
        assert_eq!(pointers(vec![night, hours(1, 300, 600)]), ["/1"]);
    }
}
