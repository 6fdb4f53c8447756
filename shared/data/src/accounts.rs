//! Accounts of people who can sign in.

use rounds_domain::{
    self as domain, Account, AccountId, AccountType, Appointment, Calendar, Caller, Email, Guardian, Interval,
    Language, MessageKind, MessageState, NewAccount, OwnAccount, OwnAccountChange, Patient, Phone, Plan, Reason,
    SpecialHours, Timestamp, WorkingHours, search_key,
};
use serde::Deserialize;

use crate::{
    Database, Error, Limits, Origin, Page, Statement, Writer,
    audit::Entry,
    clinic::ClinicRow,
    doctors::Profile,
    error::Failure,
    operations::{BEGIN, BEGIN_UNAUTHENTICATED, Change, ROW},
    plans::{Affected, Planned},
    rule::Rule,
    statement::{Values, statements, values, words},
    time_off::TimeOff,
};

statements! {
    REGISTER = "accounts/register";
    REGISTER_FIRST_ADMIN = "accounts/register_first_admin";
    ADD_LOGIN = "accounts/add_login";
    COUNT_REGISTRATION = "accounts/count_registration";
    COUNT_REFUSED = "accounts/count_refused";
    RETRY_AT = "accounts/retry_at";
    PASSWORD_HASH = "accounts/password_hash";
    GENERATION = authenticated "accounts/generation";
    HAS_ADMIN = "accounts/has_admin";
    ME = authenticated "accounts/me";
    CHANGE_ME = "accounts/change_me";
    CHANGED_ME = "accounts/changed_me";
    LIST = authenticated "accounts/list";
    LIST_OF_TYPE = authenticated "accounts/list_of_type";
    FIND = authenticated "accounts/find";
    CHANGED = "accounts/changed";
    DEACTIVATE = "accounts/deactivate";
    ACTIVATE = "accounts/activate";
    RESET_PASSWORD = "accounts/reset_password";
    ERASE = "accounts/erase";
    ERASE_MERGED = "accounts/erase_merged";
    ERASE_LOGIN = "accounts/erase_login";
    ERASE_SOURCES = "accounts/erase_sources";
    ERASE_FROM_AUDIT = "accounts/erase_from_audit";
    ERASE_FROM_APPOINTMENTS = "accounts/erase_from_appointments";
    ERASE_FROM_MESSAGES = "accounts/erase_from_messages";
    ERASE_GUARDIANS = "accounts/erase_guardians";
    ERASE_LINKS = "accounts/erase_links";
    ERASE_FEED = "accounts/erase_feed";
    REVOKE_SESSIONS = "accounts/revoke_sessions";
    AUTHORIZE_INACTIVE = "accounts/authorize_inactive";
    EXPORT = authenticated "accounts/export";
}

/// Returns the values of [`REGISTER`] and [`ADD_LOGIN`], except those of the limit.
pub(crate) fn new_account_values(account: &NewAccount) -> Values {
    let specialty = account.specialty.as_ref().map(|specialty| specialty.as_str());
    values![
        ":new_account_type" => account.account_type.as_str(),
        ":name" => account.name.as_str(),
        ":name_key" => search_key(&[account.name.as_str()]),
        ":password_hash" => account.password_hash.as_str(),
        ":phone" => account.phone.as_ref().map(Phone::as_str),
        ":birth_date" => account.birth_date.as_ref().map(ToString::to_string),
        ":language" => account.language.as_ref().map(Language::as_str),
        ":specialty" => specialty,
        ":specialty_key" => specialty.map(|specialty| search_key(&[specialty])),
        ":details" => account.details.as_ref().map(|details| details.as_str()),
    ]
    .and(email_values(account.email.as_str()))
}

/// Returns the values of the columns of an email.
pub(crate) fn email_values(email: &str) -> Values {
    let email_key = Email::key(email);
    values![
        ":email" => email,
        // Both forms of the email's domain can be searched: as written, and in ASCII.
        ":search_key" => search_key(&[email, &email_key]),
        ":email_key" => email_key,
    ]
}

/// A new account.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The caller who registers the account. `None` if nobody is signed in.
    pub registrar: Option<&'a Caller>,
    /// The account.
    pub account: &'a NewAccount,
    /// The limits, which include the one for registrations.
    pub limits: &'a Limits,
}

