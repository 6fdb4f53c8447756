use chrono::{Datelike, TimeDelta};
use rounds_domain::{Timestamp, Zone};

use super::{Texts, isolated};

/// Writes times in a language, as the clinic's wall clock shows them.
pub(crate) struct Clock {
    pub(crate) texts: &'static Texts,
    pub(crate) zone: Zone,
    /// When the message was created. Dates of the same year are written without the year.
    pub(crate) now: Timestamp,
}

impl Clock {
    /// Returns a date like `Tuesday, 3 March`.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        let weekday = self.texts.weekdays[local.weekday().num_days_from_monday() as usize];
        let date = (self.texts.date)(weekday, local.day(), self.texts.months[local.month0() as usize]);
        match local.year() == self.zone.local(self.now).year() {
            true => date,
            false => (self.texts.date_with_year)(&date, local.year()),
        }
    }

    /// Returns a time like `14:30`. If a clock change repeats it on that day, the UTC offset follows.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        let time = local.format("%H:%M").to_string();
        match self.is_repeated(at) {
            true => format!("{time} {}", isolated(&local.format("(UTC%:z)").to_string(), self.texts.right_to_left)),
            false => time,
        }
    }

    /// Returns a date and a time, like `Tuesday, 3 March at 14:30`.
    pub(crate) fn date_time(&self, at: Timestamp) -> String {
        (self.texts.date_time)(&self.date(at), &self.time(at))
    }

    /// Whether the wall clock shows the same at another point in time.
    fn is_repeated(&self, at: Timestamp) -> bool {
        let wall = self.zone.local(at).naive_local();
        // Clocks are set back by at most two hours.
        let hours = TimeDelta::hours(2);
        [at - hours, at + hours].into_iter().any(|near| {
            let other = wall.and_utc() - TimeDelta::seconds(self.zone.local(near).offset().local_minus_utc().into());
            other != at && self.zone.local(other).naive_local() == wall
        })
    }
}

#[cfg(test)]
mod tests {
    use rounds_domain::parse_timestamp;

    use super::*;

    #[test]
    fn times_are_of_the_clinic_and_ambiguous_ones_have_an_offset() {
        let at = |text| parse_timestamp(text).unwrap();
        let write = |language, zone: &str, start| {
            let (zone, now) = (zone.parse().unwrap(), at("2030-01-07T08:00:00Z"));
            Clock { texts: Texts::of(language), zone, now }.date_time(at(start))
        };
        for (zone, start, text) in [
            ("Europe/Berlin", "2030-03-05T13:30:00Z", "Tuesday, 5 March at 14:30"),
            ("Europe/Berlin", "2030-12-31T23:30:00Z", "Wednesday, 1 January 2031 at 00:30"),
            ("Asia/Kathmandu", "2030-03-05T13:30:00Z", "Tuesday, 5 March at 19:15"),
            ("Europe/Berlin", "2030-10-27T00:30:00Z", "Sunday, 27 October at 02:30 (UTC+02:00)"),
            ("Europe/Berlin", "2030-10-27T01:30:00Z", "Sunday, 27 October at 02:30 (UTC+01:00)"),
            ("Europe/Berlin", "2030-10-27T02:00:00Z", "Sunday, 27 October at 03:00"),
            ("Australia/Lord_Howe", "2030-04-06T15:15:00Z", "Sunday, 7 April at 01:45 (UTC+10:30)"),
        ] {
            assert_eq!(write("en", zone, start), text);
        }
        assert_eq!(write("de", "Europe/Berlin", "2030-03-05T13:30:00Z"), "Dienstag, 5. März um 14:30 Uhr");
        assert_eq!(write("ar", "Europe/Berlin", "2030-03-05T13:30:00Z"), "الثلاثاء، 5 مارس، الساعة 14:30");
    }
}
