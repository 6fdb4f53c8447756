//! Accounts: people who sign in.

use rounds_domain::{
    self as domain, Account, AccountId, AccountType, Appointment, Calendar, Caller, Email, Name, NewAccount, Reason,
    Timestamp, WorkingHours, search_key,
};
use serde::Deserialize;

use crate::{
    Database, Error, Limits, Origin, Page, Statement, Writer,
    audit::Entry,
    clinic::ClinicRow,
    doctors::Profile,
    error::Failure,
    operations::{BEGIN, BEGIN_UNAUTHENTICATED, Change, ROW},
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
    REGISTRATIONS_OPEN = "accounts/registrations_open";
    PASSWORD_HASH = "accounts/password_hash";
    IS_VALID = authenticated "accounts/is_valid";
    HAS_ADMIN = "accounts/has_admin";
    MISSING = "accounts/missing";
    ME = authenticated "accounts/me";
    RENAME = "accounts/rename";
    RENAMED = "accounts/renamed";
    LIST = authenticated "accounts/list";
    LIST_OF_TYPE = authenticated "accounts/list_of_type";
    FIND = authenticated "accounts/find";
    CHANGED = "accounts/changed";
    DEACTIVATE = "accounts/deactivate";
    ACTIVATE = "accounts/activate";
    RESET_PASSWORD = "accounts/reset_password";
    ERASE = "accounts/erase";
    ERASE_LOGIN = "accounts/erase_login";
    ERASE_SOURCES = "accounts/erase_sources";
    ERASE_FROM_AUDIT = "accounts/erase_from_audit";
    ERASE_FROM_APPOINTMENTS = "accounts/erase_from_appointments";
    REVOKE_SESSIONS = "accounts/revoke_sessions";
    CLAIM_INACTIVE = "accounts/claim_inactive";
    CANCEL_APPOINTMENTS = "accounts/cancel_appointments";
    EXPORT = authenticated "accounts/export";
}

fn columns(account: &NewAccount) -> Values {
    let specialty = account.specialty.as_ref().map(|specialty| specialty.as_str());
    let (email, email_key) = (account.email.as_str(), Email::key(account.email.as_str()));
    values![
        ":new_account_type" => account.account_type.as_str(),
        ":name" => account.name.as_str(),
        ":name_key" => search_key(&[account.name.as_str()]),
        ":email" => email,
        // Also by the ASCII form of its domain.
        ":search_key" => search_key(&[email, &email_key]),
        ":email_key" => email_key,
        ":password_hash" => account.password_hash.as_str(),
        ":specialty" => specialty,
        ":specialty_key" => specialty.map(|specialty| search_key(&[specialty])),
        ":details" => account.details.as_ref().map(|details| details.as_str()),
    ]
}

/// An account that is to be made.
#[derive(Debug)]
pub struct Registration<'a> {
    /// Whoever is signed in and makes it, if somebody is.
    pub registrar: Option<&'a Caller>,
    /// The account.
    pub account: &'a NewAccount,
    /// How many may come from one source.
    pub limits: &'a Limits,
}

/// Makes an account. What anyone but an Admin registers is counted, by where it comes from.
///
/// # Errors
/// [`domain::Error::EmailTaken`], [`domain::Error::TooMany`], and [`domain::Error::Unauthenticated`] where the
/// registrar's token is not good any more.
pub async fn register(database: &Database, new: &Registration<'_>, origin: &Origin) -> Result<AccountId, Error> {
    // Requests that no gateway has seen count as from one source.
    let source = (!new.registrar.is_some_and(Caller::is_admin)).then(|| origin.source.clone().unwrap_or_default());
    let counted = values![
        ":source" => source,
        ":limit" => new.limits.registrations_per_source,
        ":now" => origin.at.timestamp(),
    ];
    let values = columns(new.account).and(counted.clone());
    let steps = |begin| [begin, &REGISTER, &ADD_LOGIN, &COUNT_REGISTRATION, &ROW];
    let registered = match new.registrar {
        Some(caller) => database.writer(caller, origin).change(&steps(&BEGIN), &ROW, values).await,
        None => {
            let change = Change { steps: &steps(&BEGIN_UNAUTHENTICATED), done: &ROW, origin };
            database.change(&change, values).await
        }
    };
    match registered {
        Ok(Some(id)) => return Ok(id),
        Ok(None) => {}
        Err(Failure::Rule(Rule::EmailTaken)) => {
            let mut values = counted;
            values.set(":operation", crate::operations::new_id(origin.at)?);
            database.repeat::<i64>(&COUNT_REFUSED, &values).await?;
            return Err(domain::Error::EmailTaken.into());
        }
        Err(failure) => return Err(failure.into()),
    }
    let opens: Option<i64> = database.read(&REGISTRATIONS_OPEN, counted).await?;
    Err(match opens {
        Some(opens) => domain::Error::TooMany((opens - origin.at.timestamp()).max(1)),
        None => domain::Error::Unauthenticated,
    }
    .into())
}

