//! Sign-in: attempts and sessions. An attempt is counted before its password is compared.

use rounds_domain::{self as domain, AccountId, AccountType, Caller, ClinicId, Email, SessionId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    Database, Error, Limits, Origin, Writer,
    operations::{BEGIN, BEGIN_UNAUTHENTICATED, Change, ROW, new_id},
    statement::{Value, Values, statements, values},
};

statements! {
    ATTEMPT = "sign_ins/attempt";
    RETRY_AT = "sign_ins/retry_at";
    OPEN_SESSION = "sign_ins/open_session";
    UPDATE_LOGIN = "sign_ins/update_login";
    DELETE_ATTEMPT = "sign_ins/delete_attempt";
    REMEMBER_SOURCE = "sign_ins/remember_source";
    SESSION = "sign_ins/session";
    FAIL = "sign_ins/fail";
    CONFIRM_FAILED = "sign_ins/confirm_failed";
    CHANGE_PASSWORD = "sign_ins/change_password";
    REVOKE_OTHER_SESSIONS = "sign_ins/revoke_other_sessions";
    RETAIN_TOKEN = "sign_ins/retain_token";
}

/// An attempt that the limits allow.
pub struct Attempt {
    id: Value,
    email_key: String,
    source: String,
    clinic: ClinicId,
    /// How many earlier attempts with the same email from the same source failed.
    pub earlier: i64,
    /// The credentials to compare the password with. `None` if no active account has the email.
    pub credentials: Option<Credentials>,
}

/// The credentials of an account.
#[derive(Clone, Deserialize)]
pub struct Credentials {
    /// The account's id.
    pub id: AccountId,
    /// The type of the account.
    pub account_type: AccountType,
    /// The password's hash, a PHC string.
    pub password_hash: String,
}

/// An attempt with the right password.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    /// The attempt.
    pub attempt: &'a Attempt,
    /// The credentials that the password was compared with.
    pub credentials: &'a Credentials,
}

impl Verified<'_> {
    /// Returns the values of a change that needs the caller's own password.
    pub(crate) fn values(&self) -> Values {
        values![
            ":attempt" => self.attempt.id.clone(),
            ":password_hash" => self.credentials.password_hash.as_str(),
        ]
    }
}

#[derive(Deserialize)]
struct AttemptRow {
    earlier: i64,
    clinic: ClinicId,
    credentials: Option<Credentials>,
}

/// Counts an attempt to sign in with an email, if the limits allow it. The attempt counts as failed until
/// [`succeed`] or [`change_password`]. Attempts with emails that have no account are counted in the same way.
///
/// # Errors
/// [`domain::Error::TooMany`]
pub async fn attempt(database: &Database, email: &str, limits: &Limits, origin: &Origin) -> Result<Attempt, Error> {
    let email_key = Email::key(email);
    let (id, source) = (new_id(origin.at)?, source(origin));
    let values = attempt_values(&id, &email_key, &email_key, limits, origin);
    if let Some(AttemptRow { earlier, clinic, credentials }) = database.run_with_retry(&ATTEMPT, &values).await? {
        return Ok(Attempt { id, email_key, source, clinic, earlier, credentials });
    }
    Err(too_many(database, &values, origin).await)
}

/// Returns the source of a request. Requests that did not come through a gateway count as requests from one source.
pub(crate) fn source(origin: &Origin) -> String {
    origin.source.clone().unwrap_or_default()
}

/// Returns the hash of the text that an attempt is counted by.
pub(crate) fn counted_hash(counted: &str) -> String {
    format!("{:x}", Sha256::digest(counted))
}

/// Returns the values of [`ATTEMPT`]. `counted` is the text that the attempt is counted by: for a sign-in, the email.
/// The limits for an hour do not apply at a source where the account of `email_key` has signed in before.
pub(crate) fn attempt_values(id: &Value, counted: &str, email_key: &str, limits: &Limits, origin: &Origin) -> Values {
    values![
        ":attempt" => id.clone(),
        ":email_hash" => counted_hash(counted),
        ":email_key" => email_key,
        ":source" => source(origin),
        ":now" => origin.at.timestamp(),
        ":per_email_and_source" => limits.logins_per_email_and_source,
        ":per_source" => limits.logins_per_source,
        ":per_email" => limits.logins_per_email,
    ]
}

/// Returns the error for an attempt that the limits do not allow.
pub(crate) async fn too_many(database: &Database, attempt: &Values, origin: &Origin) -> Error {
    match database.run_with_retry::<i64>(&RETRY_AT, attempt).await {
        Ok(retry_at) => domain::Error::TooMany((retry_at.unwrap_or_default() - origin.at.timestamp()).max(1)).into(),
        Err(failure) => failure.into(),
    }
}

/// Records that the password of an attempt was wrong: writes an audit entry.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn fail(database: &Database, attempt: &Attempt, origin: &Origin) -> Result<(), Error> {
    let values = values![":email_key" => attempt.email_key.as_str(), ":source" => attempt.source.as_str()];
    let steps = [&BEGIN_UNAUTHENTICATED, &FAIL, &CONFIRM_FAILED];
    database.change::<i64>(&Change { steps: &steps, read_result: &ROW, origin }, values).await?;
    Ok(())
}

/// Records that the password of an attempt was right: opens a session, and replaces the stored hash by `new_hash`,
/// if it is given. Returns the caller to issue a token for. `None` if the account has changed since the attempt.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn succeed(
    database: &Database,
    verified: &Verified<'_>,
    new_hash: Option<String>,
    origin: &Origin,
) -> Result<Option<Caller>, Error> {
    let Verified { attempt, credentials } = verified;
    let values = values![
        ":id" => credentials.id.get(),
        ":attempt" => attempt.id.clone(),
        ":source" => attempt.source.as_str(),
        ":password_hash" => credentials.password_hash.as_str(),
        ":new_hash" => new_hash,
    ];
    let steps = [&BEGIN_UNAUTHENTICATED, &OPEN_SESSION, &UPDATE_LOGIN, &DELETE_ATTEMPT, &REMEMBER_SOURCE, &SESSION];
    let session: Option<SessionId> =
        database.change(&Change { steps: &steps, read_result: &SESSION, origin }, values).await?;
    let caller = |session| Caller {
        account_id: credentials.id,
        account_type: credentials.account_type,
        clinic: attempt.clinic,
        session,
        token_id: 0,
        generation: 0,
        signed_in_at: origin.at,
    };
    Ok(session.map(caller))
}

/// Sets the caller's password to `new_hash`, a PHC string. The attempt must have verified the old password.
/// Revokes all other sessions of the account, and all other tokens of this session. Returns `false` if the token
/// is no longer valid or the account's password has changed since the attempt.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn change_password(writer: &Writer<'_>, verified: &Verified<'_>, new_hash: &str) -> Result<bool, Error> {
    let values = verified.values().and(values![":new_hash" => new_hash]);
    let steps = [&BEGIN, &CHANGE_PASSWORD, &DELETE_ATTEMPT, &REVOKE_OTHER_SESSIONS, &RETAIN_TOKEN, &ROW];
    let changed: Option<i64> = writer.change(&steps, &ROW, values).await?;
    Ok(changed.is_some())
}
