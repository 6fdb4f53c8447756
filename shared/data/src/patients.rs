//! Patients, with and without a login, and their guardians.

use rounds_domain::{
    self as domain, AccountId, BirthDate, Caller, Language, ListedPatient, NewPatient, Notes, Patient, PatientChange,
    PatientWord, Phone, search_key,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Database, Error, Page, Writer,
    accounts::email_values,
    bookings::hex,
    calendar::ATTEMPTS,
    error::Failure,
    operations::BEGIN,
    rule::Rule,
    secret_token::hash,
    statement::{Values, statements, values},
};

mod guardians;
mod merge;

pub use guardians::{remove_guardian, set_guardian};
pub use merge::merge;

statements! {
    LIST = authenticated "patients/list";
    LIST_OF_BIRTH_DATE = authenticated "patients/list_of_birth_date";
    LIST_OF_DOCTOR = authenticated "patients/list_of_doctor";
    OWN = authenticated "patients/own";
    FIND = authenticated "patients/find";
    ADD = "patients/add";
    ADD_GUARDIAN = "patients/add_guardian";
    EXPLAIN_ADD = authenticated "patients/explain_add";
    CHANGE = "patients/change";
    CHANGE_LOGIN = "patients/change_login";
    CHANGED = "patients/changed";
    ACCOUNT_OF_EMAIL = authenticated "patients/account_of_email";
    INVITE = "patients/invite";
    INVITE_AGAIN = "patients/invite_again";
    MOVE_EMAIL = "patients/move_email";
    SET_GUARDIAN = "patients/set_guardian";
    REMOVE_GUARDIAN = "patients/remove_guardian";
    FIND_GUARDIAN = authenticated "patients/find_guardian";
    MERGE_FILL = "patients/merge_fill";
    MERGE = "patients/merge";
    MERGE_EARLIER = "patients/merge_earlier";
    MERGE_APPOINTMENTS = "patients/merge_appointments";
    MERGE_LOGIN = "patients/merge_login";
    MERGE_SOURCES = "patients/merge_sources";
    MERGE_FEED = "patients/merge_feed";
    MERGE_GUARDIANS = "patients/merge_guardians";
    MERGE_END_GUARDIANS = "patients/merge_end_guardians";
    MERGE_MESSAGES = "patients/merge_messages";
    MERGE_REMINDERS = "patients/merge_reminders";
    EXPLAIN_MERGE = authenticated "patients/explain_merge";
}

/// The filters of the list of patients.
#[derive(Debug, Default)]
pub struct Filter {
    /// The words of a search, longest first.
    pub words: Vec<PatientWord>,
    /// Only patients with this birth date.
    pub birth_date: Option<BirthDate>,
}

/// Returns patients in order of id: all for the front desk, and their own for a Doctor. The position of a page is an id.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn list(
    database: &Database,
    caller: &Caller,
    filter: &Filter,
    page: Page<i64>,
) -> Result<Vec<ListedPatient>, Error> {
    let text = |index| filter.words.get(index).map(|word: &PatientWord| word.text.as_str());
    let digits = |index| filter.words.get(index).and_then(|word: &PatientWord| word.digits.as_deref());
    let values = values![
        ":first" => text(0),
        ":first_digits" => digits(0),
        ":second" => text(1),
        ":second_digits" => digits(1),
        ":third" => text(2),
        ":third_digits" => digits(2),
        ":words" => json!(filter.words).to_string(),
        ":birth_date" => filter.birth_date.map(|date| date.to_string()),
        ":after" => page.after.unwrap_or(0),
        ":limit" => page.limit + 1,
    ];
    let statement = match filter.birth_date {
        _ if !caller.is_desk() => &LIST_OF_DOCTOR,
        Some(_) => &LIST_OF_BIRTH_DATE,
        None => &LIST,
    };
    Ok(database.query(statement, caller, None, values).await?.unwrap_or_default())
}

/// Returns the caller as a patient, and then their dependants in order of id.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn own(database: &Database, caller: &Caller) -> Result<Vec<Patient>, Error> {
    Ok(database.query(&OWN, caller, None, values![]).await?.unwrap_or_default())
}

/// The result of looking up a patient, with the data to check who may see it.
#[derive(Debug, Deserialize)]
pub struct PatientLookup {
    acts_for: u8,
    is_their_doctor: u8,
    is_invited: u8,
    patient: Option<Patient>,
}

impl PatientLookup {
    /// Whether the caller is the patient, or a guardian of the patient.
    pub fn caller_acts_for_patient(&self) -> bool {
        self.acts_for != 0
    }

