use std::str::FromStr;

use chrono::TimeDelta;
use email_address::{EmailAddress, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, ClinicId, Details, Error, Instant, Name, SessionId, Specialty};

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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Patient" => Ok(Self::Patient),
            "Doctor" => Ok(Self::Doctor),
            "Admin" => Ok(Self::Admin),
            _ => Err("must be \"Doctor\", \"Patient\" or \"Admin\""),
        }
    }
}

/// Who asks: what a verified token says. The statement behind the request checks in the database that the
/// clinic, the session and the account's type are so, and that the account is active.
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
    pub signed_in_at: Instant,
}

impl Caller {
    /// Whether the sign-in is recent enough for a fresh token.
    ///
    /// # Errors
    /// [`Error::SignInExpired`] from twelve hours on.
    pub fn may_renew(&self, now: Instant) -> Result<(), Error> {
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
    pub fn must_run(&self, doctor: AccountId) -> Result<(), Error> {
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

/// An email address (RFC 5321, RFC 6531), as it was written. Two that differ only in case are
/// the same account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the address is looked up by: letter by letter in lower case, so that no two letters
    /// become one. Takes any text, so that a login can look up what is
    /// no address at all, and find nothing.
    pub fn key(text: &str) -> String {
        text.trim().chars().flat_map(char::to_lowercase).collect()
    }
}

impl FromStr for Email {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let options = Options::default().without_display_text().without_domain_literal();
        match EmailAddress::parse_with_options(text.trim(), options) {
            Ok(email) if email.as_str().len() <= 254 => Ok(Self(email.as_str().to_owned())),
            _ => Err("must be an email address, like name@example.org"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_keep_their_writing_and_share_a_key() {
        let email: Email = "Ada@Example.org".parse().unwrap();
        assert_eq!(email.as_str(), "Ada@Example.org");
        assert_eq!(Email::key(email.as_str()), Email::key("ADA@example.ORG"));
        assert_eq!(Email::key("ΟΔΟΣ@example.org"), Email::key("οδοσ@example.org"));
        for bad in ["", "ada", "ada@", "@example.org", "Ada <ada@example.org>", "a b@example.org", "a@b\0.org"] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        assert!(format!("{}@example.org", "a".repeat(250)).parse::<Email>().is_err());
    }
}
