use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, BirthDate, Email, Language, Name, Notes, Phone};

/// How many dependants an account can add.
pub const MOST_DEPENDANTS: i64 = 20;

/// A patient in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListedPatient {
    /// The patient's id. A patient with a login has the id of the account.
    pub id: AccountId,
    /// The patient's name.
    pub name: String,
    /// The phone number (E.164).
    pub phone: Option<String>,
    /// The email: the one of the login, if the patient has one.
    pub email: Option<String>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// Whether the patient can sign in with a password.
    pub has_login: bool,
}

/// A patient.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Patient {
    /// The members of the list.
    #[serde(flatten)]
    pub listed: ListedPatient,
    /// The language of messages to the patient. `null`: the clinic's.
    pub language: Option<Language>,
    /// The accounts that act for the patient.
    pub guardians: Vec<Guardian>,
    /// What the staff note about the patient. Only for the staff.
    pub notes: Option<String>,
}

/// An account that acts for a patient.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Guardian {
    /// The Patient account of the guardian.
    pub account_id: AccountId,
    /// The guardian's name.
    pub name: String,
}

/// A patient to add. No login comes of it.
#[derive(Debug)]
pub struct NewPatient {
    /// The patient's name.
    pub name: Name,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The email. It need not be unique.
    pub email: Option<Email>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// The language of messages to the patient. `None`: the clinic's.
    pub language: Option<Language>,
    /// What the staff note about the patient.
    pub notes: Option<Notes>,
}

/// A change of a patient. `None` leaves a member unchanged. `Some(None)` removes it.
#[derive(Debug, Default)]
pub struct PatientChange {
    /// The new name.
    pub name: Option<Name>,
    /// See [`NewPatient`].
    pub phone: Option<Option<Phone>>,
    /// See [`NewPatient`].
    pub email: Option<Option<Email>>,
    /// See [`NewPatient`].
    pub birth_date: Option<Option<BirthDate>>,
    /// See [`NewPatient`].
    pub language: Option<Option<Language>>,
    /// See [`NewPatient`].
    pub notes: Option<Option<Notes>>,
}