/// Creates an account. Registrations that an Admin does not make are counted for each source.
///
/// # Errors
/// [`domain::Error::EmailTaken`], [`domain::Error::TooMany`], and [`domain::Error::Unauthenticated`] if the
/// registrar's token is no longer valid.
pub async fn register(database: &Database, new: &Registration<'_>, origin: &Origin) -> Result<AccountId, Error> {
    // Requests that did not come through a gateway count as requests from one source.
    let source = (!new.registrar.is_some_and(Caller::is_admin)).then(|| origin.source.clone().unwrap_or_default());
    let counted = values![
        ":source" => source,
        ":limit" => new.limits.registrations_per_source,
        ":now" => origin.at.timestamp(),
    ];
    let values = new_account_values(new.account).and(counted.clone());
    let steps = |begin| [begin, &REGISTER, &ADD_LOGIN, &COUNT_REGISTRATION, &ROW];
    let registered = match new.registrar {
        Some(caller) => database.writer(caller, origin).change(&steps(&BEGIN), &ROW, values).await,
        None => {
            let change = Change { steps: &steps(&BEGIN_UNAUTHENTICATED), read_result: &ROW, origin };
            database.change(&change, values).await
        }
    };
    match registered {
        Ok(Some(id)) => return Ok(id),
        Ok(None) => {}
        Err(Failure::Rule(Rule::EmailTaken)) => {
            let mut values = counted;
            values.set(":operation", crate::operations::new_id(origin.at)?);
            database.run_with_retry::<i64>(&COUNT_REFUSED, &values).await?;
            return Err(domain::Error::EmailTaken.into());
        }
        Err(failure) => return Err(failure.into()),
    }
    let retry_at: Option<i64> = database.read(&RETRY_AT, counted).await?;
    Err(match retry_at {
        Some(retry_at) => domain::Error::TooMany((retry_at - origin.at.timestamp()).max(1)),
        None => domain::Error::Unauthenticated,
    }
    .into())
}

/// Creates the first Admin. `None` if there already is an Admin.
///
/// # Errors
/// [`domain::Error::EmailTaken`]
pub async fn register_first_admin(
    database: &Database,
    account: &NewAccount,
    origin: &Origin,
) -> Result<Option<AccountId>, Error> {
    let steps = [&BEGIN_UNAUTHENTICATED, &REGISTER_FIRST_ADMIN, &ADD_LOGIN, &ROW];
    match database.change(&Change { steps: &steps, read_result: &ROW, origin }, new_account_values(account)).await {
        Err(Failure::Rule(Rule::EmailTaken)) => Err(domain::Error::EmailTaken.into()),
        registered => Ok(registered?),
    }
}

/// Returns the id and the password hash (a PHC string) of the active account with this email.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn password_hash(database: &Database, email: &str) -> Result<Option<(AccountId, String)>, Error> {
    #[derive(Deserialize)]
    struct Row {
        id: AccountId,
        password_hash: String,
    }
    let row: Option<Row> = database.read(&PASSWORD_HASH, values![":email_key" => Email::key(email)]).await?;
    Ok(row.map(|row| (row.id, row.password_hash)))
}

/// Checks that a token is valid, for a request that ended before it sent a statement.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn check_token(database: Database, caller: Caller) -> Result<(), Error> {
    refresh_caller(&database, &caller).await.map(drop)
}

/// Returns the caller with the session's current generation, to issue a new token.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn refresh_caller(database: &Database, caller: &Caller) -> Result<Caller, Error> {
    let generation = database.query_document(&GENERATION, caller, None, values![]).await?;
    Ok(Caller { generation, ..*caller })
}

/// Whether there is an active Admin.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn has_admin(database: &Database) -> Result<bool, Error> {
    let exists: Option<i64> = database.read(&HAS_ADMIN, values![]).await?;
    Ok(exists == Some(1))
}

