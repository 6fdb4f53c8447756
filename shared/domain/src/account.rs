use std::str::FromStr;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, ClinicId, Code, Details, Email, Error, InvalidValue, Name, SessionId, Specialty, Timestamp};

/// What an account is for; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccountType {
    /// Books appointments.
    Patient,
    /// Is booked.
    Doctor,
    /// Runs the clinic.
    Admin,
}

impl AccountType {
    /// The word for it in JSON, SQL and tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Doctor => "Doctor",
            Self::Admin => "Admin",
        }
    }
}

impl FromStr for AccountType {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Patient" => Ok(Self::Patient),
            "Doctor" => Ok(Self::Doctor),
            "Admin" => Ok(Self::Admin),
            _ => Err(Code::NotAllowed.with_detail("must be \"Doctor\", \"Patient\" or \"Admin\"")),
        }
    }
}

/// Who asks: what a verified token says. The statement behind the request checks in the database that the
/// clinic, the session and the account's type are so, that the account is active, and that no newer password
/// has been set during the session (or the token is the one that set it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that signed in.
    pub account_id: AccountId,
    /// Its type.
    pub account_type: AccountType,
    /// The clinic that the token is for.
    pub clinic: ClinicId,
    /// The sign-in that the token comes from.
    pub session: SessionId,
    /// Tells the token from the others of its session: a change of the password revokes all but the one
    /// that made it.
    pub token_id: i64,
    /// How many passwords had been set during the session when the token was signed.
    pub generation: i64,
    /// When the password was last asked for.
    pub signed_in_at: Timestamp,
}

impl Caller {
    /// Whether the sign-in is recent enough for a fresh token.
    ///
    /// # Errors
    /// [`Error::SignInExpired`] from twelve hours on.
    pub fn may_renew(&self, now: Timestamp) -> Result<(), Error> {
        if now - self.signed_in_at < TimeDelta::hours(12) { Ok(()) } else { Err(Error::SignInExpired) }
    }

    /// Whether the caller is an Admin.
    pub fn is_admin(&self) -> bool {
        self.account_type == AccountType::Admin
    }

    /// Whether the caller is the account `id`.
    pub fn is(&self, id: AccountId) -> bool {
        self.account_id == id
    }

    /// Whether the caller may see a patient's history: the Patient themselves, Admins, and a
    /// Doctor to whom the patient is known by an appointment.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn may_see_history_of(&self, patient: AccountId, known: bool) -> Result<(), Error> {
        let is_patient = self.account_type == AccountType::Patient && self.is(patient);
        if self.is_admin() || is_patient || known {
            return Ok(());
        }
        Err(Error::Forbidden("Only the Patient, their Doctors and Admins may see this history."))
    }

    /// Lets Admins and one Doctor pass.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn must_manage(&self, doctor: AccountId) -> Result<(), Error> {
        if self.is_admin() || (self.account_type == AccountType::Doctor && self.is(doctor)) {
            return Ok(());
        }
        Err(Error::Forbidden("Only this Doctor or an Admin may do this."))
    }

    /// Lets accounts of one type pass.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for the others.
    pub fn must_be(&self, account_type: AccountType) -> Result<(), Error> {
        if self.account_type == account_type {
            return Ok(());
        }
        Err(Error::Forbidden(match account_type {
            AccountType::Patient => "Only Patients may do this.",
            AccountType::Doctor => "Only Doctors may do this.",
            AccountType::Admin => "Only Admins may do this.",
        }))
    }
}

/// An account, as itself and Admins see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// What they sign in with, as it was written.
    pub email: String,
    /// What it is for.
    pub account_type: AccountType,
    /// Whether it can sign in.
    pub active: bool,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount {
    /// The person's name.
    pub name: Name,
    /// What they sign in with.
    pub email: Email,
    /// A PHC string of the password's hash, never the password.
    pub password_hash: String,
    /// What the account is for.
    pub account_type: AccountType,
    /// A Doctor's field.
    pub specialty: Option<Specialty>,
    /// What a Doctor says of themselves.
    pub details: Option<Details>,
}
