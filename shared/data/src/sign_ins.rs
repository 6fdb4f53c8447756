//! Signing in: attempts, counted before a password is compared, and what comes of them.

use rounds_domain::{self as domain, AccountId, AccountType, Caller, Email, Instant};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    Database, Error, Limits, Origin,
    statement::{Values, caller, standing, statements, values},
    writes::{WRITTEN, unique, unwritten},
};

/// The attempts by the same source at the same email, within 15 minutes, but this one.
macro_rules! of_email_and_source {
    () => {
        "FROM sign_in_attempts
         WHERE email_hash = :email_hash AND source = :source AND at > :now - 900 AND name <> :name"
    };
}

/// Those by the same source, within an hour.
macro_rules! of_source {
    () => {
        "FROM sign_in_attempts WHERE source = :source AND at > :now - 3600 AND name <> :name"
    };
}

/// Those at the same email, within an hour, by sources where its account has not signed in before.
macro_rules! of_email {
    () => {
        "FROM sign_in_attempts
         WHERE email_hash = :email_hash AND at > :now - 3600 AND name <> :name
           AND NOT EXISTS (SELECT 1 FROM sign_in_sources AS known
                           WHERE known.account_id = (SELECT id FROM accounts WHERE email_key = :email_key)
                             AND known.source = sign_in_attempts.source)"
    };
}

/// The condition that the account has signed in from this source before: the two limits of an hour are not for it.
macro_rules! is_known {
    () => {
        "EXISTS (SELECT 1 FROM sign_in_sources AS known
                 WHERE known.account_id = (SELECT id FROM accounts WHERE email_key = :email_key)
                   AND known.source = :source)"
    };
}

/// From when on an attempt is let in again, once as many as `$limit` of them are older than `$window`.
macro_rules! opens {
    ($attempts:expr, $limit:literal, $window:literal) => {
        concat!(
            "coalesce((SELECT at + ",
            $window,
            " FROM (SELECT at ",
            $attempts,
            ") ORDER BY at DESC LIMIT 1 OFFSET ",
            $limit,
            " - 1), 0)"
        )
    };
}

