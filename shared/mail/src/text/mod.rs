//! The texts of messages in every language. To add a language: add a file with a [`Texts`], and a line to
//! [`LANGUAGES`].

mod ar;
mod clock;
mod de;
mod en;
mod isolated;

pub(crate) use clock::Clock;
pub(crate) use isolated::isolated;
pub(crate) use rounds_calendar::{line, lines};

/// All languages. The first is used if there is no text in the reader's language.
static LANGUAGES: [&Texts; 3] = [
    &en::TEXTS, //
    &de::TEXTS,
    &ar::TEXTS,
];

/// All texts in one language. Dates and counts are in here too: with its locales (`unstable-locales`), chrono adds the
/// words of 300 locales to each program that formats a timestamp. Measured: 363 kB, and 69 kB of a zip file.
pub(crate) struct Texts {
    /// The language tag (BCP 47).
    pub(crate) tag: &'static str,
    /// Whether the language is written from right to left.
    pub(crate) right_to_left: bool,
    /// From Monday on.
    pub(crate) weekdays: [&'static str; 7],
    /// From January on.
    pub(crate) months: [&'static str; 12],
    /// A date of this year, from the weekday, the day of the month and the month.
    pub(crate) date: fn(&str, u32, &str) -> String,
    /// A date of another year, from the date without the year.
    pub(crate) date_with_year: fn(&str, i32) -> String,
    /// A date and a time.
    pub(crate) date_time: fn(&str, &str) -> String,
    /// A number of minutes.
    pub(crate) minutes: fn(i64) -> String,
    /// A number of days.
    pub(crate) days: fn(i64) -> String,
    /// Greets the reader.
    pub(crate) hello: fn(&str) -> String,
    /// Names the clinic that sent the message.
    pub(crate) sent_by: fn(&str) -> String,
    /// Says how long a link works.
    pub(crate) link_works: fn(&str) -> String,
    /// The labels of facts about an appointment and the clinic.
    pub(crate) labels: Labels,
    /// Says how many appointments an SMS does not list.
    pub(crate) more: fn(usize) -> String,
    /// The button that opens the page of an appointment.
    pub(crate) view: &'static str,
    /// The kinds of messages.
    pub(crate) booked: AboutAppointment,
    pub(crate) several_booked: AboutSeveral,
    pub(crate) moved: AboutAppointment,
    pub(crate) several_moved: AboutSeveral,
    pub(crate) cancelled: AboutAppointment,
    pub(crate) several_cancelled: AboutSeveral,
    pub(crate) reminder: AboutAppointment,
    /// The subject of a reminder of several appointments, from their count, the date, and the time of the first.
    pub(crate) reminder_of_several: fn(usize, &str, &str) -> String,
    /// The title of a reminder of several appointments.
    pub(crate) several: &'static str,
    pub(crate) verify_email: AboutAccount,
    pub(crate) reset_password: AboutAccount,
    pub(crate) invitation: AboutAccount,
    pub(crate) password_changed: AboutAccount,
}

/// The labels of facts.
pub(crate) struct Labels {
    pub(crate) phone: &'static str,
    pub(crate) email: &'static str,
    pub(crate) patient: &'static str,
    pub(crate) length: &'static str,
    pub(crate) doctor: &'static str,
    pub(crate) specialty: &'static str,
    pub(crate) before: &'static str,
    pub(crate) reason: &'static str,
}

/// The texts of a kind of message about an appointment.
pub(crate) struct AboutAppointment {
    /// The subject, from the date and time. It is in lists and on locked screens, so it says nothing else.
    pub(crate) subject: fn(&str) -> String,
    pub(crate) title: &'static str,
    /// What the reader can do about it.
    pub(crate) note: &'static str,
}

/// The texts of a kind of message about several appointments.
pub(crate) struct AboutSeveral {
    /// The subject, from the number of appointments.
    pub(crate) subject: fn(usize) -> String,
    pub(crate) title: &'static str,
}

/// The texts of a kind of message about an account.
pub(crate) struct AboutAccount {
    /// The subject and the title.
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    /// Empty if the kind has no link.
    pub(crate) button: &'static str,
    /// What to do if the reader did not expect the message.
    pub(crate) note: &'static str,
}

impl Texts {
    /// Returns the texts in a language. The tag is looked up by its primary language (RFC 5646, section 2.2.1).
    pub(crate) fn of(tag: &str) -> &'static Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let found = LANGUAGES.into_iter().find(|texts| texts.tag.eq_ignore_ascii_case(primary));
        found.unwrap_or(LANGUAGES[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_is_looked_up_by_its_primary_tag() {
        for (tag, language) in [
            ("en", "en"),
            ("ar-EG", "ar"),
            ("AR", "ar"),
            ("en-GB", "en"),
            ("de-AT", "de"),
            ("fr", "en"),
            ("arz", "en"),
            ("", "en"),
        ] {
            assert_eq!(Texts::of(tag).tag, language, "{tag}");
        }
    }

    #[test]
    fn counts_have_the_forms_of_the_language() {
        let minutes = |tag: &str, count| (Texts::of(tag).minutes)(count);
        assert_eq!((minutes("en", 1), minutes("en", 45)), ("1 minute".into(), "45 minutes".into()));
        assert_eq!((minutes("de", 1), minutes("de", 45)), ("1 Minute".into(), "45 Minuten".into()));
        for (count, text) in [
            (1, "دقيقة واحدة"),
            (2, "دقيقتان"),
            (3, "3 دقائق"),
            (10, "10 دقائق"),
            (11, "11 دقيقة"),
            (60, "60 دقيقة"),
            (100, "100 دقيقة"),
            (105, "105 دقائق"),
        ] {
            assert_eq!(minutes("ar", count), text);
        }
    }
}