    /// Returns the patient if the caller may see it.
    ///
    /// # Errors
    /// [`domain::Error::Forbidden`], [`domain::Error::NotFound`] for the front desk.
    pub fn visible_to(self, caller: &Caller) -> Result<Patient, domain::Error> {
        caller.may_see_patient(self.acts_for != 0, self.is_their_doctor != 0)?;
        self.patient.ok_or(domain::Error::NotFound("patient"))
    }

    /// Returns the patient if the caller may change it: the front desk, the patient and the guardians may.
    ///
    /// # Errors
    /// [`domain::Error::Forbidden`], [`domain::Error::NotFound`] for the front desk.
    pub fn changeable_by(self, caller: &Caller) -> Result<Patient, domain::Error> {
        if !caller.is_desk() && (caller.is_staff() || self.acts_for == 0) {
            let detail = "Only the Patient, their guardians, Receptionists and Admins may change this.";
            return Err(domain::Error::Forbidden(detail));
        }
        self.patient.ok_or(domain::Error::NotFound("patient"))
    }
}

/// Looks up a patient.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn find(database: &Database, caller: &Caller, id: AccountId) -> Result<PatientLookup, Error> {
    database.query_document(&FIND, caller, None, values![":id" => id.get()]).await
}

/// A patient that was added.
#[derive(Debug)]
pub struct Added {
    /// The patient.
    pub patient: Patient,
    /// Whether an earlier request with the same idempotency key added it.
    pub replayed: bool,
}

#[derive(Deserialize)]
struct Explanation {
    earlier: Option<Earlier>,
    dependants: i64,
}

#[derive(Deserialize)]
struct Earlier {
    request_hash: String,
    is_theirs: u8,
    patient: Patient,
}

/// Adds a patient without a login. If the caller is a Patient, it is their dependant.
///
/// # Errors
/// [`domain::Error::KeyReused`], [`domain::Error::TooManyDependants`], [`domain::Error::Unauthenticated`],
/// [`domain::Error::Forbidden`] if the caller does not act any more for the patient that an earlier request added.
pub async fn add(writer: &Writer<'_>, new: &NewPatient, key: Option<&str>) -> Result<Added, Error> {
    let request_hash = request_hash(new);
    let values = new_patient_values(new).and(values![
        ":key" => key,
        ":request_hash" => request_hash.clone(),
        ":most_dependants" => domain::MOST_DEPENDANTS,
    ]);
    for _ in 0..ATTEMPTS {
        let added = writer.change(&[&BEGIN, &ADD, &ADD_GUARDIAN, &CHANGED], &CHANGED, values.clone()).await;
        match added {
            Ok(Some(patient)) => return Ok(Added { patient, replayed: false }),
            Ok(None) | Err(Failure::Rule(Rule::IdempotencyKeyTaken)) => {}
            Err(failure) => return Err(failure.into()),
        }
        let key = values![":key" => key];
        let found: Explanation = writer.database.query_document(&EXPLAIN_ADD, writer.caller, None, key).await?;
        match found.earlier {
            Some(earlier) if earlier.is_theirs == 0 => {
                return Err(domain::Error::Forbidden("You are no longer a guardian of this patient.").into());
            }
            Some(earlier) if earlier.request_hash == hex(&request_hash) => {
                return Ok(Added { patient: earlier.patient, replayed: true });
            }
            Some(_) => return Err(domain::Error::KeyReused.into()),
            None if !writer.caller.is_staff() && found.dependants >= domain::MOST_DEPENDANTS => {
                return Err(domain::Error::TooManyDependants.into());
            }
            None => {}
        }
    }
    Err(Error::Contended)
}

fn request_hash(new: &NewPatient) -> Vec<u8> {
    let request = json!([
        new.name.as_str(),
        new.phone.as_ref().map(Phone::as_str),
        new.email.as_ref().map(|email| email.as_str()),
        new.birth_date.map(|date| date.to_string()),
        new.language.as_ref().map(Language::as_str),
        new.notes.as_ref().map(Notes::as_str),
    ]);
    hash(&request.to_string())
}

fn new_patient_values(new: &NewPatient) -> Values {
    values![
        ":name" => new.name.as_str(),
        ":name_key" => search_key(&[new.name.as_str()]),
        ":phone" => new.phone.as_ref().map(Phone::as_str),
        ":birth_date" => new.birth_date.map(|date| date.to_string()),
        ":language" => new.language.as_ref().map(Language::as_str),
        ":notes" => new.notes.as_ref().map(Notes::as_str),
    ]
    .and(optional_email_values(new.email.as_ref()))
}

