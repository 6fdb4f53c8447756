use std::{fmt, str::FromStr};

use crate::{Code, InvalidValue, nfc};

/// The most common passwords, in lower case and sorted. The source is Django's list of 20,000
/// (<https://gist.github.com/roycewilliams/226886fd01572964e1431ac8afc999ce>), without those of less than eight
/// characters, which are rejected anyway.
const COMMON: &str = include_str!("common_passwords.txt");

/// A new password in normal form C: 8 to 128 characters of any kind, and not one of the most common passwords
/// (OWASP ASVS 5.0, 6.2).
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The password in plain text, to hash it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Password {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = nfc(text);
        match text.chars().count() {
            8..=128 if is_common(&text) => Err(Code::CommonPassword
                .with_detail("is one of the most common passwords, which attackers try first: choose another")),
            8..=128 => Ok(Self(text.into_owned())),
            ..8 => Err(Code::TooShort.with_detail("must have 8 to 128 characters")),
            _ => Err(Code::TooLong.with_detail("must have 8 to 128 characters")),
        }
    }
}

fn is_common(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    COMMON.lines().any(|common| common == text)
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_and_debug_hides_the_password() {
        assert!("ü".repeat(8).parse::<Password>().is_ok());
        assert!("x".repeat(128).parse::<Password>().is_ok());
        assert!("x".repeat(7).parse::<Password>().is_err());
        assert!("x".repeat(129).parse::<Password>().is_err());
        // Eight characters, but four in normal form C.
        assert!("u\u{308}".repeat(4).parse::<Password>().is_err());
        assert_eq!("u\u{308}".repeat(8).parse::<Password>().unwrap().expose(), "ü".repeat(8));
        assert_eq!(format!("{:?}", "secret-word".parse::<Password>().unwrap()), "Password(…)");
    }

    #[test]
    fn rejects_common_passwords_in_any_case() {
        assert!(COMMON.lines().count() > 8000);
        for common in COMMON.lines().chain(["Password123", "QWERTYUIOP", " 12345678 "]) {
            assert!(common.parse::<Password>().is_err(), "{common}");
        }
    }
}
