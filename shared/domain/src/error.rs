use crate::{AppointmentId, Calendar, Refusal, Violation};

/// Why a rule of the clinic refuses what somebody asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No token, or one that is not valid, or no longer.
    #[error("the caller is not authenticated")]
    Unauthenticated,
    /// The login's email or password is wrong; which of the two is not said.
    #[error("wrong email or password")]
    WrongCredentials,
    /// The password was last asked for too long ago for a fresh token.
    #[error("the sign-in has expired")]
    SignInExpired,
    /// More of this than the limits allow; says for how many seconds it is refused.
    #[error("refused for {0} s")]
    TooMany(i64),
    /// The account is the last active Admin's, and stays active.
    #[error("the last active Admin")]
    LastAdmin,
    /// The account's personal data has been erased: nothing about it changes any more.
    #[error("the account has been erased")]
    AccountErased,
    /// Only a Patient's personal data can be erased.
    #[error("not a Patient")]
    NotAPatient,
    /// The Patient still has appointments ahead.
    #[error("appointments ahead")]
    AppointmentsAhead,
    /// The caller may not do this; says who may.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// There is no such thing; says which.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Well-formed input that breaks the rules of its form: every violation.
    #[error("invalid input: {0:?}")]
    Invalid(Vec<Violation>),
    /// A booking against the rules, and the calendar in which the alternatives are to be read.
    #[error("the time cannot be booked: {0:?}")]
    NotBookable(Refusal, Calendar),
    /// Another account has this email already.
    #[error("the email is taken")]
    EmailTaken,
    /// The appointment has started, and can no longer be moved or cancelled.
    #[error("the appointment has started")]
    AlreadyStarted,
    /// The appointment has not started, and cannot be marked yet.
    #[error("the appointment has not started")]
    NotStarted,
    /// The appointment is cancelled, for good.
    #[error("the appointment is cancelled")]
    AlreadyCancelled,
    /// The appointment has changed since the version that the caller has seen.
    #[error("the appointment has another version")]
    PreconditionFailed,
    /// The idempotency key was given to another booking.
    #[error("the idempotency key is another booking's")]
    KeyReused,
    /// Time off over booked appointments: these.
    #[error("time off over appointments {0:?}")]
    TimeOffOverAppointments(Vec<AppointmentId>),
}

impl Error {
    /// The same, of input violations said of another member.
    #[must_use]
    pub fn about(self, name: &str) -> Self {
        match self {
            Self::Invalid(violations) => {
                Self::Invalid(violations.into_iter().map(|violation| violation.about(name)).collect())
            }
            error => error,
        }
    }
}
