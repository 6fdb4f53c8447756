use serde::{Deserialize, Serialize};

use crate::{Code, Day, Interval, InvalidValue, Violation};

/// The weekdays as clients write them; the first is 1 in ISO 8601.
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A stretch of a weekday's wall clock in which a doctor works.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkingHours {
    /// 1 (Monday) to 7 (Sunday).
    pub weekday: i64,
    /// The minute of the day at which it starts, 0 to 1439.
    pub start_minute: i64,
    /// The minute of the day at which it ends, 1 to 1440.
    pub end_minute: i64,
}

/// Reads a weekday.
///
/// # Errors
/// What it must be.
pub fn parse_weekday(text: &str) -> Result<i64, InvalidValue> {
    let position = WEEKDAYS.iter().position(|weekday| *weekday == text);
    position
        .map(|position| position as i64 + 1)
        .ok_or(Code::NotAllowed.with_detail("must be \"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\" or \"Sun\""))
}

/// The word for a weekday; empty for what is none.
pub fn weekday_name(weekday: i64) -> &'static str {
    let position = usize::try_from(weekday - 1).ok();
    position.and_then(|position| WEEKDAYS.get(position)).copied().unwrap_or_default()
}

/// Reads a time of the wall clock, `00:00` to `24:00`, as the minute of the day.
///
/// # Errors
/// What it must be.
pub fn parse_wall_clock(text: &str) -> Result<i64, InvalidValue> {
    let fault = || Code::NotATimeOfDay.with_detail("must be a time of the day, like \"08:00\"");
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten().ok_or_else(fault)
    };
    let (hours, minutes) = text.split_once(':').ok_or_else(fault)?;
    match (two_digits(hours)?, two_digits(minutes)?) {
        (hours @ 0..24, minutes @ 0..60) => Ok(hours * 60 + minutes),
        (24, 0) => Ok(24 * 60),
        _ => Err(fault()),
    }
}

/// A minute of the day as a time of the wall clock.
pub fn wall_clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Puts a week in order, and makes one of stretches that touch.
///
/// # Errors
/// A violation for every stretch that overlaps an earlier one, by its place in the input.
pub fn merged_week(hours: Vec<WorkingHours>) -> Result<Vec<WorkingHours>, Vec<Violation>> {
    let mut placed: Vec<(usize, WorkingHours)> = hours.into_iter().enumerate().collect();
    placed.sort_by(|one, other| one.1.cmp(&other.1));
    let mut week: Vec<WorkingHours> = Vec::new();
    let mut violations = Vec::new();
    for (place, next) in placed {
        match week.last_mut() {
            Some(last) if last.weekday == next.weekday && next.start_minute < last.end_minute => {
                let fault = Code::Overlaps.with_detail("must not overlap other hours of that weekday");
                violations.push(Violation::new(&place.to_string(), fault));
            }
            Some(last) if last.weekday == next.weekday && next.start_minute == last.end_minute => {
                last.end_minute = next.end_minute;
            }
            _ => week.push(next),
        }
    }
    if violations.is_empty() { Ok(week) } else { Err(violations) }
}

/// The instants between which a doctor with this week works on `day`.
pub(crate) fn hours_on<'a>(week: &'a [WorkingHours], day: &'a Day) -> impl Iterator<Item = Interval> + 'a {
    week.iter()
        .filter(|hours| hours.weekday == day.weekday)
        .map(|hours| Interval { start: day.at(hours.start_minute), end: day.at(hours.end_minute) })
}

/// Whether a time that starts on `day` lies within a week's hours as a whole.
pub(crate) fn within_hours(week: &[WorkingHours], day: &Day, time: &Interval) -> bool {
    hours_on(week, day).any(|hours| hours.start <= time.start && time.end <= hours.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(weekday: i64, start_minute: i64, end_minute: i64) -> WorkingHours {
        WorkingHours { weekday, start_minute, end_minute }
    }

    #[test]
    fn wall_clock_times_are_read_and_written() {
        for (text, minute) in [("00:00", 0), ("08:05", 485), ("23:59", 1439), ("24:00", 1440)] {
            assert_eq!(parse_wall_clock(text), Ok(minute));
            assert_eq!(wall_clock(minute), text);
        }
        for bad in ["", "8:00", "08:0", "08:60", "24:01", "25:00", "-1:00", "+8:00", "08:00:00", "0８:00"] {
            assert!(parse_wall_clock(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn touching_hours_merge_and_overlapping_ones_are_named() {
        let week = merged_week(vec![hours(1, 720, 780), hours(2, 0, 60), hours(1, 480, 720), hours(1, 800, 900)]);
        assert_eq!(week, Ok(vec![hours(1, 480, 780), hours(1, 800, 900), hours(2, 0, 60)]));
        let overlapping = merged_week(vec![hours(1, 600, 700), hours(1, 480, 601), hours(3, 0, 60), hours(3, 0, 60)]);
        let pointers: Vec<_> = overlapping.unwrap_err().into_iter().map(|violation| violation.pointer).collect();
        assert_eq!(pointers, ["/0", "/3"]);
    }
}