/// Makes an account where there is no Admin yet; `None` where there is one.
///
/// # Errors
/// [`domain::Error::EmailTaken`]
pub async fn register_first_admin(
    database: &Database,
    account: &NewAccount,
    origin: &Origin,
) -> Result<Option<AccountId>, Error> {
    let steps = [&BEGIN_UNAUTHENTICATED, &REGISTER_FIRST_ADMIN, &ADD_LOGIN, &ROW];
    match database.change(&Change { steps: &steps, done: &ROW, origin }, columns(account)).await {
        Err(Failure::Rule(Rule::EmailTaken)) => Err(domain::Error::EmailTaken.into()),
        registered => Ok(registered?),
    }
}

/// The id and the password's hash, a PHC string, of the active account with this email, in whatever case.
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

/// Checks that a token is good, for a request that ended before its own statement did.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn token_is_valid(database: Database, caller: Caller) -> Result<(), Error> {
    current(&database, &caller).await.map(drop)
}

/// The caller as a token that is signed now names them.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn current(database: &Database, caller: &Caller) -> Result<Caller, Error> {
    let generation = database.query_document(&IS_VALID, caller, None, values![]).await?;
    Ok(Caller { generation, ..*caller })
}

/// Whether somebody can sign in as an Admin.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn has_admin(database: &Database) -> Result<bool, Error> {
    let answer: Option<i64> = database.read(&HAS_ADMIN, values![]).await?;
    Ok(answer == Some(1))
}

/// Those of some emails that have no account, as long as no account has any other email; with
/// `beside_admins`, as long as no Doctor or Patient has.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn missing(database: &Database, emails: &[&str], beside_admins: bool) -> Result<Vec<String>, Error> {
    let emails = serde_json::json!(emails.iter().map(|email| Email::key(email)).collect::<Vec<_>>()).to_string();
    let values = values![":emails" => emails, ":beside_admins" => beside_admins];
    Ok(database.read(&MISSING, values).await?.unwrap_or_default())
}

/// The caller's account.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn me(database: &Database, caller: &Caller) -> Result<Account, Error> {
    database.query(&ME, caller, None, values![]).await?.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Gives the caller's account another name, and answers it as it is then.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn rename(writer: &Writer<'_>, name: &Name) -> Result<Account, Error> {
    let values = values![":name" => name.as_str(), ":name_key" => search_key(&[name.as_str()])];
    let renamed = writer.change(&[&BEGIN, &RENAME, &RENAMED], &RENAMED, values).await?;
    renamed.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// What accounts are searched by.
#[derive(Debug, Default)]
pub struct Filter {
    /// Words, all of which are in the name, the specialty or the email, in any case.
    pub q: Option<String>,
    /// Only these.
    pub account_type: Option<AccountType>,
    /// Only those that can sign in, or cannot.
    pub active: Option<bool>,
}

/// Accounts, by id. A place is an id.
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
        ":of_type" => filter.account_type.map(AccountType::as_str),
        ":active" => filter.active,
        ":limit" => page.limit + 1,
    ];
    let statement = if filter.account_type.is_some() { &LIST_OF_TYPE } else { &LIST };
    Ok(database.query(statement, caller, None, values).await?.unwrap_or_default())
}

/// What an Admin does to an account.
#[derive(Debug)]
pub enum Action {
    /// It can no longer sign in, and all its sessions end.
    Deactivate {
        /// Whether its appointments ahead are cancelled.
        cancel_appointments: bool,
        /// Why they are.
        reason: Option<Reason>,
    },
    /// It can sign in again.
    Activate,
    /// It has another password, by its hash, and all its sessions end.
    ResetPassword(String),
    /// The personal data of a Patient is gone.
    Erase,
}

