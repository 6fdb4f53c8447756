use std::{fmt, str::FromStr};

use rounds_domain as domain;

/// Declares the rules of the schema, each with the word that its trigger raises.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {
        /// A rule that the schema keeps. A trigger that refuses a statement raises the rule's word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule {
            $($(#[$doc])* $name,)+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word that the trigger raises.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

rules! {
    /// An appointment is never deleted, and stays whose it is.
    AppointmentsStay = "appointments-stay";
    /// The appointment was cancelled, or marked.
    AppointmentHasEnded = "appointment-has-ended";
    /// The appointment has started: it is neither moved nor cancelled any more.
    AppointmentHasStarted = "appointment-has-started";
    /// The appointment has not started: it cannot be marked yet.
    AppointmentNotStarted = "appointment-not-started";
    /// The patient to be erased has appointments ahead.
    AppointmentsAhead = "appointments-ahead";
    /// The account was erased.
    AccountErased = "account-erased";
    /// The audit trail only grows.
    AuditStays = "audit-stays";
    /// A new time zone raises the version of the calendar by one.
    CalendarVersionMustCount = "calendar-version-must-count";
    /// The clinic has one row, and an id for ever.
    ClinicStays = "clinic-stays";
    /// The clinic's day of the start is not in the database yet.
    DayUnknown = "day-unknown";
    /// The doctor has an appointment then.
    DoctorBusy = "doctor-busy";
    /// The doctor has as much on that day as the policy allows.
    DoctorDayFull = "doctor-day-full";
    /// There is no such doctor, or no longer.
    DoctorNotActive = "doctor-not-active";
    /// Another account has the email.
    EmailTaken = "email-taken";
    /// The account has booked with the same key before.
    IdempotencyKeyTaken = "idempotency-key-taken";
    /// The start or the duration is not as the policy allows.
    InvalidTimes = "invalid-times";
    /// The account is the last active Admin's.
    LastAdmin = "last-admin";
    /// A login is never deleted, and stays whose it is.
    LoginsStay = "logins-stay";
    /// The account is no Doctor's.
    NotADoctor = "not-a-doctor";
    /// The account is no Patient's.
    NotAPatient = "not-a-patient";
    /// The id of the operation is older than what is remembered.
    OperationExpired = "operation-expired";
    /// The change names no operation of its own.
    OperationMissing = "operation-missing";
    /// The doctor does not work then.
    OutOfHours = "out-of-hours";
    /// The patient has an appointment then.
    PatientBusy = "patient-busy";
    /// A person is never deleted, and stays what they are.
    PeopleStay = "people-stay";
    /// The doctor has time off then.
    TimeOff = "time-off";
    /// Booked appointments are in the way of time off.
    TimeOffOverAppointments = "time-off-over-appointments";
    /// Time off is only taken back.
    TimeOffStays = "time-off-stays";
    /// The patient has as many appointments ahead as the policy allows.
    TooManyOpenBookings = "too-many-open-bookings";
    /// Each change of an appointment raises its version by one.
    VersionMustCount = "version-must-count";
    /// Stretches of working hours overlap or touch.
    WorkingHoursOverlap = "working-hours-overlap";
}

impl Rule {
    /// Whether a booking or a move can be refused with it by what others do at the same time, or by what was sent.
    pub(crate) fn is_of_bookings(self) -> bool {
        matches!(
            self,
            Self::AppointmentHasEnded
                | Self::DayUnknown
                | Self::DoctorBusy
                | Self::DoctorDayFull
                | Self::DoctorNotActive
                | Self::InvalidTimes
                | Self::OutOfHours
                | Self::PatientBusy
                | Self::TimeOff
                | Self::TooManyOpenBookings
        )
    }

    /// What the caller is told, where that follows from the rule alone.
    pub(crate) fn refusal(self) -> Option<domain::Error> {
        match self {
            Self::AccountErased => Some(domain::Error::AccountErased),
            Self::AppointmentsAhead => Some(domain::Error::AppointmentsAhead),
            Self::EmailTaken => Some(domain::Error::EmailTaken),
            Self::LastAdmin => Some(domain::Error::LastAdmin),
            Self::NotAPatient => Some(domain::Error::NotAPatient),
            _ => None,
        }
    }
}

impl FromStr for Rule {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|rule| rule.word() == word).ok_or(())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
