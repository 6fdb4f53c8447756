//! The links in mails about accounts. They verify an email, or set a password. The sender of messages inserts them,
//! with only the hashes of their tokens.

use rounds_domain::{self as domain, Email, Timestamp};
use serde::Deserialize;

use crate::{
    Database, Error, Limits, Origin, Writer,
    accounts::{REVOKE_SESSIONS, email_values},
    messages::NOTE,
    operations::{BEGIN, BEGIN_UNAUTHENTICATED, Change, ROW, new_id},
    secret_token::hash,
    sign_ins::{ATTEMPT, DELETE_ATTEMPT, Verified, attempt_values, counted_hash, source, too_many},
    statement::{Values, statements, values},
};

statements! {
    BEGIN_BY_LINK = "links/begin";
    VERIFY = "links/verify";
    USE = "links/use";
    VERIFIED = "links/verified";
    CHANGE_EMAIL = "links/change_email";
    FIND = "links/find";
    SET_PASSWORD = "links/set_password";
    FORGET_ATTEMPTS = "links/forget_attempts";
    DELETE_EXPIRED = "links/delete_expired";
    ADD_VERIFICATION = "links/add_verification";
    ADD_RESET = "links/add_reset";
    DELETE_UNSENT = "links/delete_unsent";
    COUNTED = "links/counted";
    CONFIRM_PASSWORD = "links/confirm_password";
    ADD_NEW_EMAIL = "links/add_new_email";
    ASKED = "links/asked";
}

/// Returns the values that identify the link of a token. `verifies` is whether the link must verify an email. Otherwise
/// it must set a password.
fn link(token: &str, verifies: bool) -> Values {
    values![":hash" => hash(token), ":verifies" => verifies]
}

/// Verifies the email that a link was sent to. If the link is for a new email, the account gets this email.
///
/// # Errors
/// [`domain::Error::LinkExpired`], and [`domain::Error::EmailTaken`] if another account has the new email by now.
pub async fn verify_email(database: &Database, token: &str, origin: &Origin) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Outcome {
        is_verified: bool,
        new_email: Option<String>,
    }
    let steps = [&BEGIN_BY_LINK, &VERIFY, &USE, &VERIFIED];
    let change = Change { steps: &steps, read_result: &VERIFIED, origin };
    let outcome: Option<Outcome> = database.change(&change, link(token, true)).await?;
    let new_email = match outcome {
        Some(Outcome { is_verified: true, .. }) => return Ok(()),
        outcome => outcome.and_then(|outcome| outcome.new_email).ok_or(domain::Error::LinkExpired)?,
    };
    // SQL cannot compute the keys of an email, so this needs a second transaction.
    let steps = [&BEGIN_BY_LINK, &CHANGE_EMAIL, &USE, &ROW];
    let values = link(token, true).and(email_values(&new_email));
    let changed: Option<i64> = database.change(&Change { steps: &steps, read_result: &ROW, origin }, values).await?;
    changed.map(drop).ok_or_else(|| domain::Error::LinkExpired.into())
}

/// A link that can set the password of an account.
pub struct PasswordLink {
    values: Values,
    email_key: String,
}

/// Returns the link of a token if it can set a password: it belongs to a forgotten password or an invitation, has not
/// expired and was not used. Any other token counts as a failed sign-in from its source.
///
/// # Errors
/// [`domain::Error::LinkExpired`], [`domain::Error::TooMany`]
pub async fn password_link(
    database: &Database,
    token: &str,
    limits: &Limits,
    origin: &Origin,
) -> Result<PasswordLink, Error> {
    let values = link(token, false);
    let found = database.read(&FIND, values.clone().and(values![":now" => origin.at.timestamp()])).await?;
    if let Some(email_key) = found {
        return Ok(PasswordLink { values, email_key });
    }
    Err(unusable(database, token, limits, origin).await)
}

