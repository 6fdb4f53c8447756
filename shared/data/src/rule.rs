use std::{fmt, str::FromStr};

use rounds_domain::{self as domain, Code, Conflict, Obstacle, Violation};

/// Declares the rules of the schema, each with the word that its trigger raises.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)+) => {
        /// A rule that the schema enforces. A trigger that refuses a statement raises the rule's word.
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
    /// An appointment is never deleted, and keeps its doctor and its patient.
    AppointmentsStay = "appointments-stay";
    /// The appointment is cancelled or marked.
    AppointmentHasEnded = "appointment-has-ended";
    /// The appointment has started: it can no longer be rescheduled or cancelled.
    AppointmentHasStarted = "appointment-has-started";
    /// The day of the appointment is over: it can no longer be corrected.
    AppointmentDayOver = "appointment-day-over";
    /// The appointment starts on a later day.
    AppointmentOnAnotherDay = "appointment-on-another-day";
    /// A step of a plan names an appointment that the change does not affect.
    AppointmentNotAffected = "appointment-not-affected";
    /// A plan does not name an appointment that the change affects.
    AppointmentNotPlanned = "appointment-not-planned";
    /// The appointment has not started: it cannot be marked yet.
    AppointmentNotStarted = "appointment-not-started";
    /// The patient cannot be erased because they have appointments ahead.
    AppointmentsAhead = "appointments-ahead";
    /// The account is erased.
    AccountErased = "account-erased";
    /// Entries of the audit log are never deleted. Only the source of an erased account is removed from them.
    AuditStays = "audit-stays";
    /// A new time zone increases the calendar version by one.
    CalendarVersionMustCount = "calendar-version-must-count";
    /// The clinic has exactly one row, and its id never changes.
    ClinicStays = "clinic-stays";
    /// The clinic is closed at this time.
    Closed = "closed";
    /// The closure overlaps booked appointments.
    ClosureOverAppointments = "closure-over-appointments";
    /// A closure can only be deleted, and only once.
    ClosuresStay = "closures-stay";
    /// The calendar day of the start, or of the end, is not in table `days` yet.
    DayUnknown = "day-unknown";
    /// The doctor has another appointment at this time.
    DoctorBusy = "doctor-busy";
    /// The doctor has reached the day's limit of appointments or booked minutes.
    DoctorDayFull = "doctor-day-full";
    /// The doctor does not exist or is not active.
    DoctorNotActive = "doctor-not-active";
    /// The policy requires a verified email for a booking, and the Patient's is not verified.
    EmailNotVerified = "email-not-verified";
    /// Another account has the email.
    EmailTaken = "email-taken";
    /// Guardians are never deleted. They become inactive.
    GuardiansStay = "guardians-stay";
    /// The account has used the idempotency key for another request.
    IdempotencyKeyTaken = "idempotency-key-taken";
    /// The policy does not allow the start or the duration.
    InvalidTimes = "invalid-times";
    /// The account is the last active Admin.
    LastAdmin = "last-admin";
    /// A login is never deleted, and keeps its person.
    LoginsStay = "logins-stay";
    /// The account is not a Doctor.
    NotADoctor = "not-a-doctor";
    /// The account is not a Patient.
    NotAPatient = "not-a-patient";
    /// The account may not book for the patient.
    NotTheirPatient = "not-their-patient";
    /// The id of the operation is older than the deleted operations.
    OperationExpired = "operation-expired";
    /// The change has no new operation of its own.
    OperationMissing = "operation-missing";
    /// Only the front desk can book against the working hours and the limits of the day.
    OverrideNotAllowed = "override-not-allowed";
    /// The doctor does not work at this time.
    OutOfHours = "out-of-hours";
    /// The patient has another appointment at this time.
    PatientBusy = "patient-busy";
    /// The patient was merged into another one, and no longer changes.
    PatientMerged = "patient-merged";
    /// Both patients of a merge have a login.
    PatientsHaveLogins = "patients-have-logins";
    /// Appointments of the two patients of a merge overlap.
    PatientsOverlap = "patients-overlap";
    /// A person is never deleted, and keeps their account type.
    PeopleStay = "people-stay";
    /// Hours of a date are never deleted, and keep their doctor and date.
    SpecialHoursStay = "special-hours-stay";
    /// The doctor has time off at this time.
    TimeOff = "time-off";
    /// The time off overlaps booked appointments.
    TimeOffOverAppointments = "time-off-over-appointments";
    /// Time off can only be deleted, and only once.
    TimeOffStays = "time-off-stays";
    /// The patient has as many open bookings as the policy allows.
    TooManyOpenBookings = "too-many-open-bookings";
    /// The type does not exist or cannot be booked: it is not active, the doctor does not offer it, or only the staff can book
    /// it. Or the booking has another duration or other buffers.
    TypeNotBookable = "type-not-bookable";
    /// An appointment type is never deleted.
    TypesStay = "types-stay";
    /// Each change of an appointment increases its version by one.
    VersionMustCount = "version-must-count";
    /// Time ranges of working hours overlap or touch.
    WorkingHoursOverlap = "working-hours-overlap";
}