statements! {
    /// Notes an attempt, if the limits let it in; and answers what it is checked against. Sent twice,
    /// it is noted once.
    ATTEMPT = concat!("
        INSERT INTO sign_in_attempts (name, email_hash, source, at)
        SELECT :name, :email_hash, :source, :now
        WHERE (SELECT count(*) ", of_email_and_source!(), ") < :per_email_and_source
          AND (", is_known!(), "
               OR ((SELECT count(*) ", of_source!(), ") < :per_source
                   AND (SELECT count(*) ", of_email!(), ") < :per_email))
        ON CONFLICT (name) DO UPDATE SET at = at
        RETURNING json_object(
          'earlier', (SELECT count(*) ", of_email_and_source!(), "),
          'credentials', (
            SELECT json_object('id', id, 'account_type', account_type, 'token_version', token_version,
                               'password_hash', password_hash)
            FROM accounts WHERE email_key = :email_key AND active = 1))");

    /// When an attempt that was not let in will be.
    OPENS = concat!("
        SELECT max(", opens!(of_email_and_source!(), ":per_email_and_source", "900"), ",
                   iif(", is_known!(), ", 0, max(", opens!(of_source!(), ":per_source", "3600"), ",
                                                 ", opens!(of_email!(), ":per_email", "3600"), ")))");

    SIGN_IN = concat!("
        INSERT INTO sign_ins (account_id, attempt, source, at, password_hash, write_id)
        SELECT id, :name, :source, :now, iif(password_hash = :password_hash, :new_hash, NULL), :write_id FROM accounts
        WHERE id = :id AND active = 1 AND token_version = :token_version AND ", unwritten!(), "
        RETURNING account_id");

    CHANGE_PASSWORD = concat!("
        INSERT INTO password_changes (account_id, attempt, password_hash, token_id, write_id)
        SELECT id, :name, :new_hash, :token_id, :write_id FROM accounts
        WHERE id = :caller AND password_hash = :password_hash AND ", unwritten!(), " AND ", caller!(""), "
        RETURNING account_id");
}

/// An attempt that was let in.
pub struct Attempt {
    name: String,
    source: String,
    /// How many came before it, of the same email and source, and failed.
    pub earlier: i64,
    /// What its password is checked against; `None` where no active account has the email.
    pub credentials: Option<Credentials>,
}

/// What a password is checked against.
#[derive(Deserialize)]
pub struct Credentials {
    /// The account.
    pub id: AccountId,
    /// Its type.
    pub account_type: AccountType,
    /// Its token version.
    pub token_version: i64,
    /// A PHC string.
    pub password_hash: String,
}

impl Credentials {
    /// Whom a token is signed for, once the password has proven right.
    pub fn caller(&self, token_id: i64, now: Instant) -> Caller {
        Caller {
            account_id: self.id,
            account_type: self.account_type,
            token_version: self.token_version,
            token_id,
            signed_in_at: now,
        }
    }
}

#[derive(Deserialize)]
struct Noted {
    earlier: i64,
    credentials: Option<Credentials>,
}

/// Lets an attempt at an email's password in, or not. It counts as failed until [`succeed`]. Whether
/// the email has an account makes no difference.
///
/// # Errors
/// [`domain::Error::TooMany`]
pub async fn attempt(database: &Database, email: &str, limits: &Limits, origin: &Origin) -> Result<Attempt, Error> {
    let key = Email::key(email);
    let name = unique()?;
    // What no gateway has seen come in counts as from one source.
    let source = origin.source.clone().unwrap_or_default();
    let values = Values::new(values![
        ":name" => name.clone(),
        ":email_hash" => format!("{:x}", Sha256::digest(&key)),
        ":email_key" => key,
        ":source" => source.clone(),
        ":now" => origin.at.timestamp(),
        ":per_email_and_source" => limits.logins_per_email_and_source,
        ":per_source" => limits.logins_per_source,
        ":per_email" => limits.logins_per_email,
    ]);
    if let Some(Noted { earlier, credentials }) = database.repeat(&ATTEMPT, &values).await? {
        return Ok(Attempt { name, source, earlier, credentials });
    }
    let opens: Option<i64> = database.repeat(&OPENS, &values).await?;
    Err(domain::Error::TooMany((opens.unwrap_or_default() - origin.at.timestamp()).max(1)).into())
}

/// Notes that an attempt has succeeded, and replaces the password's hash by `new_hash`, if there is
/// one; whether the account still is as it was.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn succeed(
    database: &Database,
    attempt: &Attempt,
    credentials: &Credentials,
    new_hash: Option<String>,
    origin: &Origin,
) -> Result<bool, Error> {
    let values = values![
        ":id" => credentials.id.get(),
        ":name" => attempt.name.clone(),
        ":source" => attempt.source.clone(),
        ":now" => origin.at.timestamp(),
        ":token_version" => credentials.token_version,
        ":password_hash" => credentials.password_hash.clone(),
        ":new_hash" => new_hash,
    ];
    let made: Option<i64> = database.write(&SIGN_IN, &WRITTEN, origin, values).await?;
    Ok(made.is_some())
}

/// Changes the caller's password, after an attempt that has succeeded, and ends all tokens but this
/// one.
///
/// # Errors
/// [`domain::Error::Unauthenticated`], where the token has ended meanwhile.
pub async fn change_password(
    database: &Database,
    caller: &Caller,
    attempt: &Attempt,
    credentials: &Credentials,
    new_hash: &str,
    origin: &Origin,
) -> Result<(), Error> {
    let values = values![
        ":name" => attempt.name.clone(),
        ":password_hash" => credentials.password_hash.clone(),
        ":new_hash" => new_hash,
    ];
    let values = values.into_iter().chain(standing(caller));
    let changed: Option<i64> = database.write(&CHANGE_PASSWORD, &WRITTEN, origin, values).await?;
    changed.map(drop).ok_or(domain::Error::Unauthenticated.into())
}
