use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, Fault};

/// Declares an id: a positive integer that SQLite can hold, 1 to 2^63 - 1.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline, extend("minimum" = 1))]
        pub struct $name(i64);

        impl $name {
            /// The id as the database holds it.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            /// Only plain digits: no sign, no blank, no leading zero. So an id has one spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
                let id = if digits { text.parse().ok() } else { None };
                id.map(Self).ok_or(Code::NotAnId.says("must be an id: a positive integer without leading zeros"))
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
    /// An account's id. A doctor's and a patient's id is the id of their account.
    AccountId
}
id! {
    /// An appointment's id.
    AppointmentId
}
id! {
    /// The id of a stretch of time off.
    TimeOffId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_positive_integer_that_the_database_can_hold() {
        for good in ["1", "42", "9223372036854775807"] {
            assert_eq!(good.parse::<AccountId>().unwrap().to_string(), good);
        }
        for bad in ["", "0", "-1", "+1", " 1", "1.0", "x", "9223372036854775808", "1e3", "02", "00"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }
}
