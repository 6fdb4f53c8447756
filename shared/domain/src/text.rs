use std::{borrow::Cow, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

use crate::{Code, InvalidValue};

/// A text in Unicode's normal form C, in which all text is stored and compared: two ways to write the same
/// letter are one text.
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// The categories of characters that show nothing by themselves.
const UNSEEN: GeneralCategoryGroup = GeneralCategoryGroup::Control
    .union(GeneralCategoryGroup::Format)
    .union(GeneralCategoryGroup::Mark)
    .union(GeneralCategoryGroup::Separator);

/// Whether a character shows something by itself. Those that Unicode has not assigned yet do: they may be
/// letters of a later version.
fn is_visible(c: char) -> bool {
    // A symbol to Unicode, although its picture is empty.
    const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
    c != BRAILLE_PATTERN_BLANK
        && !UNSEEN.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a text of one line may have a character: no control characters, no line or paragraph separator,
/// and none that changes the direction of the text around it.
fn fits_in_line(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text of several lines may have a character.
fn fits_in_lines(c: char) -> bool {
    !c.is_control() || "\n\r\t".contains(c)
}

/// The text in normal form C, without the blanks around it, if it has at most `max` characters, all of them
/// `allowed` and at least one visible. A character is a Unicode scalar value, counted after normalisation:
/// what `length()` counts in SQL.
fn normal(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, Code> {
    let text = nfc(text);
    let text = text.trim();
    if text.chars().count() > max {
        Err(Code::TooLong)
    } else if !text.chars().all(allowed) {
        Err(Code::Character)
    } else if !text.chars().any(is_visible) {
        Err(Code::TooShort)
    } else {
        Ok(text.to_owned())
    }
}

/// Declares a text of 1 to `max` characters, of which all are `allowed` and one is visible.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $allowed:ident, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// How many characters it has at most.
            pub const LONGEST: usize = $max;

            /// The text, in normal form C.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let rule = concat!(
                    "must have 1 to ", $max, " characters, at least one of them visible, and no ", $rule
                );
                normal(text, Self::LONGEST, $allowed).map(Self).map_err(|code| code.with_detail(rule))
            }
        }
    };
}

text! {
    /// A person's name in any script: 1 to 100 characters.
    Name, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// A doctor's specialty: 1 to 100 characters.
    Specialty, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// What a doctor says of themselves: 1 to 5,000 characters, in several lines if need be.
    Details, 5000, fits_in_lines, "control characters"
}
text! {
    /// Why an appointment is cancelled, or a doctor away: 1 to 500 characters, in several lines
    /// if need be.
    Reason, 500, fits_in_lines, "control characters"
}

#[cfg(test)]
mod tests {
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Option<String> {
        text.parse::<Name>().ok().map(|name| name.0)
    }

    #[test]
    fn names_are_of_any_script_and_length_counts_characters() {
        for good in ["Ada", "王秀英", "Łukasz Żółć", "🩺", "सुनीता", "กิ่งแก้ว", "مهدی\u{200C}زاده", &"é".repeat(100)]
        {
            assert_eq!(name(good).as_deref(), Some(good));
        }
        for bad in ["", "   ", "a\0b", "two\nlines", &"x".repeat(101)] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
        assert_eq!(name(" Ada ").as_deref(), Some("Ada"));
    }

    #[test]
    fn length_is_counted_after_normalisation() {
        assert_eq!(name(&"e\u{301}".repeat(100)).as_deref(), Some(&*"é".repeat(100)));
        assert_eq!(name(&"e\u{301}".repeat(101)), None);
        // One character that is two in normal form C.
        assert_eq!(name(&"\u{958}".repeat(50)).as_deref(), Some(&*"\u{915}\u{93C}".repeat(50)));
        assert_eq!(name(&"\u{958}".repeat(51)), None);
    }

    /// Blanks, what Unicode says to ignore, what formats others, marks without a letter.
    #[test]
    fn a_text_needs_a_visible_character() {
        let unseen = [
            "\u{A0}",
            "\u{AD}",
            "\u{301}",
            "\u{34F}",
            "\u{61C}",
            "\u{115F}",
            "\u{1160}",
            "\u{17B4}",
            "\u{180E}",
            "\u{200B}",
            "\u{200C}",
            "\u{200D}",
            "\u{200E}",
            "\u{200F}",
            "\u{2060}",
            "\u{2064}",
            "\u{206F}",
            "\u{2800}",
            "\u{3000}",
            "\u{3164}",
            "\u{FE0F}",
            "\u{FEFF}",
            "\u{FFA0}",
            "\u{FFF9}",
            "\u{1D173}",
            "\u{E0020}",
            "\u{E0100}",
        ];
        for unseen in unseen.into_iter().chain(["\u{200B}\u{2800} \u{3164}"]) {
            assert_eq!(name(unseen), None, "{unseen:?}");
            assert!(unseen.parse::<Reason>().is_err() && unseen.parse::<Details>().is_err(), "{unseen:?}");
            let beside = format!("A{}B", unseen.trim());
            assert!(beside.parse::<Name>().is_ok(), "{beside:?}");
        }
    }

    #[test]
    fn what_turns_or_breaks_a_line_is_in_no_name() {
        for c in
            ('\0'..='\u{1F}').chain('\u{7F}'..='\u{9F}').chain('\u{2028}'..='\u{202E}').chain('\u{2066}'..='\u{2069}')
        {
            let text = format!("A{c}B");
            assert!(text.parse::<Name>().is_err() && text.parse::<Specialty>().is_err(), "{text:?}");
            assert_eq!(text.parse::<Details>().is_ok(), !c.is_control() || "\n\r\t".contains(c), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn two_ways_to_write_a_text_are_one(text in "\\PC{0,30}|[a-zé\u{300}-\u{345}\u{915}-\u{95F}가-각]{0,30}") {
            let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned();
            let parsed = name(&text);
            prop_assert_eq!(&parsed, &name(&decomposed));
            if let Some(parsed) = parsed {
                prop_assert_eq!(nfc(&parsed), parsed.as_str());
                prop_assert_eq!(name(&parsed), Some(parsed), "what is kept stays as it is");
            }
        }
    }
}