/// Returns the values of the columns of an email that can be absent.
fn optional_email_values(email: Option<&domain::Email>) -> Values {
    match email {
        Some(email) => email_values(email.as_str()),
        None => {
            values![":email" => None::<String>, ":search_key" => None::<String>, ":email_key" => None::<String>]
        }
    }
}

/// Changes a patient, and returns it.
///
/// # Errors
/// [`domain::Error::Forbidden`], [`domain::Error::NotFound`], [`domain::Error::PatientHasLogin`],
/// [`domain::Error::EmailOfAnother`], [`domain::Error::Invalid`] if an invited patient would have no email,
/// [`domain::Error::Unauthenticated`].
pub async fn change(writer: &Writer<'_>, id: AccountId, change: &PatientChange) -> Result<Patient, Error> {
    let values = values![":id" => id.get()].and(change_values(change));
    match writer.change(&[&BEGIN, &CHANGE, &CHANGE_LOGIN, &CHANGED], &CHANGED, values).await {
        Ok(Some(patient)) => return Ok(patient),
        Ok(None) => {}
        Err(Failure::Rule(Rule::EmailTaken)) => {
            return Err(email_of_another(writer, change.email.as_ref().and_then(Option::as_ref)).await);
        }
        Err(failure) => return Err(failure.into()),
    }
    let found = find(writer.database, writer.caller, id).await?;
    let is_invited = found.is_invited != 0;
    let patient = found.changeable_by(writer.caller)?;
    match &change.email {
        Some(_) if patient.listed.has_login => Err(domain::Error::PatientHasLogin.into()),
        Some(None) if is_invited => {
            let detail = "must not be null: the patient was invited with the email";
            let violation = domain::Violation::new("email", domain::Code::Null.with_detail(detail));
            Err(domain::Error::Invalid(vec![violation]).into())
        }
        _ => Err(Error::Contended),
    }
}

fn change_values(change: &PatientChange) -> Values {
    let name = change.name.as_ref().map(|name| name.as_str());
    values![
        ":name" => name,
        ":name_key" => name.map(|name| search_key(&[name])),
        ":changes_phone" => change.phone.is_some(),
        ":phone" => change.phone.as_ref().and_then(Option::as_ref).map(Phone::as_str),
        ":changes_email" => change.email.is_some(),
        ":changes_birth_date" => change.birth_date.is_some(),
        ":birth_date" => change.birth_date.flatten().map(|date| date.to_string()),
        ":changes_language" => change.language.is_some(),
        ":language" => change.language.as_ref().and_then(Option::as_ref).map(Language::as_str),
        ":changes_notes" => change.notes.is_some(),
        ":notes" => change.notes.as_ref().and_then(Option::as_ref).map(Notes::as_str),
    ]
    .and(optional_email_values(change.email.as_ref().and_then(Option::as_ref)))
}

/// Returns the error for an email that is the login of another account. Only the front desk is told which.
async fn email_of_another(writer: &Writer<'_>, email: Option<&domain::Email>) -> Error {
    if !writer.caller.is_desk() {
        return domain::Error::EmailOfAnother(None).into();
    }
    let values = optional_email_values(email);
    match writer.database.query(&ACCOUNT_OF_EMAIL, writer.caller, None, values).await {
        Ok(account) => domain::Error::EmailOfAnother(account).into(),
        Err(error) => error,
    }
}

/// Invites a patient: the patient gets a login without a password, and a mail whose link sets the password. Invites again
/// a patient who has set no password yet.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::PatientHasLogin`], [`domain::Error::PatientHasNoEmail`],
/// [`domain::Error::EmailOfAnother`], [`domain::Error::Unauthenticated`].
pub async fn invite(writer: &Writer<'_>, id: AccountId) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let found = find(writer.database, writer.caller, id).await?;
        let patient = found.changeable_by(writer.caller)?.listed;
        if patient.has_login {
            return Err(domain::Error::PatientHasLogin.into());
        }
        let email: domain::Email = match patient.email.as_deref().map(str::parse) {
            Some(Ok(email)) => email,
            Some(Err(_)) => return Err(Error::Internal("the email of a patient is not valid".into())),
            None => return Err(domain::Error::PatientHasNoEmail.into()),
        };
        let values = values![":id" => id.get()].and(email_values(email.as_str()));
        let steps = [&BEGIN, &INVITE, &MOVE_EMAIL, &INVITE_AGAIN, &CHANGED];
        match writer.change::<Patient>(&steps, &CHANGED, values).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {}
            Err(Failure::Rule(Rule::EmailTaken)) => return Err(email_of_another(writer, Some(&email)).await),
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Error::Contended)
}
