/// The texts of calendars in a language.
pub(crate) struct Texts {
    /// The language tag (BCP 47).
    tag: &'static str,
    /// The title of an appointment, from the other person and the clinic.
    pub(crate) summary: fn(&str, &str) -> String,
    /// The title of an appointment without details.
    pub(crate) busy: &'static str,
}

/// All languages. The first is used if there is no text in the reader's language.
static LANGUAGES: [Texts; 3] = [
    Texts { tag: "en", summary: |with, clinic| format!("Appointment with {with}, {clinic}"), busy: "Busy" },
    Texts { tag: "de", summary: |with, clinic| format!("Termin bei {with}, {clinic}"), busy: "Belegt" },
    Texts { tag: "ar", summary: |with, clinic| format!("موعد مع {with}، {clinic}"), busy: "مشغول" },
];

impl Texts {
    /// Returns the texts in a language. The tag is looked up by its primary language (RFC 5646, section 2.2.1).
    pub(crate) fn of(tag: &str) -> &'static Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        LANGUAGES.iter().find(|texts| texts.tag.eq_ignore_ascii_case(primary)).unwrap_or(&LANGUAGES[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_is_looked_up_by_its_primary_tag() {
        for (tag, language) in
            [("en", "en"), ("ar-EG", "ar"), ("AR", "ar"), ("de-AT", "de"), ("fr", "en"), ("arz", "en"), ("", "en")]
        {
            assert_eq!(Texts::of(tag).tag, language, "{tag}");
        }
    }
}
