//! Accounts.

use rounds_domain::{AccountId, AccountType, Caller, Email, Error, Instant, NewAccount, without_case};
use serde::Deserialize;

use crate::{
    Database,
    statement::{caller, gated, statements, values},
};

/// An account's row, of the values of [`columns`].
macro_rules! insert {
    () => {
        "
        INSERT INTO accounts (account_type, name, name_key, email, email_key, password_hash,
                              specialty, specialty_key, details, created_at)
        SELECT :account_type, :name, :name_key, :email, :email_key, :password_hash,
               :specialty, :specialty_key, :details, :now
        "
    };
}

statements! {
    /// `:caller` is NULL where nobody in particular registers themselves.
    REGISTER = concat!(insert!(), "WHERE :caller IS NULL OR ", caller!(""), " RETURNING id");

    /// What REGISTER answers, where it was done: no two hashes are the same.
    REGISTERED = "SELECT id FROM accounts WHERE email_key = :email_key AND password_hash = :password_hash";

    FIRST_ADMIN = concat!(insert!(), "
        WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Admin') RETURNING id");

    CREDENTIALS = "
        SELECT json_object('id', id, 'account_type', account_type, 'token_version', token_version,
                           'password_hash', password_hash)
        FROM accounts WHERE email_key = :email_key AND active = 1";

    TOKEN_STANDS = gated!("SELECT 1");

    HAS_ONLY_ADMINS = "
        SELECT NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Doctor')
           AND NOT EXISTS (SELECT 1 FROM accounts WHERE account_type = 'Patient')";
}

/// What a login is checked against.
#[derive(Deserialize)]
pub struct Credentials {
    id: AccountId,
    account_type: AccountType,
    token_version: i64,
    /// A PHC string.
    pub password_hash: String,
}

impl Credentials {
    /// Whom a token is signed for, once the password has proven right.
    pub fn caller(&self) -> Caller {
        Caller { account_id: self.id, account_type: self.account_type, token_version: self.token_version }
    }
}

fn columns(account: &NewAccount, now: Instant) -> [(&'static str, libsql::Value); 10] {
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
        ":now" => now.timestamp(),
    ]
}

/// Makes an account; `registrar` is the Admin who does, if one does.
///
/// # Errors
/// [`Error::EmailTaken`], and [`Error::Unauthenticated`] where the registrar's token has ended.
pub async fn register(
    database: &Database,
    registrar: Option<&Caller>,
    account: &NewAccount,
    now: Instant,
) -> Result<AccountId, Error> {
    let gate = values![
        ":caller" => registrar.map(|caller| caller.account_id.get()),
        ":token_version" => registrar.map(|caller| caller.token_version),
    ];
    let id = database.write(&REGISTER, Some(&REGISTERED), columns(account, now).into_iter().chain(gate)).await?;
    id.ok_or(Error::Unauthenticated)
}

/// Makes an account where there is no Admin yet; `None` where there is one.
///
/// # Errors
/// [`Error::EmailTaken`]
pub async fn register_first_admin(
    database: &Database,
    account: &NewAccount,
    now: Instant,
) -> Result<Option<AccountId>, Error> {
    Ok(database.write(&FIRST_ADMIN, Some(&REGISTERED), columns(account, now)).await?)
}

/// The active account with this email, in whatever case.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn credentials(database: &Database, email: &str) -> Result<Option<Credentials>, Error> {
    Ok(database.read(&CREDENTIALS, values![":email_key" => Email::key(email)]).await?)
}

/// Checks that a token still stands, for a request that ended before its own statement did.
///
/// # Errors
/// [`Error::Unauthenticated`]
pub async fn token_stands(database: Database, caller: Caller) -> Result<(), Error> {
    database.ask::<i64>(&TOKEN_STANDS, &caller, None, values![]).await.map(drop)
}

/// Whether there is neither a Doctor nor a Patient.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn has_only_admins(database: &Database) -> Result<bool, Error> {
    let answer: Option<i64> = database.read(&HAS_ONLY_ADMINS, values![]).await?;
    Ok(answer == Some(1))
}
