use std::str::FromStr;

use crate::{Code, Fault};

/// The text without the blanks around it, if it has 1 to `max` characters and no control
/// characters, save line breaks and tabs where it may have `lines`.
fn trimmed(text: &str, max: usize, lines: bool) -> Result<String, Code> {
    let text = text.trim();
    let unprintable = |c: char| c.is_control() && !(lines && "\n\r\t".contains(c));
    match text.chars().count() {
        0 => Err(Code::TooShort),
        count if count > max => Err(Code::TooLong),
        _ if text.contains(unprintable) => Err(Code::Character),
        _ => Ok(text.to_owned()),
    }
}

/// A text as it is searched and compared: without its case, in any script. (Upper case first, so
/// that a final sigma is a sigma.)
pub fn without_case(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Declares a text of 1 to `max` characters.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $lines:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let rule = concat!("must have 1 to ", $max, " characters, and no control characters");
                trimmed(text, $max, $lines).map(Self).map_err(|code| code.says(rule))
            }
        }
    };
}

text! {
    /// A person's name in any script: 1 to 100 characters.
    Name, 100, false
}
text! {
    /// A doctor's specialty: 1 to 100 characters.
    Specialty, 100, false
}
text! {
    /// What a doctor says of themselves: 1 to 5,000 characters, in several lines if need be.
    Details, 5000, true
}
text! {
    /// Why an appointment is cancelled, or a doctor away: 1 to 500 characters, in several lines
    /// if need be.
    Reason, 500, true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_any_script_and_length_counts_characters() {
        for good in ["Ada", "王秀英", "Łukasz Żółć", "🩺", &"é".repeat(100)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", "   ", "a\0b", "two\nlines", &"x".repeat(101)] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
        assert_eq!(" Ada ".parse::<Name>().unwrap().as_str(), "Ada");
    }

    #[test]
    fn details_may_have_lines() {
        assert!("Mon\n\tTue".parse::<Details>().is_ok());
        assert!("\u{7}".parse::<Details>().is_err());
    }
}
