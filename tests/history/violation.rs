use std::fmt;

use serde::Serialize;
use serde_json::json;

/// Something in a history that cannot be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which promise is broken.
    pub code: Code,
    /// The calls and rows that show it.
    pub evidence: String,
}

/// The promises that a history can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The file is not what SQLite writes.
    DatabaseDamaged,
    /// A client was answered 500.
    InternalError,
    /// An acknowledged booking is not in the database.
    BookingLost,
    /// An acknowledged booking is in the database with other values.
    BookingDiffers,
    /// An appointment is in the database that no client may have booked.
    BookingUnexplained,
    /// Two appointments have one key, or two bookings one appointment.
    KeyReused,
    /// An appointment was changed less often than was acknowledged, or more often than was asked for.
    ChangesMiscounted,
    /// A client saw an older version after a newer one, or one that never was.
    VersionsUnordered,
    /// An acknowledged cancellation or mark is not in the database.
    EndLost,
    /// A client saw an appointment that is not in the database.
    AppointmentUnknown,
    /// A read did not show what had been acknowledged before it.
    ReadIncomplete,
    /// A read showed what was only booked after it.
    ReadEarly,
    /// Two appointments of a doctor or a patient were booked at the same time.
    Overlap,
    /// A doctor's day has more than the policy allowed.
    DayOverfull,
    /// A booking outside the working hours.
    OutsideHours,
    /// Acknowledged time off is not in the database.
    TimeOffLost,
    /// Time off whose end was acknowledged is in the database.
    TimeOffNotEnded,
    /// Time off is in the database with other values.
    TimeOffDiffers,
    /// There is more time off than clients may have made.
    TimeOffUnexplained,
    /// A booking over time off.
    BookedOverTimeOff,
    /// Time off over a booked appointment.
    TimeOffOverBooked,
    /// The calls about a slot are right in no order.
    SlotUnordered,
    /// The calls about a setting are right in no order.
    SettingUnordered,
}

impl Violation {
    pub(crate) fn new(code: Code, evidence: impl Into<String>) -> Self {
        Self { code, evidence: evidence.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", json!(self.code).as_str().unwrap_or_default(), self.evidence)
    }
}
