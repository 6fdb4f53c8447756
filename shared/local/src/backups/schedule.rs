//! When a nightly backup is due, and which backups are kept.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};
use rounds_domain::Timestamp;

/// The time of the day from which the backup of the night is due.
const DUE_FROM: TimeDelta = TimeDelta::hours(3);

/// The age of the newest backup from which the operator is warned: a day, and two hours for the backup itself.
const OVERDUE_AFTER: TimeDelta = TimeDelta::hours(26);

const KEPT_DAYS: usize = 7;

const KEPT_WEEKS: usize = 4;

/// Returns the date of the last night whose backup is due, from the time in the clinic's zone. Before 03:00, this is the
/// night before.
pub(super) fn night(now: NaiveDateTime) -> NaiveDate {
    (now - DUE_FROM).date()
}

/// Returns whether a backup is due, from the time in the clinic's zone and the time of the newest backup. The backup of a
/// missed night is due at once.
pub(super) fn is_due(now: NaiveDateTime, newest: Option<NaiveDateTime>) -> bool {
    newest.is_none_or(|newest| night(newest) < night(now))
}

/// Returns whether the newest backup is too old. If there is none, the program's start counts.
pub(super) fn is_overdue(now: Timestamp, newest: Option<Timestamp>, started: Timestamp) -> bool {
    now - newest.unwrap_or(started) > OVERDUE_AFTER
}

/// Returns the nights whose backups are deleted. Kept are the newest 7, and of the older ones the newest of each ISO week,
/// for 4 weeks.
pub(super) fn surplus(mut nights: Vec<NaiveDate>) -> Vec<NaiveDate> {
    nights.sort_unstable_by(|one, other| other.cmp(one));
    nights.dedup();
    let older = nights.split_off(KEPT_DAYS.min(nights.len()));
    let mut kept_weeks = Vec::new();
    let is_kept = |night: &NaiveDate| {
        let is_newest_of_week = kept_weeks.last() != Some(&night.iso_week());
        if is_newest_of_week {
            kept_weeks.push(night.iso_week());
        }
        is_newest_of_week && kept_weeks.len() <= KEPT_WEEKS
    };
    let (_, surplus) = older.into_iter().partition::<Vec<_>, _>(is_kept);
    surplus
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn nights_until(last: NaiveDate, offsets: &[u64]) -> Vec<NaiveDate> {
        offsets.iter().map(|days| last - Days::new(*days)).collect()
    }

    #[test]
    fn backup_is_due_once_per_night() {
        for (now, newest, expected) in [
            ("2030-01-07T12:00:00", None, true),
            // The night's backup was made at 03:00, or later because the clinic was stopped.
            ("2030-01-07T12:00:00", Some("2030-01-07T03:00:01"), false),
            ("2030-01-08T02:59:59", Some("2030-01-07T23:00:00"), false),
            ("2030-01-08T03:00:00", Some("2030-01-07T23:00:00"), true),
            // A backup after midnight is that of the night before.
            ("2030-01-08T03:00:00", Some("2030-01-08T02:59:59"), true),
            // A missed night is made up at any time.
            ("2030-01-08T01:00:00", Some("2030-01-07T02:00:00"), true),
            ("2030-01-20T18:00:00", Some("2030-01-07T03:00:00"), true),
        ] {
            assert_eq!(is_due(time(now), newest.map(time)), expected, "{now} {newest:?}");
        }
    }

    #[test]
    fn backup_is_overdue_after_26_hours() {
        let at = |text: &str| time(text).and_utc();
        let started = at("2030-01-07T00:00:00");
        assert!(!is_overdue(at("2030-01-08T02:00:00"), None, started));
        assert!(is_overdue(at("2030-01-08T02:00:01"), None, started));
        assert!(is_overdue(at("2030-01-07T01:00:00"), Some(at("2030-01-05T22:59:59")), started));
        assert!(!is_overdue(at("2030-01-09T01:00:00"), Some(at("2030-01-08T00:00:00")), started));
    }

    #[test]
    fn a_backup_every_night_leaves_7_days_and_4_weeks() {
        let mut kept = Vec::new();
        for night in NaiveDate::from_ymd_opt(2029, 11, 1).unwrap().iter_days().take(100) {
            kept.push(night);
            let surplus = surplus(kept.clone());
            kept.retain(|night| !surplus.contains(night));
        }
        // The last night is a Friday. The older ones are the last day that was kept, and three Sundays.
        let last = NaiveDate::from_ymd_opt(2030, 2, 8).unwrap();
        kept.reverse();
        assert_eq!(kept, nights_until(last, &[0, 1, 2, 3, 4, 5, 6, 7, 12, 19, 26]));
    }

    proptest! {
        #[test]
        fn keeps_newest_of_each_day_and_week(offsets in prop::collection::vec(0_u64..120, 0..80)) {
            let mut nights = nights_until(NaiveDate::from_ymd_opt(2030, 1, 7).unwrap(), &offsets);
            let surplus = surplus(nights.clone());
            nights.sort();
            nights.dedup();
            nights.reverse();
            let (daily, older) = nights.split_at(nights.len().min(7));
            prop_assert!(daily.iter().all(|night| !surplus.contains(night)));
            let newest_of_week = |night: &NaiveDate| {
                older.iter().all(|other| other <= night || other.iso_week() != night.iso_week())
            };
            let weekly: Vec<_> = older.iter().filter(|night| newest_of_week(night)).take(4).collect();
            for night in older {
                prop_assert_eq!(surplus.contains(night), !weekly.contains(&night), "{}", night);
            }
            // Nothing more is deleted the next time.
            let kept = nights.iter().filter(|night| !surplus.contains(night)).copied().collect();
            prop_assert!(super::surplus(kept).is_empty());
        }
    }
}
