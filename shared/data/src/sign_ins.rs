//! Signing in: attempts, counted before a password is compared, and sessions.

use rounds_domain::{self as domain, AccountId, AccountType, Caller, ClinicId, Email, SessionId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    Database, Error, Limits, Origin, Writer,
    operations::{BEGIN, BEGIN_UNAUTHENTICATED, Change, ROW, new_id},
    statement::{Value, statements, values},
};

statements! {
    ATTEMPT = "sign_ins/attempt";
    OPENS = "sign_ins/opens";
    OPEN_SESSION = "sign_ins/open_session";
    UPDATE_LOGIN = "sign_ins/update_login";
    DELETE_ATTEMPT = "sign_ins/delete_attempt";
    REMEMBER_SOURCE = "sign_ins/remember_source";
    OPENED = "sign_ins/opened";
    FAIL = "sign_ins/fail";
    CLAIM_FAILED = "sign_ins/claim_failed";
    CHANGE_PASSWORD = "sign_ins/change_password";
    REVOKE_OTHER_SESSIONS = "sign_ins/revoke_other_sessions";
    RETAIN_TOKEN = "sign_ins/retain_token";
}

/// An attempt that was let in.
pub struct Attempt {
    id: Value,
    email_key: String,
    source: String,
    clinic: ClinicId,
    /// How many came before it, of the same email and source, and failed.
    pub earlier: i64,
    /// What its password is compared with; `None` where no active account has the email.
    pub credentials: Option<Credentials>,
}

/// What a password is compared with.
#[derive(Clone, Deserialize)]
pub struct Credentials {
    /// The account.
    pub id: AccountId,
    /// Its type.
    pub account_type: AccountType,
    /// A PHC string.
    pub password_hash: String,
}

/// An attempt whose password is right.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    /// The attempt.
    pub attempt: &'a Attempt,
    /// What its password was compared with.
    pub credentials: &'a Credentials,
}

#[derive(Deserialize)]
struct AttemptRow {
    earlier: i64,
    clinic: ClinicId,
    credentials: Option<Credentials>,
}

/// Lets an attempt at an email's password in, or not. It counts as failed until [`succeed`] or
/// [`change_password`]. Whether the email has an account makes no difference.
///
/// # Errors
/// [`domain::Error::TooMany`]
pub async fn attempt(database: &Database, email: &str, limits: &Limits, origin: &Origin) -> Result<Attempt, Error> {
    let email_key = Email::key(email);
    let id = new_id(origin.at)?;
    // Requests that no gateway has seen count as from one source.
    let source = origin.source.clone().unwrap_or_default();
    let values = values![
        ":attempt" => id.clone(),
        ":email_hash" => format!("{:x}", Sha256::digest(&email_key)),
        ":email_key" => email_key.as_str(),
        ":source" => source.as_str(),
        ":now" => origin.at.timestamp(),
        ":per_email_and_source" => limits.logins_per_email_and_source,
        ":per_source" => limits.logins_per_source,
        ":per_email" => limits.logins_per_email,
    ];
    if let Some(AttemptRow { earlier, clinic, credentials }) = database.repeat(&ATTEMPT, &values).await? {
        return Ok(Attempt { id, email_key, source, clinic, earlier, credentials });
    }
    let opens: Option<i64> = database.repeat(&OPENS, &values).await?;
    Err(domain::Error::TooMany((opens.unwrap_or_default() - origin.at.timestamp()).max(1)).into())
}

/// The password of an attempt was wrong: the trail has a line of it.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn fail(database: &Database, attempt: &Attempt, origin: &Origin) -> Result<(), Error> {
    let values = values![":email_key" => attempt.email_key.as_str(), ":source" => attempt.source.as_str()];
    let steps = [&BEGIN_UNAUTHENTICATED, &FAIL, &CLAIM_FAILED];
    database.change::<i64>(&Change { steps: &steps, done: &ROW, origin }, values).await?;
    Ok(())
}

/// The password of an attempt was right: opens a session, and replaces the password's hash by `new_hash`, if there
/// is one. Answers whom the token is to be signed for; `None` where the account is not as it was any more.
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
    let steps = [&BEGIN_UNAUTHENTICATED, &OPEN_SESSION, &UPDATE_LOGIN, &DELETE_ATTEMPT, &REMEMBER_SOURCE, &OPENED];
    let session: Option<SessionId> = database.change(&Change { steps: &steps, done: &OPENED, origin }, values).await?;
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

/// Changes the caller's password to that of `new_hash`, a PHC string, after an attempt at the old one was right. All
/// other sessions end, and of this one all other tokens. `false` where the token is not good any more, or the account
/// has other credentials than those of the attempt.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn change_password(writer: &Writer<'_>, verified: &Verified<'_>, new_hash: &str) -> Result<bool, Error> {
    let values = values![
        ":attempt" => verified.attempt.id.clone(),
        ":password_hash" => verified.credentials.password_hash.as_str(),
        ":new_hash" => new_hash,
    ];
    let steps = [&BEGIN, &CHANGE_PASSWORD, &DELETE_ATTEMPT, &REVOKE_OTHER_SESSIONS, &RETAIN_TOKEN, &ROW];
    let changed: Option<i64> = writer.change(&steps, &ROW, values).await?;
    Ok(changed.is_some())
}