impl Rule {
    /// Whether the rule can refuse a booking or a reschedule in normal operation: because of the input, or of
    /// concurrent changes.
    pub(crate) fn can_refuse_bookings(self) -> bool {
        matches!(
            self,
            Self::AppointmentHasEnded
                | Self::Closed
                | Self::DayUnknown
                | Self::DoctorBusy
                | Self::DoctorDayFull
                | Self::DoctorNotActive
                | Self::InvalidTimes
                | Self::NotAPatient
                | Self::NotTheirPatient
                | Self::OutOfHours
                | Self::PatientBusy
                | Self::TimeOff
                | Self::TooManyOpenBookings
                | Self::TypeNotBookable
        )
    }

    /// What prevents a step of a plan that the rule refuses. `is_past`: whether its new start is in the past. `None` if the
    /// rule cannot refuse a step in normal operation.
    pub(crate) fn obstacle(self, is_past: bool) -> Option<Obstacle> {
        let invalid = |name: &str, code: Code, detail: &'static str| {
            Some(Obstacle::Invalid(Violation::new(name, code.with_detail(detail))))
        };
        match self {
            Self::AppointmentNotAffected => Some(Obstacle::NotAffected),
            Self::DoctorBusy => Some(Obstacle::Conflict(Conflict::DoctorBusy)),
            Self::PatientBusy => Some(Obstacle::Conflict(Conflict::PatientBusy)),
            Self::DoctorDayFull => Some(Obstacle::Conflict(Conflict::DoctorDayFull)),
            Self::InvalidTimes if is_past => invalid("start_date", Code::InThePast, "must be in the future"),
            Self::InvalidTimes => invalid(
                "start_date",
                Code::OutOfRange,
                "must be a time that the clinic's policy allows, for this duration",
            ),
            Self::OutOfHours => {
                let detail = "must be within the doctor's working hours, for the whole duration";
                invalid("start_date", Code::OutsideWorkingHours, detail)
            }
            Self::Closed => {
                invalid("start_date", Code::DuringClosure, "must not overlap a time when the clinic is closed")
            }
            Self::TimeOff => invalid("start_date", Code::DuringTimeOff, "must not overlap the doctor's time off"),
            Self::DoctorNotActive => {
                invalid("doctor_id", Code::DoctorNotActive, "must be a doctor who takes appointments")
            }
            Self::TypeNotBookable => {
                let detail = "must be a doctor who offers the type of the appointment";
                invalid("doctor_id", Code::TypeNotBookable, detail)
            }
            _ => None,
        }
    }

    /// The error for the caller, if the rule alone determines it.
    pub(crate) fn refusal(self) -> Option<domain::Error> {
        match self {
            Self::AccountErased => Some(domain::Error::AccountErased),
            Self::AppointmentsAhead => Some(domain::Error::AppointmentsAhead),
            Self::EmailNotVerified => Some(domain::Error::EmailNotVerified),
            Self::EmailTaken => Some(domain::Error::EmailTaken),
            Self::LastAdmin => Some(domain::Error::LastAdmin),
            Self::NotAPatient => Some(domain::Error::NotAPatient),
            Self::PatientsHaveLogins => Some(domain::Error::PatientsHaveLogins),
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
