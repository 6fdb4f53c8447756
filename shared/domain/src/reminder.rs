use chrono::{TimeDelta, Timelike};

use crate::{Calendar, Timestamp};

/// The time of each day in which no reminder is sent, in minutes since midnight on the clinic's wall clock. If the end
/// is before the start, it is on the next day. They are never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute.
    pub start: u32,
    /// The first minute after them.
    pub end: u32,
}

impl QuietHours {
    fn contain(&self, at: Timestamp, calendar: &Calendar) -> bool {
        let time = calendar.zone.local(at).time();
        let minute = time.hour() * 60 + time.minute();
        match self.start < self.end {
            true => (self.start..self.end).contains(&minute),
            false => minute >= self.start || minute < self.end,
        }
    }

    /// Returns the end of the quiet hours that contain `at`. `None` if `at` is not in quiet hours.
    pub fn until(&self, at: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        self.contain(at, calendar).then(|| self.nearest_outside(at, 1, calendar))
    }

    /// Returns the nearest minute outside of the quiet hours: after `at` if `step` is 1, and before it if `step` is -1.
    /// Searches 30 hours: quiet hours are shorter than a day, and a clock change adds a few hours at most.
    fn nearest_outside(&self, at: Timestamp, step: i64, calendar: &Calendar) -> Timestamp {
        let whole = at - TimeDelta::seconds(at.timestamp().rem_euclid(60));
        let mut minutes = (1..=30 * 60).map(|count| whole + TimeDelta::minutes(count * step));
        minutes.find(|minute| !self.contain(*minute, calendar)).unwrap_or(at)
    }
}

/// Returns when to send a reminder of an appointment: `minutes` before its start. If that is in the quiet hours,
/// returns their end. If the appointment does not start after their end, returns the last minute before them.
pub fn reminder_due(start: Timestamp, minutes: i64, quiet: Option<QuietHours>, calendar: &Calendar) -> Timestamp {
    let due = start - TimeDelta::minutes(minutes);
    match quiet.and_then(|quiet| Some((quiet, quiet.until(due, calendar)?))) {
        None => due,
        Some((_, end)) if end < start => end,
        Some((quiet, _)) => quiet.nearest_outside(due, -1, calendar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_timestamp;

    fn at(text: &str) -> Timestamp {
        parse_timestamp(text).unwrap()
    }

    fn berlin() -> Calendar {
        Calendar { version: 1, zone: "Europe/Berlin".parse().unwrap() }
    }

    #[test]
    fn reminder_waits_for_the_end_of_quiet_hours_or_goes_before_them() {
        let night = QuietHours { start: 21 * 60, end: 7 * 60 };
        let noon = QuietHours { start: 12 * 60, end: 14 * 60 };
        for (start, minutes, quiet, due) in [
            ("2030-05-17T09:30:00+02:00", 1440, None, "2030-05-16T09:30:00+02:00"),
            ("2030-05-17T09:30:00+02:00", 1440, Some(night), "2030-05-16T09:30:00+02:00"),
            ("2030-05-17T21:00:00+02:00", 1440, Some(night), "2030-05-17T07:00:00+02:00"),
            ("2030-05-17T07:00:00+02:00", 1440, Some(night), "2030-05-16T07:00:00+02:00"),
            ("2030-05-17T08:00:00+02:00", 120, Some(night), "2030-05-17T07:00:00+02:00"),
            // The appointment does not start after the end of the quiet hours.
            ("2030-05-17T07:00:00+02:00", 60, Some(night), "2030-05-16T20:59:00+02:00"),
            ("2030-05-17T06:30:00+02:00", 60, Some(night), "2030-05-16T20:59:00+02:00"),
            ("2030-05-17T14:00:00+02:00", 30, Some(noon), "2030-05-17T11:59:00+02:00"),
            ("2030-05-17T14:15:00+02:00", 30, Some(noon), "2030-05-17T14:00:00+02:00"),
        ] {
            assert_eq!(reminder_due(at(start), minutes, quiet, &berlin()), at(due), "{start} {minutes}");
        }
    }

    #[test]
    fn quiet_hours_end_on_the_wall_clock() {
        let night = QuietHours { start: 21 * 60, end: 7 * 60 };
        // The clock goes forward in one night, and back in the other.
        for (now, end) in [
            ("2030-03-30T21:00:00+01:00", Some("2030-03-31T07:00:00+02:00")),
            ("2030-10-26T23:15:00+02:00", Some("2030-10-27T07:00:00+01:00")),
            ("2030-10-27T07:00:00+01:00", None),
            ("2030-10-26T20:59:00+02:00", None),
        ] {
            assert_eq!(night.until(at(now), &berlin()), end.map(at), "{now}");
        }
    }
}