/// Returns the caller's account.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn me(database: &Database, caller: &Caller) -> Result<OwnAccount, Error> {
    database.query(&ME, caller, None, values![]).await?.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Changes the caller's account, and returns it.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn change_me(writer: &Writer<'_>, change: &OwnAccountChange) -> Result<OwnAccount, Error> {
    let name = change.name.as_ref().map(|name| name.as_str());
    let values = values![
        ":name" => name,
        ":name_key" => name.map(|name| search_key(&[name])),
        ":changes_phone" => change.phone.is_some(),
        ":phone" => change.phone.as_ref().and_then(Option::as_ref).map(Phone::as_str),
        ":changes_birth_date" => change.birth_date.is_some(),
        ":birth_date" => change.birth_date.flatten().map(|date| date.to_string()),
        ":changes_language" => change.language.is_some(),
        ":language" => change.language.as_ref().and_then(Option::as_ref).map(Language::as_str),
    ];
    let changed = writer.change(&[&BEGIN, &CHANGE_ME, &CHANGED_ME], &CHANGED_ME, values).await?;
    changed.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// The filters of the list of accounts.
#[derive(Debug, Default)]
pub struct Filter {
    /// Words that the name, the specialty or the email must contain, in any case. All words must match.
    pub q: Option<String>,
    /// Only accounts of this type.
    pub account_type: Option<AccountType>,
    /// Only active accounts, or only inactive ones.
    pub active: Option<bool>,
}

/// Returns accounts in order of id. The position of a page is an id.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn list(
    database: &Database,
    caller: &Caller,
    filter: &Filter,
    page: Page<i64>,
) -> Result<Vec<Account>, Error> {
    let values = values![
        ":after" => page.after.unwrap_or(0),
        ":words" => words(filter.q.as_deref()),
        ":only_type" => filter.account_type.map(AccountType::as_str),
        ":active" => filter.active,
        ":limit" => page.limit + 1,
    ];
    let statement = if filter.account_type.is_some() { &LIST_OF_TYPE } else { &LIST };
    Ok(database.query(statement, caller, None, values).await?.unwrap_or_default())
}

/// A change of an account by an Admin.
#[derive(Debug)]
pub enum Action {
    /// The account can sign in again.
    Activate,
    /// Sets the password by its hash, and revokes all sessions of the account.
    ResetPassword(String),
    /// Erases the personal data of a Patient.
    Erase,
}

impl Action {
    fn steps(&self) -> &'static [&'static Statement] {
        match self {
            Self::Activate => &[&BEGIN, &ACTIVATE, &CHANGED],
            Self::ResetPassword(_) => &[&BEGIN, &RESET_PASSWORD, &REVOKE_SESSIONS, &CHANGED],
            Self::Erase => &[
                &BEGIN,
                &ERASE,
                &ERASE_MERGED,
                &ERASE_LOGIN,
                &ERASE_SOURCES,
                &ERASE_FROM_AUDIT,
                &ERASE_FROM_APPOINTMENTS,
                &ERASE_FROM_MESSAGES,
                &ERASE_GUARDIANS,
                &ERASE_LINKS,
                &ERASE_FEED,
                &CHANGED,
            ],
        }
    }

    fn values(&self) -> Values {
        match self {
            Self::ResetPassword(hash) => values![":new_hash" => hash.as_str()],
            Self::Activate | Self::Erase => values![],
        }
    }
}

/// Changes an account and returns its type. Succeeds without a change if the account already is in the requested
/// state.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::LastAdmin`], [`domain::Error::AccountErased`],
/// [`domain::Error::NotAPatient`], [`domain::Error::AppointmentsAhead`], [`domain::Error::Unauthenticated`].
pub async fn change(writer: &Writer<'_>, id: AccountId, action: &Action) -> Result<AccountType, Error> {
    let values = values![":id" => id.get()].and(action.values());
    match writer.change(action.steps(), &CHANGED, values).await {
        Ok(Some(account_type)) => return Ok(account_type),
        Ok(None) => {}
        Err(failure) => return Err(failure.into()),
    }
    let found = find(writer.database, writer.caller, id).await?;
    match (action, found.erased, found.active) {
        (Action::ResetPassword(_), ..) if found.has_login == 0 => Err(domain::Error::NotFound("account").into()),
        (Action::Erase, 1, _) => Ok(found.account_type),
        (_, 1, _) => Err(domain::Error::AccountErased.into()),
        (Action::Activate, _, 1) => Ok(found.account_type),
        _ => Err(Error::Contended),
    }
}

/// Ends an account: it can no longer sign in, and its sessions are revoked.
#[derive(Debug)]
pub struct Deactivation<'a> {
    /// The account.
    pub account: AccountId,
    /// What happens to its appointments ahead.
    pub plan: &'a Plan,
    /// The reason of the cancellations.
    pub reason: Option<&'a Reason>,
}