impl Action {
    fn steps(&self) -> &'static [&'static Statement] {
        match self {
            Self::Deactivate { .. } => &[&BEGIN, &DEACTIVATE, &CLAIM_INACTIVE, &CANCEL_APPOINTMENTS, &CHANGED],
            Self::Activate => &[&BEGIN, &ACTIVATE, &CHANGED],
            Self::ResetPassword(_) => &[&BEGIN, &RESET_PASSWORD, &REVOKE_SESSIONS, &CHANGED],
            Self::Erase => {
                &[&BEGIN, &ERASE, &ERASE_LOGIN, &ERASE_SOURCES, &ERASE_FROM_AUDIT, &ERASE_FROM_APPOINTMENTS, &CHANGED]
            }
        }
    }

    fn values(&self) -> Values {
        match self {
            Self::Deactivate { cancel_appointments, reason } => values![
                ":cancels" => *cancel_appointments,
                ":reason" => reason.as_ref().map(Reason::as_str),
            ],
            Self::ResetPassword(hash) => values![":new_hash" => hash.as_str()],
            Self::Activate | Self::Erase => values![],
        }
    }
}

/// Changes an account, if it is not so already, and answers what it is for.
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
    let FoundAccount { account, erased } = find(writer.database, writer.caller, id).await?;
    match action {
        Action::Erase | Action::Deactivate { .. } if erased == 1 => Ok(account.account_type),
        _ if erased == 1 => Err(domain::Error::AccountErased.into()),
        Action::Deactivate { .. } if !account.active => Ok(account.account_type),
        Action::Activate if account.active => Ok(account.account_type),
        _ => Err(Error::Contended),
    }
}

#[derive(Deserialize)]
struct FoundAccount {
    account: Account,
    erased: u8,
}

async fn find(database: &Database, admin: &Caller, id: AccountId) -> Result<FoundAccount, Error> {
    let found = database.query(&FIND, admin, None, values![":id" => id.get()]).await?;
    found.ok_or_else(|| domain::Error::NotFound("account").into())
}

/// Everything that is held about an account, but its password's hash.
#[derive(Deserialize)]
pub struct Export {
    clinic: Option<ClinicRow>,
    /// The account.
    pub account: Account,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub created_at: Timestamp,
    /// A Doctor's; of others there is nothing in it.
    pub profile: Profile,
    /// When it last signed in.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub signed_in_at: Option<Timestamp>,
    /// Where it has signed in from.
    pub sources: Vec<Source>,
    /// Its sign-ins that have not ended.
    pub sessions: Vec<Session>,
    /// A Patient's, or a Doctor's.
    pub appointments: Vec<ExportedAppointment>,
    /// A Doctor's.
    pub time_off: Vec<TimeOff>,
    /// A Doctor's.
    pub working_hours: Vec<WorkingHours>,
    /// What it did, and what was done to it and to its appointments as a Patient.
    pub audit: Vec<Entry>,
}

/// A sign-in that has neither expired nor been revoked.
#[derive(Deserialize)]
pub struct Session {
    /// When the password was given.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub created_at: Timestamp,
}

/// An appointment, and what its patient's program called the booking.
#[derive(Deserialize)]
pub struct ExportedAppointment {
    /// The appointment.
    #[serde(flatten)]
    pub appointment: Appointment,
    /// To its Patient only.
    pub idempotency_key: Option<String>,
}

/// Where an account has signed in from, and when last.
#[derive(Deserialize)]
pub struct Source {
    /// An address.
    pub source: String,
    /// When last.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub at: Timestamp,
}

/// Everything that is held about the caller's account now, and the calendar to read it in.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn export(database: &Database, caller: &Caller, now: Timestamp) -> Result<(Export, Calendar), Error> {
    let values = values![":now" => now.timestamp()];
    let export: Option<Export> = database.query(&EXPORT, caller, None, values).await?;
    let mut export = export.ok_or(domain::Error::Unauthenticated)?;
    let clinic = export.clinic.take().ok_or_else(|| Error::Internal("EXPORT answered no clinic".into()))?;
    Ok((export, clinic.read()?.calendar))
}
