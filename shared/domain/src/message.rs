use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
