use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Code, InvalidValue};

/// Declares an id type: a positive integer that SQLite can store, 1 to 2^63 - 1.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline, extend("minimum" = 1))]
        pub struct $name(i64);

        impl $name {
            /// The id as the database stores it.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            /// Accepts plain digits only: no sign, no space, no leading zero. Each id has exactly one spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
                let id = if digits { text.parse().ok() } else { None };
                id.map(Self).ok_or(Code::NotAnId.with_detail("must be an id: a positive integer without leading zeros"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The id of an account. Doctors and patients have the id of their account.
    AccountId
}
id! {
    /// The id of an appointment.
    AppointmentId
}
id! {
    /// The id of an appointment type.
    TypeId
}
id! {
    /// The id of a series of appointments.
    SeriesId
}
id! {
    /// The id of a message.
    MessageId
}
id! {
    /// The id of a doctor's time off.
    TimeOffId
}
id! {
    /// The id of a closure of the clinic.
    ClosureId
}

/// Declares an id type of 128 bits, written as 32 hexadecimal digits.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(u128);

        impl $name {
            /// The id as 16 bytes, most significant first.
            pub fn bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }
        }

        impl From<u128> for $name {
            fn from(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            /// Accepts exactly 32 lower-case digits. Each id has exactly one spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let id = if digits { u128::from_str_radix(text, 16).ok() } else { None };
                id.map(Self).ok_or("must be 32 hexadecimal digits")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

random_id! {
    /// The id of a clinic. Tokens contain it, so that a token of one clinic is invalid at any other.
    ClinicId
}
random_id! {
    /// The id of a session, which its tokens contain. It is the id of the operation that signed in, a UUIDv7.
    SessionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_a_positive_integer_that_fits_the_database() {
        for good in ["1", "42", "9223372036854775807"] {
            assert_eq!(good.parse::<AccountId>().unwrap().to_string(), good);
        }
        for bad in ["", "0", "-1", "+1", " 1", "1.0", "x", "9223372036854775808", "1e3", "02", "00"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn random_id_has_one_spelling() {
        let id = "00112233445566778899aabbccddeeff";
        assert_eq!(id.parse::<SessionId>().unwrap().to_string(), id);
        for bad in ["", "1", "00112233445566778899AABBCCDDEEFF", "+0112233445566778899aabbccddeeff"] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
    }
}
