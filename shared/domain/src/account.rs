use std::str::FromStr;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, BirthDate, ClinicId, Code, Details, Email, Error, InvalidValue, Language, Name, Phone, SessionId,
    Specialty, Timestamp,
};

/// The type of an account. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccountType {
    /// Books appointments.
    Patient,
    /// Has appointments with Patients.
    Doctor,
    /// Manages the clinic.
    Admin,
    /// Works at the front desk: sees all patients and appointments.
    Receptionist,
}

impl AccountType {
    /// The type as JSON, SQL and tokens spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Doctor => "Doctor",
            Self::Admin => "Admin",
            Self::Receptionist => "Receptionist",
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
            "Receptionist" => Ok(Self::Receptionist),
            _ => Err(Code::NotAllowed.with_detail("must be \"Doctor\", \"Patient\", \"Admin\" or \"Receptionist\"")),
        }
    }
}

/// The account that sends the request: the claims of a verified token.
///
/// The statement that serves the request checks in the database that the clinic, the session and the account type
/// are still right and that the account is active. It also checks that no newer password has been set in the session
/// since the token was issued. The token that set the password stays valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that signed in.
    pub account_id: AccountId,
    /// The type of the account.
    pub account_type: AccountType,
    /// The clinic that the token is for.
    pub clinic: ClinicId,
    /// The session that the token belongs to.
    pub session: SessionId,
    /// Identifies the token within its session. A password change revokes all tokens of the session but the one
    /// that made it.
    pub token_id: i64,
    /// How many passwords had been set in the session when the token was signed.
    pub generation: i64,
    /// When the caller last signed in with a password.
    pub signed_in_at: Timestamp,
}

impl Caller {
    /// Checks that the sign-in is recent enough to issue a new token: less than twelve hours ago.
    ///
    /// # Errors
    /// [`Error::SignInExpired`] after twelve hours.
    pub fn may_renew(&self, now: Timestamp) -> Result<(), Error> {
        if now - self.signed_in_at < TimeDelta::hours(12) { Ok(()) } else { Err(Error::SignInExpired) }
    }

    /// Whether the caller is an Admin.
    pub fn is_admin(&self) -> bool {
        self.account_type == AccountType::Admin
    }

    /// Whether the caller works at the front desk: an Admin or a Receptionist. They see all patients and appointments.
    pub fn is_desk(&self) -> bool {
        matches!(self.account_type, AccountType::Admin | AccountType::Receptionist)
    }

    /// Whether the caller is of the clinic's staff: not a Patient.
    pub fn is_staff(&self) -> bool {
        self.account_type != AccountType::Patient
    }

    /// Checks that the caller works at the front desk.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn must_be_desk(&self) -> Result<(), Error> {
        if self.is_desk() { Ok(()) } else { Err(Error::Forbidden("Only Admins and Receptionists may do this.")) }
    }

    /// Whether the caller is the account `id`.
    pub fn is(&self, id: AccountId) -> bool {
        self.account_id == id
    }

    /// Checks that the caller may see a patient and their history. Allowed are the front desk, the Patient and each
    /// guardian (`acts_for`), and a Doctor who has or had an appointment with the patient that is not cancelled
    /// (`is_their_doctor`).
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn may_see_patient(&self, acts_for: bool, is_their_doctor: bool) -> Result<(), Error> {
        let is_patient = self.account_type == AccountType::Patient && acts_for;
        if self.is_desk() || is_patient || is_their_doctor {
            return Ok(());
        }
        Err(Error::Forbidden(
            "Only the Patient, their guardians, their Doctors, Receptionists and Admins may see this.",
        ))
    }

    /// Checks that the caller is an Admin or the Doctor `doctor`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all others.
    pub fn must_manage(&self, doctor: AccountId) -> Result<(), Error> {
        if self.is_admin() || (self.account_type == AccountType::Doctor && self.is(doctor)) {
            return Ok(());
        }
        Err(Error::Forbidden("Only this Doctor or an Admin may do this."))
    }

    /// Checks that the caller may add time off for the Doctor `doctor`. With `cancels`, it cancels appointments: then the front
    /// desk may do it too, when a doctor is ill.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub fn must_take_time_off_for(&self, doctor: AccountId, cancels: bool) -> Result<(), Error> {
        if cancels && self.is_desk() { Ok(()) } else { self.must_manage(doctor) }
    }

    /// Checks that the caller may see the time off of the Doctor `doctor`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for all but the front desk and that Doctor.
    pub fn must_see_time_off_of(&self, doctor: AccountId) -> Result<(), Error> {
        if self.is_desk() { Ok(()) } else { self.must_manage(doctor) }
    }

    /// Checks that the caller has the account type.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for other types.
    pub fn must_be(&self, account_type: AccountType) -> Result<(), Error> {
        if self.account_type == account_type {
            return Ok(());
        }
        Err(Error::Forbidden(match account_type {
            AccountType::Patient => "Only Patients may do this.",
            AccountType::Doctor => "Only Doctors may do this.",
            AccountType::Admin => "Only Admins may do this.",
            AccountType::Receptionist => "Only Receptionists may do this.",
        }))
    }
}

/// An account, as its owner and Admins see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The person's name.
    pub name: String,
    /// The email to sign in with, as the person wrote it.
    pub email: String,
    /// The type of the account.
    pub account_type: AccountType,
    /// Whether the account can sign in.
    pub active: bool,
}

/// An account, as its owner sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnAccount {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// The person's phone number (E.164).
    pub phone: Option<String>,
    /// The person's birth date.
    pub birth_date: Option<BirthDate>,
    /// The language of messages to the person. `None`: the clinic's.
    pub language: Option<Language>,
    /// Whether the owner has proved that the email is theirs: they used a link that was sent to it.
    pub email_verified: bool,
    /// The calendar feed of the account. `None` if it has none.
    pub feed: Option<Feed>,
}

/// The calendar feed of an account.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Feed {
    /// Whether the feed names the other person of each appointment.
    pub details: bool,
}

/// A change of an account by its owner. `None` leaves a member unchanged.
#[derive(Debug, Default)]
pub struct OwnAccountChange {
    /// The new name.
    pub name: Option<Name>,
    /// The new phone number. `Some(None)` removes it.
    pub phone: Option<Option<Phone>>,
    /// The new birth date. `Some(None)` removes it.
    pub birth_date: Option<Option<BirthDate>>,
    /// The new language. `Some(None)`: the clinic's.
    pub language: Option<Option<Language>>,
}

/// An account to create.
#[derive(Debug)]
pub struct NewAccount {
    /// The person's name.
    pub name: Name,
    /// The email to sign in with.
    pub email: Email,
    /// The password's hash as a PHC string. Never the password itself.
    pub password_hash: String,
    /// The type of the account.
    pub account_type: AccountType,
    /// The person's phone number.
    pub phone: Option<Phone>,
    /// The person's birth date.
    pub birth_date: Option<BirthDate>,
    /// The language of messages to the person. `None`: the clinic's.
    pub language: Option<Language>,
    /// Only for Doctors.
    pub specialty: Option<Specialty>,
    /// A Doctor's description of themselves.
    pub details: Option<Details>,
}
