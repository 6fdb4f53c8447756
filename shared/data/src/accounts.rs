//! Accounts.

use rounds_domain::{
    self as domain, Account, AccountId, AccountType, Appointment, Calendar, Caller, Clinic, Email, Instant, Name,
    NewAccount, WorkingHours, without_case,
};
use serde::Deserialize;

use crate::{
    Database, Error, Limits, Origin, Page, Statement,
    audit::{Entry, entry},
    clinic::{ClinicRow, clinic},
    statement::{Values, caller, gated, standing, statements, values},
    time_off::{TimeOff, time_off_row},
    writes::{WRITTEN, unique, unwritten, written},
};

/// An account's row, of the values of [`columns`], where it has not been made before.
macro_rules! insert {
    () => {
        concat!(
            "
        INSERT INTO accounts (account_type, name, name_key, email, email_key, password_hash,
                              specialty, specialty_key, details, created_at, registered_from, write_id)
        SELECT :account_type, :name, :name_key, :email, :email_key, :password_hash,
               :specialty, :specialty_key, :details, :now, :source, :write_id
        WHERE ",
            $crate::writes::unwritten!()
        )
    };
}

/// The registrations from one source within an hour.
macro_rules! registrations {
    () => {
        "SELECT created_at AS at FROM accounts WHERE registered_from = :source AND created_at > :now - 3600
         UNION ALL SELECT at FROM refused_registrations WHERE source = :source AND at > :now - 3600"
    };
}

macro_rules! account {
    () => {
        "json_object('id', id, 'name', name, 'email', email, 'account_type', account_type,
                     'active', json(iif(active, 'true', 'false')))"
    };
}

/// A change of another account, by an Admin, that is not erased.
macro_rules! by_admin {
    ($set:literal, $where:literal) => {
        concat!(
            "
        UPDATE accounts SET ",
            $set,
            ", write_id = :write_id
        WHERE id = :id AND erased_at IS NULL AND ",
            $where,
            " AND ",
            unwritten!(),
            " AND ",
            caller!("AND caller.account_type = 'Admin'"),
            " RETURNING json_quote(account_type)"
        )
    };
}

