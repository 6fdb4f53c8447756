use std::{borrow::Cow, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

use crate::{Code, InvalidValue};

/// Converts a text to Unicode's normal form C. All texts are stored and compared in this form, so that two ways to
/// encode the same letter are equal.
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// The categories of characters that are invisible on their own.
const INVISIBLE: GeneralCategoryGroup = GeneralCategoryGroup::Control
    .union(GeneralCategoryGroup::Format)
    .union(GeneralCategoryGroup::Mark)
    .union(GeneralCategoryGroup::Separator);

/// Whether a character is visible on its own. Unassigned code points count as visible: a later version of Unicode
/// may make them letters.
fn is_visible(c: char) -> bool {
    // Unicode calls it a symbol, although it looks blank.
    const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
    c != BRAILLE_PATTERN_BLANK
        && !INVISIBLE.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a text of one line may contain the character. Not allowed are control characters, line and paragraph
/// separators, and characters that override the direction of text.
fn fits_in_line(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text of several lines may contain the character.
fn fits_in_lines(c: char) -> bool {
    !c.is_control() || "\n\r\t".contains(c)
}

/// Returns the text in normal form C and without surrounding white space. It must have at most `max` characters, all
/// of them `allowed` and at least one visible. Characters are Unicode scalar values, counted after normalization,
/// as `length()` counts them in SQL.
fn normalized(text: &str, max: usize, allowed: fn(char) -> bool) -> Result<String, Code> {
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

/// Declares a text type of 1 to `max` characters. All characters must be `allowed`, and at least one visible.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $allowed:ident, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The maximum number of characters.
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
                normalized(text, Self::LONGEST, $allowed).map(Self).map_err(|code| code.with_detail(rule))
            }
        }
    };
}

text! {
    /// A person's name, in any script: 1 to 100 characters.
    Name, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// A doctor's specialty: 1 to 100 characters.
    Specialty, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// A doctor's description of themselves: 1 to 5,000 characters, with line breaks if needed.
    Details, 5000, fits_in_lines, "control characters"
}
text! {
    /// The clinic's phone number, as it is shown: 1 to 50 characters.
    ClinicPhone, 50, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// The clinic's postal address: 1 to 500 characters, with line breaks if needed.
    Address, 500, fits_in_lines, "control characters"
}
text! {
    /// The reason of a cancellation or of time off: 1 to 500 characters, with line breaks if needed.
    Reason, 500, fits_in_lines, "control characters"
}
text! {
    /// A note for an appointment: 1 to 500 characters, with line breaks if needed.
    Note, 500, fits_in_lines, "control characters"
}
text! {
    /// What the staff note about a patient: 1 to 5,000 characters, with line breaks if needed.
    Notes, 5000, fits_in_lines, "control characters"
}
text! {
    /// The name of an appointment type: 1 to 100 characters.
    TypeName, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
}
text! {
    /// The name of a closure of the clinic: 1 to 100 characters.
    ClosureName, 100, fits_in_line, "control characters, line separators or characters that override the direction of text"
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
    fn names_can_have_any_script_and_length_counts_characters() {
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
    fn length_is_counted_after_normalization() {
        assert_eq!(name(&"e\u{301}".repeat(100)).as_deref(), Some(&*"é".repeat(100)));
        assert_eq!(name(&"e\u{301}".repeat(101)), None);
        // One character whose normal form C is two characters.
        assert_eq!(name(&"\u{958}".repeat(50)).as_deref(), Some(&*"\u{915}\u{93C}".repeat(50)));
        assert_eq!(name(&"\u{958}".repeat(51)), None);
    }

    /// Blanks, ignorable characters, format characters, and combining marks without a letter.
    #[test]
    fn text_needs_a_visible_character() {
        let invisible = [
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
        for invisible in invisible.into_iter().chain(["\u{200B}\u{2800} \u{3164}"]) {
            assert_eq!(name(invisible), None, "{invisible:?}");
            assert!(invisible.parse::<Reason>().is_err() && invisible.parse::<Details>().is_err(), "{invisible:?}");
            let beside = format!("A{}B", invisible.trim());
            assert!(beside.parse::<Name>().is_ok(), "{beside:?}");
        }
    }

    #[test]
    fn names_reject_line_breaks_and_direction_overrides() {
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
        fn composed_and_decomposed_texts_parse_to_the_same_text(text in "\\PC{0,30}|[a-zé\u{300}-\u{345}\u{915}-\u{95F}가-각]{0,30}") {
            let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned();
            let parsed = name(&text);
            prop_assert_eq!(&parsed, &name(&decomposed));
            if let Some(parsed) = parsed {
                prop_assert_eq!(nfc(&parsed), parsed.as_str());
                prop_assert_eq!(name(&parsed), Some(parsed), "parsing a parsed name changes nothing");
            }
        }
    }
}
