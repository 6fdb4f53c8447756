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

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MessageState {
    /// It waits for its time, or for another attempt.
    Queued,
    /// A server accepted it.
    Sent,
    /// No server accepted it.
    Failed,
    /// Its content was no longer true, so it was not sent.
    Dropped,
    /// Nothing can be sent to the person: somebody has to call.
    Call,
    /// Somebody has called, or has reached the person in another way.
    Done,
}

impl MessageState {
    /// The state as JSON and SQL spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Dropped => "Dropped",
            Self::Call => "Call",
            Self::Done => "Done",
        }
    }
}

impl FromStr for MessageState {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let states = [Self::Queued, Self::Sent, Self::Failed, Self::Dropped, Self::Call, Self::Done];
        let state = states.into_iter().find(|state| state.as_str() == text);
        state.ok_or(Code::NotAllowed.with_detail("must be Queued, Sent, Failed, Dropped, Call or Done"))
    }
}