/// Returns the error of a token without a link that can be used. It counts as a failed sign-in from its source, so that
/// nobody can try many tokens.
pub(crate) async fn unusable(database: &Database, token: &str, limits: &Limits, origin: &Origin) -> Error {
    let id = match new_id(origin.at) {
        Ok(id) => id,
        Err(failure) => return failure.into(),
    };
    let attempt = attempt_values(&id, &format!("link {token}"), "", limits, origin);
    match database.run_with_retry::<serde_json::Value>(&ATTEMPT, &attempt).await {
        Ok(Some(_)) => domain::Error::LinkExpired.into(),
        Ok(None) => too_many(database, &attempt, origin).await,
        Err(failure) => failure.into(),
    }
}

/// Sets the password of a link's account to `new_hash`, a PHC string. Revokes all sessions of the account, ends its
/// other links, and deletes its failed sign-ins from this source.
///
/// # Errors
/// [`domain::Error::LinkExpired`] if the link was used or has ended since it was found.
pub async fn set_password(
    database: &Database,
    link: PasswordLink,
    new_hash: String,
    origin: &Origin,
) -> Result<(), Error> {
    let values = link.values.and(values![
        ":new_hash" => new_hash,
        ":email_hash" => counted_hash(&link.email_key),
        ":source" => source(origin),
    ]);
    let steps = [&BEGIN_BY_LINK, &SET_PASSWORD, &REVOKE_SESSIONS, &FORGET_ATTEMPTS, &ROW];
    let set: Option<i64> = database.change(&Change { steps: &steps, read_result: &ROW, origin }, values).await?;
    set.map(drop).ok_or_else(|| domain::Error::LinkExpired.into())
}

/// Queues a mail with a link that sets a new password, to the account with this email. If the account never had a
/// password, queues the invitation again. The result is the same if no account has the email.
///
/// The request counts toward the limits of failed sign-ins. Requests for an email are counted separately from its
/// sign-ins. Otherwise anyone could prevent the owner from signing in.
///
/// # Errors
/// [`domain::Error::TooMany`]
pub async fn forgot_password(database: &Database, email: &str, limits: &Limits, origin: &Origin) -> Result<(), Error> {
    let email_key = Email::key(email);
    let values = attempt_values(&new_id(origin.at)?, &format!("forgot {email_key}"), &email_key, limits, origin);
    let steps = [&BEGIN_UNAUTHENTICATED, &ATTEMPT, &ADD_RESET, &DELETE_UNSENT, &NOTE, &COUNTED];
    let change = Change { steps: &steps, read_result: &COUNTED, origin };
    match database.change::<i64>(&change, values.clone()).await? {
        Some(_) => Ok(()),
        None => Err(too_many(database, &values, origin).await),
    }
}

/// Queues a mail with a link that verifies the caller's email, unless it is verified or three such mails wait or were
/// sent within an hour.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn ask_to_verify(writer: &Writer<'_>) -> Result<(), Error> {
    let asked: Option<i64> = writer.change(&[&BEGIN, &ADD_VERIFICATION, &NOTE, &ROW], &ROW, values![]).await?;
    asked.map(drop).ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Queues a mail to a new email of the caller. The account's email changes when the link of this mail is used. The
/// attempt must have verified the caller's password. Returns `false` if the token is no longer valid, or if the
/// account's password has changed since the attempt.
///
/// # Errors
/// [`domain::Error::EmailTaken`], [`domain::Error::TooMany`]
pub async fn ask_for_new_email(writer: &Writer<'_>, verified: &Verified<'_>, email: &Email) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Asked {
        is_added: bool,
        is_taken: bool,
        #[serde(with = "chrono::serde::ts_seconds_option")]
        retry_at: Option<Timestamp>,
    }
    let values = verified.values().and(email_values(email.as_str()));
    let steps = [&BEGIN, &CONFIRM_PASSWORD, &ADD_NEW_EMAIL, &DELETE_ATTEMPT, &ASKED];
    let asked: Option<Asked> = writer.change(&steps, &ASKED, values).await?;
    match asked {
        None => Ok(false),
        Some(Asked { is_added: true, .. }) => Ok(true),
        Some(Asked { is_taken: true, .. }) => Err(domain::Error::EmailTaken.into()),
        Some(Asked { retry_at, .. }) => {
            let now = writer.origin.at;
            let seconds = retry_at.map_or(1, |retry_at| (retry_at - now).num_seconds().max(1));
            Err(domain::Error::TooMany(seconds).into())
        }
    }
}
