use std::str::FromStr;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, InvalidValue};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// An appointment was booked.
    Booked,
    /// An appointment has another time, duration or doctor.
    Moved,
    /// An appointment was cancelled.
    Cancelled,
    /// Appointments of one day are ahead.
    Reminder,
    /// The reader is asked to prove that the email is theirs.
    VerifyEmail,
    /// The reader forgot the password.
    ResetPassword,
    /// The reader is asked to set a first password.
    Invitation,
    /// The password was changed.
    PasswordChanged,
}

impl MessageKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Booked,
        Self::Moved,
        Self::Cancelled,
        Self::Reminder,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::Invitation,
        Self::PasswordChanged,
    ];

    /// The kind as JSON and SQL spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::Reminder => "reminder",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::Invitation => "invitation",
            Self::PasswordChanged => "password_changed",
        }
    }

    /// How long the link of an account message is valid. `None` for the other kinds: links of an appointment are valid
    /// until it starts.
    pub fn link_lifetime(self) -> Option<TimeDelta> {
        match self {
            Self::VerifyEmail | Self::ResetPassword => Some(TimeDelta::minutes(60)),
            Self::Invitation => Some(TimeDelta::days(7)),
            _ => None,
        }
    }
}

impl FromStr for MessageKind {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        kind.ok_or(Code::NotAllowed.with_detail("must be a kind of message, like \"booked\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_has_one_spelling() {
        for kind in MessageKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("Booked".parse::<MessageKind>().is_err());
    }
}