statements! {
    /// `:caller` is NULL where nobody in particular registers themselves.
    REGISTER = concat!(insert!(), "
        AND (:caller IS NULL OR ", caller!(""), ")
        AND (:source IS NULL OR (SELECT count(*) FROM (", registrations!(), ")) < :limit)
        RETURNING id");

    /// Counts a registration that was refused since the email has an account. Sent twice, it counts once.
    REFUSED = "
        INSERT INTO refused_registrations (name, source, at) SELECT :name, :source, :now WHERE :source IS NOT NULL
        ON CONFLICT (name) DO NOTHING";

    /// When a registration that was one too many will be let in.
    REGISTRATIONS_OPEN = concat!("
        SELECT at + 3600 FROM (", registrations!(), ") ORDER BY at DESC LIMIT 1 OFFSET :limit - 1");

    FIRST_ADMIN = concat!(insert!(), "
        AND NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Admin') RETURNING id");

    PASSWORD_HASH = "SELECT json_object('id', id, 'password_hash', password_hash)
                     FROM accounts WHERE email_key = :email_key AND active = 1";

    TOKEN_STANDS = gated!("SELECT 1");

    TOKEN_VERSION = gated!("SELECT token_version FROM accounts WHERE id = :caller");

    HAS_ADMIN = "SELECT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Admin' AND active = 1)";

    /// Those of some emails that have no account; none where a Doctor or Patient has another email, or an
    /// Admin has, unless `:beside_admins`.
    MISSING = "
        SELECT json_group_array(value) FROM json_each(:emails)
        WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE email_key = value)
          AND NOT EXISTS (SELECT 1 FROM accounts
                          WHERE account_type IN ('Doctor', 'Patient')
                            AND email_key NOT IN (SELECT value FROM json_each(:emails)))
          AND (:beside_admins
               OR NOT EXISTS (SELECT 1 FROM accounts
                              WHERE account_type = 'Admin'
                                AND email_key NOT IN (SELECT value FROM json_each(:emails))))";

    ME = gated!(concat!("SELECT ", account!(), " FROM accounts WHERE id = :caller"));

    RENAME = concat!("
        UPDATE accounts SET name = :name, name_key = :name_key, write_id = :write_id
        WHERE id = :caller AND ", unwritten!(), " AND ", caller!(""), "
        RETURNING ", account!());

    /// What RENAME answers, where it was done, of the account as it is now.
    RENAMED = concat!("SELECT ", account!(), " FROM accounts WHERE id = ", written!());

    ACCOUNTS = gated!(concat!("
        SELECT json_group_array(json(document)) FROM (
          SELECT ", account!(), " AS document FROM accounts
          WHERE id > :after
            AND (:account_type IS NULL OR account_type = :account_type)
            AND (:active IS NULL OR active = :active)
            AND (:q IS NULL OR instr(name_key, :q) > 0 OR instr(email_key, :email_q) > 0)
          ORDER BY id LIMIT :limit)"));

    /// An account that an Admin asks for, and whether it has been erased.
    ACCOUNT = gated!(concat!("
        SELECT json_object('account', ", account!(), ", 'erased', erased_at IS NOT NULL) FROM accounts WHERE id = :id"));

    /// What a change by an Admin answers, where it was made.
    CHANGED = concat!("SELECT json_quote(account_type) FROM accounts WHERE id = ", written!());

    DEACTIVATE = by_admin!("active = 0, token_version = token_version + 1, kept_token = NULL", "active = 1");
    ACTIVATE = by_admin!("active = 1", "active = 0");
    RESET_PASSWORD = by_admin!(
        "password_hash = :new_hash, token_version = token_version + 1, kept_token = NULL", "TRUE");

    /// The email is none, so that nobody has it, and the hash one that no password has.
    ERASE = by_admin!("
        erased_at = :now, active = 0, token_version = token_version + 1, kept_token = NULL,
        name = 'Erased', name_key = 'erased', email = 'erased-' || id, email_key = 'erased-' || id, password_hash = '$argon2id$erased', registered_from = NULL, signed_in_at = NULL",
        "TRUE");

    EXPORT = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'account', ", account!(), ",
          'created_at', created_at, 'specialty', specialty, 'details', details,
          'signed_in_at', signed_in_at, 'registered_from', registered_from,
          'sources', (SELECT json_group_array(json_object('source', source, 'at', at))
                      FROM sign_in_sources WHERE account_id = :caller),
          'appointments', (
            SELECT json_group_array(json_object(
              'id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at, 'duration', duration,
              'status', status, 'reason', reason, 'version', version,
              'idempotency_key', iif(patient_id = :caller, idempotency_key, NULL)))
            FROM (
              SELECT * FROM appointments WHERE doctor_id = :caller
              UNION ALL SELECT * FROM appointments WHERE patient_id = :caller)),
          'time_off', (SELECT json_group_array(", time_off_row!(), ") FROM time_off WHERE doctor_id = :caller),
          'working_hours', (
            SELECT json_group_array(json_object('weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
            FROM working_hours WHERE doctor_id = :caller),
          'audit', (
            SELECT json_group_array(", entry!(), ")
            FROM (
              SELECT * FROM audit WHERE actor_id = :caller
              UNION SELECT * FROM audit WHERE account_id = :caller
              UNION SELECT * FROM audit WHERE appointment_id IN (SELECT id FROM appointments WHERE patient_id = :caller)
              ORDER BY at, id)))
        FROM accounts WHERE id = :caller"));
}

fn columns(account: &NewAccount, origin: &Origin) -> [(&'static str, libsql::Value); 10] {
    let specialty = account.specialty.as_ref().map(|specialty| specialty.as_str());
    values![
        ":account_type" => account.account_type.as_str(),
        ":name" => account.name.as_str(),
        ":name_key" => without_case(account.name.as_str()),
        ":email" => account.email.as_str(),
        ":email_key" => Email::key(account.email.as_str()),
        ":password_hash" => account.password_hash.as_str(),
        ":specialty" => specialty,
        ":specialty_key" => specialty.map(without_case),
        ":details" => account.details.as_ref().map(|details| details.as_str()),
        ":now" => origin.at.timestamp(),
    ]
}

/// Makes an account; `registrar` is whoever is signed in and does, if somebody is. What anyone but an
/// Admin registers is counted, by where it comes from.
///
/// # Errors
/// [`domain::Error::EmailTaken`], [`domain::Error::TooMany`], and [`domain::Error::Unauthenticated`] where the registrar's
/// token has ended.
pub async fn register(
    database: &Database,
    registrar: Option<&Caller>,
    account: &NewAccount,
    limits: &Limits,
    origin: &Origin,
) -> Result<AccountId, Error> {
    let source = origin.source.clone().filter(|_| !registrar.is_some_and(Caller::is_admin));
    let counted = || {
        values![
            ":source" => source.clone(),
            ":limit" => limits.registrations_per_source,
            ":now" => origin.at.timestamp(),
        ]
    };
    let gate = values![
        ":caller" => registrar.map(|caller| caller.account_id.get()),
        ":token_version" => registrar.map(|caller| caller.token_version),
        ":token_id" => registrar.map(|caller| caller.token_id),
    ];
    let values = columns(account, origin).into_iter().chain(counted()).chain(gate);
    match database.write(&REGISTER, &WRITTEN, origin, values).await.map_err(Error::from) {
        Ok(Some(id)) => return Ok(id),
        Ok(None) => {}
        Err(Error::Refused(domain::Error::EmailTaken)) => {
            let name = values![":name" => unique()?];
            database.repeat::<i64>(&REFUSED, &Values::new(counted().into_iter().chain(name))).await?;
            return Err(domain::Error::EmailTaken.into());
        }
        Err(error) => return Err(error),
    }
    let opens: Option<i64> = database.read(&REGISTRATIONS_OPEN, counted()).await?;
    match opens {
        Some(opens) => Err(domain::Error::TooMany((opens - origin.at.timestamp()).max(1)).into()),
        None => Err(domain::Error::Unauthenticated.into()),
    }
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
    let source = values![":source" => libsql::Value::Null];
    Ok(database.write(&FIRST_ADMIN, &WRITTEN, origin, columns(account, origin).into_iter().chain(source)).await?)
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

/// Checks that a token still stands, for a request that ended before its own statement did.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn token_stands(database: Database, caller: Caller) -> Result<(), Error> {
    database.ask::<i64>(&TOKEN_STANDS, &caller, None, values![]).await.map(drop)
}

/// The token version that the caller's account has now, for a fresh token.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn token_version(database: &Database, caller: &Caller) -> Result<i64, Error> {
    database.ask(&TOKEN_VERSION, caller, None, values![]).await?.ok_or(domain::Error::Unauthenticated.into())
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
    database.ask(&ME, caller, None, values![]).await?.ok_or(domain::Error::Unauthenticated.into())
}

/// Gives the caller's account another name, and answers it as it is then.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn rename(database: &Database, caller: &Caller, name: &Name, origin: &Origin) -> Result<Account, Error> {
    let values = values![":name" => name.as_str(), ":name_key" => without_case(name.as_str())];
    let renamed = database.write(&RENAME, &RENAMED, origin, values.into_iter().chain(standing(caller))).await?;
    renamed.ok_or(domain::Error::Unauthenticated.into())
}

/// What accounts are searched by.
#[derive(Debug, Default)]
pub struct Filter {
    /// Part of the name or the email, in any case.
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
        ":q" => filter.q.as_deref().map(without_case),
        ":email_q" => filter.q.as_deref().map(Email::key),
        ":account_type" => filter.account_type.map(AccountType::as_str),
        ":active" => filter.active,
        ":limit" => page.limit + 1,
    ];
    Ok(database.ask(&ACCOUNTS, caller, None, values).await?.unwrap_or_default())
}

/// What an Admin does to an account.
#[derive(Debug)]
pub enum Change {
    /// It can no longer sign in, and all its tokens end.
    Deactivate,
    /// It can sign in again.
    Activate,
    /// It has another password, by its hash, and all its tokens end.
    ResetPassword(String),
    /// The personal data of a Patient is gone.
    Erase,
}

/// Changes an account, if it is not so already, and answers what it is for.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::LastAdmin`], [`domain::Error::AccountErased`], [`domain::Error::NotAPatient`],
/// [`domain::Error::AppointmentsAhead`], and [`domain::Error::Unauthenticated`] where the Admin's token has ended.
pub async fn change(
    database: &Database,
    admin: &Caller,
    id: AccountId,
    change: &Change,
    origin: &Origin,
) -> Result<AccountType, Error> {
    let (statement, new_hash): (&Statement, _) = match change {
        Change::Deactivate => (&DEACTIVATE, None),
        Change::Activate => (&ACTIVATE, None),
        Change::ResetPassword(hash) => (&RESET_PASSWORD, Some(hash.as_str())),
        Change::Erase => (&ERASE, None),
    };
    let values = values![":id" => id.get(), ":new_hash" => new_hash, ":now" => origin.at.timestamp()];
    let values = values.into_iter().chain(standing(admin));
    match database.write(statement, &CHANGED, origin, values).await {
        Ok(Some(account_type)) => return Ok(account_type),
        Ok(None) => {}
        Err(failure) => return Err(failure.into()),
    }
    let Found { account, erased } = find(database, admin, id).await?;
    match change {
        Change::Erase | Change::Deactivate if erased == 1 => Ok(account.account_type),
        _ if erased == 1 => Err(domain::Error::AccountErased.into()),
        Change::Deactivate if !account.active => Ok(account.account_type),
        Change::Activate if account.active => Ok(account.account_type),
        _ => Err(Error::Contended),
    }
}

#[derive(Deserialize)]
struct Found {
    account: Account,
    erased: u8,
}

async fn find(database: &Database, admin: &Caller, id: AccountId) -> Result<Found, Error> {
    database
        .ask(&ACCOUNT, admin, None, values![":id" => id.get()])
        .await?
        .ok_or(domain::Error::NotFound("account").into())
}

/// Everything that is held about an account, but its password's hash.
#[derive(Deserialize)]
pub struct Export {
    clinic: Option<ClinicRow>,
    /// The account.
    pub account: Account,
    /// When it was made.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub created_at: Instant,
    /// A Doctor's specialty.
    pub specialty: Option<String>,
    /// What a Doctor says of themselves.
    pub details: Option<String>,
    /// When it last signed in.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub signed_in_at: Option<Instant>,
    /// Where it was registered from, in the last hour.
    pub registered_from: Option<String>,
    /// Where it has signed in from.
    pub sources: Vec<Source>,
    /// A Patient's, or a Doctor's.
    pub appointments: Vec<ExportedAppointment>,
    /// A Doctor's.
    pub time_off: Vec<TimeOff>,
    /// A Doctor's.
    pub working_hours: Vec<WorkingHours>,
    /// What it did, and what was done to it.
    pub audit: Vec<Entry>,
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
    pub at: Instant,
}

/// Everything that is held about the caller's account, and the calendar to read it in.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn export(database: &Database, caller: &Caller) -> Result<(Export, Calendar), Error> {
    let mut export: Export =
        database.ask(&EXPORT, caller, None, values![]).await?.ok_or(domain::Error::Unauthenticated)?;
    let clinic = export.clinic.take().ok_or_else(|| Error::Internal("EXPORT answered no clinic".into()))?;
    let calendar = Clinic::try_from(clinic)?.calendar;
    Ok((export, calendar))
}
