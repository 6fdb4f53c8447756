use crate::{AccountId, AppointmentId, Calendar, PlanConflict, Refusal, Violation};

/// Why a rule of the clinic refuses a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is missing, invalid, expired or revoked.
    #[error("the caller is not authenticated")]
    Unauthenticated,
    /// The email or the password is wrong. The error does not say which, so that it does not reveal accounts.
    #[error("wrong email or password")]
    WrongCredentials,
    /// The last sign-in with a password is too long ago to issue a new token.
    #[error("the sign-in has expired")]
    SignInExpired,
    /// The caller has reached a limit. Holds the seconds until the next try is allowed.
    #[error("refused for {0} s")]
    TooMany(i64),
    /// The account is the last active Admin and cannot be deactivated.
    #[error("the last active Admin")]
    LastAdmin,
    /// The account's personal data has been erased. The account can no longer change.
    #[error("the account has been erased")]
    AccountErased,
    /// Only a Patient's personal data can be erased.
    #[error("not a Patient")]
    NotAPatient,
    /// The Patient still has appointments ahead.
    #[error("appointments ahead")]
    AppointmentsAhead,
    /// The caller may not do this. Holds a sentence that says who may.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The clinic requires a verified email address for a booking, and the Patient's is not verified.
    #[error("the email is not verified")]
    EmailNotVerified,
    /// It does not exist. Holds what was not found, like "doctor".
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The input is well-formed, but has invalid values. Holds all violations.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<Violation>),
    /// The booking breaks rules. Holds the reasons, and the calendar to show the alternatives in.
    #[error("the time cannot be booked: {0:?}")]
    NotBookable(Refusal, Calendar),
    /// Another account has this email.
    #[error("the email is taken")]
    EmailTaken,
    /// The appointment has started and can no longer be rescheduled or cancelled.
    #[error("the appointment has started")]
    AlreadyStarted,
    /// The appointment has not started and cannot be marked yet.
    #[error("the appointment has not started")]
    NotStarted,
    /// The appointment is cancelled. This cannot be undone.
    #[error("the appointment is cancelled")]
    AlreadyCancelled,
    /// The message was sent or dropped, or somebody has told the reader.
    #[error("the message has ended")]
    MessageEnded,
    /// The link of a mail has expired or was used, or there never was such a link.
    #[error("the link cannot be used")]
    LinkExpired,
    /// The appointment has changed since the version that the caller has read.
    #[error("the appointment has another version")]
    PreconditionFailed,
    /// The account has used the idempotency key for a different booking.
    #[error("the idempotency key belongs to another booking")]
    KeyReused,
    /// Staff only: it is neither the day of the appointment nor before.
    #[error("the day of the appointment is over")]
    DayOver,
    /// The patient has a login, so only they can change its email.
    #[error("the patient has a login")]
    PatientHasLogin,
    /// The patient has no email to send an invitation to.
    #[error("the patient has no email")]
    PatientHasNoEmail,
    /// Another account has the email of a patient to invite. Holds the account if it is a Patient's, which can become the
    /// patient's guardian.
    #[error("another account has the email of the patient")]
    EmailOfAnother(Option<AccountId>),
    /// Both patients of a merge have a login.
    #[error("both patients have logins")]
    PatientsHaveLogins,
    /// Appointments of the two patients of a merge overlap. Holds their ids.
    #[error("the appointments {0:?} of the patients overlap")]
    PatientsOverlap(Vec<AppointmentId>),
    /// The account has as many dependants as an account can have.
    #[error("too many dependants")]
    TooManyDependants,
    /// The appointment starts on a later day.
    #[error("the appointment is on another day")]
    OnAnotherDay,
    /// The closure overlaps booked appointments. Holds their ids.
    #[error("the closure overlaps the appointments {0:?}")]
    ClosureOverAppointments(Vec<AppointmentId>),
    /// The time off overlaps booked appointments. Holds their ids.
    #[error("the time off overlaps the appointments {0:?}")]
    TimeOffOverAppointments(Vec<AppointmentId>),
    /// The appointments of a plan cannot be changed as it says.
    #[error("the plan is refused: {0:?}")]
    PlanRefused(Vec<PlanConflict>),
}

impl Error {
    /// Replaces the pointers of the violations, if there are any, by the member called `name`.
    #[must_use]
    pub fn with_member(self, name: &str) -> Self {
        match self {
            Self::Invalid(violations) => {
                Self::Invalid(violations.into_iter().map(|violation| violation.with_member(name)).collect())
            }
            error => error,
        }
    }
}