/// Deactivates an account and returns its type. Succeeds if the account is inactive: then it only carries out the plan. With
/// `dry_run`, it changes nothing.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::LastAdmin`], [`domain::Error::PlanRefused`],
/// [`domain::Error::Unauthenticated`].
pub async fn deactivate(
    writer: &Writer<'_>,
    deactivation: &Deactivation<'_>,
    dry_run: bool,
) -> Result<AccountType, Error> {
    let Deactivation { account, plan, reason } = *deactivation;
    let time = Interval { start: writer.origin.at, end: Timestamp::MAX_UTC };
    let affected = Affected { person: Some(account), time, plan, reason, started_prevent: false };
    let values = values![":id" => account.get()];
    let planned = Planned { affected, before: &[&DEACTIVATE, &AUTHORIZE_INACTIVE], after: &[&CHANGED], values };
    match planned.run(writer, dry_run).await? {
        Ok(Some(account_type)) => Ok(account_type),
        Ok(None) => {
            let found = find(writer.database, writer.caller, account).await?;
            if found.erased == 1 || found.active == 0 { Ok(found.account_type) } else { Err(Error::Contended) }
        }
        Err(conflicts) => Err(domain::Error::PlanRefused(conflicts).into()),
    }
}

#[derive(Deserialize)]
struct AccountRow {
    account_type: AccountType,
    active: u8,
    erased: u8,
    has_login: u8,
}

async fn find(database: &Database, admin: &Caller, id: AccountId) -> Result<AccountRow, Error> {
    let account = database.query(&FIND, admin, None, values![":id" => id.get()]).await?;
    account.ok_or_else(|| domain::Error::NotFound("account").into())
}

/// All data of an account, except the password's hash.
#[derive(Deserialize)]
pub struct Export {
    clinic: Option<ClinicRow>,
    /// The account.
    pub account: OwnAccount,
    /// When the account was created.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub created_at: Timestamp,
    /// The profile. It is empty unless the account is a Doctor.
    pub profile: Profile,
    /// The last sign-in.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub signed_in_at: Option<Timestamp>,
    /// When the email was verified.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub verified_at: Option<Timestamp>,
    /// The sources that the account has signed in from.
    pub sources: Vec<Source>,
    /// The active sessions.
    pub sessions: Vec<Session>,
    /// The appointments of the Patient or the Doctor.
    pub appointments: Vec<ExportedAppointment>,
    /// What the staff note about the Patient.
    pub notes: Option<String>,
    /// The accounts that act for the Patient. `None` for the staff.
    pub guardians: Option<Vec<Guardian>>,
    /// The patients that the Patient acts for.
    pub dependants: Vec<Dependant>,
    /// Only for Doctors.
    pub time_off: Vec<TimeOff>,
    /// Only for Doctors.
    pub working_hours: Vec<WorkingHours>,
    /// Only for Doctors.
    pub special_hours: Vec<SpecialHours>,
    /// The messages to the account, oldest first.
    pub messages: Vec<SentMessage>,
    /// The audit entries of changes by the account, and of changes to it and to its appointments as a Patient.
    pub audit: Vec<Entry>,
}

/// A session that has neither expired nor been revoked.
#[derive(Deserialize)]
pub struct Session {
    /// When the session's owner signed in.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub created_at: Timestamp,
}

/// An appointment with its idempotency key.
#[derive(Deserialize)]
pub struct ExportedAppointment {
    /// The appointment.
    #[serde(flatten)]
    pub appointment: Appointment,
    /// The idempotency key of the booking. Only if the exported account booked.
    pub idempotency_key: Option<String>,
}

/// A patient whom an account acts for.
#[derive(Deserialize)]
pub struct Dependant {
    /// The patient.
    pub patient: Patient,
    /// The appointments of the patient.
    pub appointments: Vec<Appointment>,
}

/// A message to an account.
#[derive(Deserialize)]
pub struct SentMessage {
    /// What it is about.
    pub kind: MessageKind,
    /// Its state.
    pub state: MessageState,
    /// The email or the phone number.
    pub to: Option<String>,
    /// When it was due, or will be.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub due_at: Timestamp,
    /// When it was sent.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub sent_at: Option<Timestamp>,
}

/// A source that an account has signed in from.
#[derive(Deserialize)]
pub struct Source {
    /// The network address.
    pub source: String,
    /// The last sign-in from this source.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Timestamp,
}

/// Returns all data of the caller's account, and the calendar to show its times in.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn export(database: &Database, caller: &Caller, now: Timestamp) -> Result<(Export, Calendar), Error> {
    let values = values![":now" => now.timestamp()];
    let export: Option<Export> = database.query(&EXPORT, caller, None, values).await?;
    let mut export = export.ok_or(domain::Error::Unauthenticated)?;
    let clinic = export.clinic.take().ok_or_else(|| Error::Internal("EXPORT returned no clinic".into()))?;
    Ok((export, clinic.read()?.calendar))
}
