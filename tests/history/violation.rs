use std::fmt;

use serde::Serialize;
use serde_json::json;

/// A violation of a promise in a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The broken promise.
    pub code: Code,
    /// The calls and rows that show it.
    pub evidence: String,
}

/// The promises that a history can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The database file is corrupt.
    DatabaseDamaged,
    /// A client got a 500.
    InternalError,
    /// An acknowledged booking is not in the database.
    BookingLost,
    /// An acknowledged booking is in the database with other values.
    BookingDiffers,
    /// The database has an appointment that no client can have booked.
    BookingUnexplained,
    /// Two appointments have the same key, or two bookings returned the same appointment.
    KeyReused,
    /// An appointment was changed less often than was acknowledged, or more often than was requested.
    ChangesMiscounted,
    /// A client saw an older version after a newer one, or a version that never existed.
    VersionsUnordered,
    /// An acknowledged cancellation or mark is not in the database.
    CancelOrMarkLost,
    /// An acknowledged reschedule is not in the database, or its response has another doctor or start.
    RescheduleLost,
    /// A client saw an appointment that is not in the database.
    AppointmentUnknown,
    /// A read did not contain a change that was acknowledged before it.
    ReadIncomplete,
    /// A read contained an appointment that was booked after it.
    ReadEarly,
    /// Two appointments of a doctor (with their buffers) or of a patient were booked at the same time.
    Overlap,
    /// A patient was booked by an account that may not do so.
    BookedForOther,
    /// A booking overrode the rules, and was not made by the front desk.
    OverrideNotAllowed,
    /// A booking that overrode the rules is without its audit entry, or another one has such an entry.
    OverrideMisrecorded,
    /// An appointment began too long before it was booked or moved to its start.
    BookedTooLate,
    /// An appointment has another duration or other buffers than its type, or a patient booked a type for the staff.
    TypeMisapplied,
    /// An acknowledged arrival of a patient, or its undoing, is not in the response or the database.
    ArrivalLost,
    /// A doctor's day exceeds the policy.
    DayOverfull,
    /// A booking was refused because of a doctor's day that was not full.
    DayNotFull,
    /// A booking is outside the hours of its doctor.
    OutsideHours,
    /// Acknowledged time off is not in the database.
    TimeOffLost,
    /// Deleted time off is still in the database.
    TimeOffNotEnded,
    /// Time off is in the database with other values.
    TimeOffDiffers,
    /// The database has more time off than clients can have taken.
    TimeOffUnexplained,
    /// A booking overlaps time off.
    BookedOverTimeOff,
    /// Time off was taken over a booked appointment.
    TimeOffOverBooked,
    /// An acknowledged closure is not in the database.
    ClosureLost,
    /// A deleted closure is still in the database.
    ClosureNotEnded,
    /// A closure is in the database with other values.
    ClosureDiffers,
    /// The database has more closures than clients can have added.
    ClosureUnexplained,
    /// A booking overlaps a closure.
    BookedOverClosure,
    /// A closure was added over a booked appointment.
    ClosureOverBooked,
    /// An acknowledged plan was not made as a whole, or its response differs.
    PlanIncomplete,
    /// The audit log has a plan, or a part of one, that no client can have made: it was refused, or a dry run.
    PlanUnexplained,
    /// An appointment was booked with an inactive doctor, or moved to one.
    BookedWithInactive,
    /// A doctor was deactivated with a plan, and an appointment stayed.
    LeftWithInactive,
    /// A backup is corrupt.
    BackupDamaged,
    /// A backup is without a change that was acknowledged before it began, or before another change that it has.
    BackupIncomplete,
    /// A backup has a change that was never made.
    BackupUnexplained,
    /// An acknowledged series is not in the database as a whole, or with other values, or its response has other starts.
    SeriesDiffers,
    /// The database has a series, or a part of one, that no client can have booked.
    SeriesUnexplained,
    /// A request that cancels an appointment and all later ones left some of them, or cancelled others.
    FollowingInPart,
    /// The calls about a slot have no linear order.
    SlotUnordered,
    /// The calls about a setting have no linear order.
    SettingUnordered,
    /// A change was not told, although nothing replaced it.
    ChangeUntold,
    /// A mail tells what was never committed, or belongs to no message.
    MailUnexplained,
    /// A mail tells what was no longer so when it was claimed.
    MailOutdated,
    /// A mail was sent again, although the outcome of the first attempt was known.
    MailRepeated,
    /// A reminder was not sent.
    ReminderMissed,
    /// A reminder is of an appointment that was cancelled or moved, or has begun.
    ReminderOutdated,
    /// A message was never sent, failed or dropped.
    MessageStuck,
    /// The state of a message is not what became of it.
    MessageMisrecorded,
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
