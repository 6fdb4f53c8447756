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
    /// Nothing about an erased account changes.
    AccountErased = "account-erased";
    /// An account is never deleted or replaced.
    AccountsStay = "accounts-stay";
    /// An account's id and type never change.
    AccountsStayWhatTheyAre = "accounts-stay-what-they-are";
    /// An appointment that was cancelled or marked does not change its time.
    AppointmentHasEnded = "appointment-has-ended";
    /// A Patient with appointments ahead is not erased.
    AppointmentsAhead = "appointments-ahead";
    /// An appointment is never deleted or replaced.
    AppointmentsStay = "appointments-stay";
    /// An appointment's doctor, patient and key never change.
    AppointmentsStayWhoseTheyAre = "appointments-stay-whose-they-are";
    /// A line of the audit trail is never changed, deleted or replaced.
    AuditStays = "audit-stays";
    /// A booking carries the days of the clinic's current calendar.
    CalendarChanged = "calendar-changed";
    /// The version of the calendar only grows.
    CalendarsOnlyGoOn = "calendars-only-go-on";
    /// The clinic's row is never deleted or replaced.
    ClinicStays = "clinic-stays";
    /// Appointments of a doctor do not overlap.
    DoctorBusy = "doctor-busy";
    /// A doctor's day has at most so many appointments and minutes.
    DoctorDayFull = "doctor-day-full";
    /// Only active Doctors are booked.
    DoctorNotActive = "doctor-not-active";
    /// An email is one account's.
    EmailTaken = "email-taken";
    /// An idempotency key is one booking's.
    IdempotencyKeyTaken = "idempotency-key-taken";
    /// An appointment's length and start are within the policy.
    InvalidTimes = "invalid-times";
    /// One Admin stays active.
    LastAdmin = "last-admin";
    /// Only Patients are booked for and erased.
    NotAPatient = "not-a-patient";
    /// An appointment is inside the doctor's working hours.
    OutOfHours = "out-of-hours";
    /// Appointments of a patient do not overlap.
    PatientBusy = "patient-busy";
    /// An appointment is outside the doctor's time off.
    TimeOff = "time-off";
    /// Time off does not overlap booked appointments.
    TimeOffOverAppointments = "time-off-over-appointments";
    /// Time off is taken and ended, and never changed.
    TimeOffStaysAsItIs = "time-off-stays-as-it-is";
    /// Each change of an appointment counts its version up by one.
    VersionMustCount = "version-must-count";
    /// Working hours of a doctor do not overlap.
    WorkingHoursOverlap = "working-hours-overlap";
}

impl Rule {
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
