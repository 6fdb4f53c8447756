use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate, TimeDelta};
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use oxilangtag::LanguageTag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, InvalidValue, Timestamp};

/// A person's phone number in the international form of E.164: `+`, the country code and the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The number, like `+4930123456`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The categories of characters that people write between the digits: spaces, dashes and brackets.
const SEPARATORS: GeneralCategoryGroup = GeneralCategoryGroup::Separator
    .union(GeneralCategoryGroup::DashPunctuation)
    .union(GeneralCategoryGroup::OpenPunctuation)
    .union(GeneralCategoryGroup::ClosePunctuation);

impl FromStr for Phone {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_separator = |c: &char| SEPARATORS.contains(CodePointMapData::<GeneralCategory>::new().get(*c));
        let number: String = text.chars().filter(|c| !is_separator(c)).collect();
        let digits = number.strip_prefix('+').unwrap_or_default();
        // No country code begins with 0.
        let is_valid = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_valid {
            return Ok(Self(number));
        }
        Err(Code::NotAPhoneNumber.with_detail("must be a phone number with its country code, like +49 30 123456"))
    }
}

/// A language tag (BCP 47), in its canonical case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("examples" = ["en", "ar", "de-CH"]))]
pub struct Language(String);

impl Language {
    /// The maximum number of characters (RFC 5646, section 4.4.1).
    pub const LONGEST: usize = 35;

    /// The tag, like `de-CH`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tag = LanguageTag::parse_and_normalize(text).ok().map(LanguageTag::into_inner);
        let tag = tag.filter(|tag| tag.len() <= Self::LONGEST);
        tag.map(Self).ok_or_else(|| Code::NotALanguage.with_detail("must be a language tag (BCP 47), like en or de-CH"))
    }
}

/// A person's birth date: a day of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct BirthDate(#[schemars(with = "String", extend("format" = "date", "examples" = ["1984-03-07"]))] NaiveDate);

impl BirthDate {
    /// Reads a date like `1984-03-07`. `now` decides which days are in the past. A day that has begun anywhere on Earth
    /// counts.
    ///
    /// # Errors
    /// [`Code::NotABirthDate`]
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, InvalidValue> {
        let has_digits = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| has_digits);
        let latest = (now + TimeDelta::hours(14)).date_naive();
        let date = date.filter(|date| *date <= latest && date.year() >= 1850);
        date.map(Self).ok_or(Code::NotABirthDate.with_detail("must be a past day since 1850, like 1984-03-07"))
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn phone(text: &str) -> Option<String> {
        text.parse::<Phone>().ok().map(|phone| phone.0)
    }

    fn language(text: &str) -> Option<String> {
        text.parse::<Language>().ok().map(|language| language.0)
    }

    #[test]
    fn phone_number_is_stored_without_spaces_dashes_and_brackets() {
        for written in ["+4930123456", " +49 30 123456 ", "+49 (30) 12-34-56", "+49\u{A0}[30]\u{2011}123\u{2013}456"] {
            assert_eq!(phone(written).as_deref(), Some("+4930123456"), "{written:?}");
        }
        assert_eq!(phone("+1234567").as_deref(), Some("+1234567"));
        assert_eq!(phone("+123456789012345").as_deref(), Some("+123456789012345"));
        for bad in [
            "",
            "+",
            "030 123456",
            "0049 30 123456",
            "4930123456",
            "+123456",
            "+1234567890123456",
            "+0123456789",
            "++4930123456",
            "+49 30 123456 ext. 7",
            "+49/30/123456",
            "+49\t30123456",
            "+٤٩٣٠١٢٣٤٥٦",
            "+49301234\u{202E}56",
        ] {
            assert_eq!(phone(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn language_tag_is_stored_in_canonical_case() {
        for (written, canonical) in [
            ("EN", "en"),
            ("de-ch", "de-CH"),
            ("ZH-HANT-tw", "zh-Hant-TW"),
            ("zh-yue", "zh-yue"),
            ("es-419", "es-419"),
            ("de-ch-1901", "de-CH-1901"),
            ("ar-u-NU-latn", "ar-u-nu-latn"),
            ("i-klingon", "i-klingon"),
            ("x-whatever", "x-whatever"),
        ] {
            assert_eq!(language(written).as_deref(), Some(canonical), "{written}");
        }
        for bad in ["", "e", "english language", "en_US", " en", "en-", "de-419-DE", "de-ch-123456789", "日本語"] {
            assert_eq!(language(bad), None, "{bad:?}");
        }
        assert_eq!(language(&format!("en-x-{}abcdef", "abcdefgh-".repeat(3))), None, "longer than 35 characters");
    }

    proptest! {
        #[test]
        fn parsed_phone_number_is_accepted_by_the_schema_and_parses_to_itself(text in "\\+?[0-9 ()\\-]{0,20}") {
            if let Some(parsed) = phone(&text) {
                prop_assert!(parsed.starts_with('+') && (8..=16).contains(&parsed.len()));
                prop_assert_eq!(phone(&parsed), Some(parsed));
            }
        }

        #[test]
        fn parsed_language_tag_parses_to_itself(text in "[a-zA-Z]{2,4}(-[a-zA-Z0-9]{1,8}){0,3}") {
            if let Some(parsed) = language(&text) {
                prop_assert!(parsed.eq_ignore_ascii_case(&text));
                prop_assert_eq!(language(&parsed), Some(parsed));
            }
        }
    }
}
