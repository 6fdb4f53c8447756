//! The secret calendar feeds of accounts.

use chrono::TimeDelta;
use rounds_domain::{self as domain, AccountId, AppointmentId, Clinic, Timestamp};
use serde::Deserialize;

use crate::{
    Database, Error, SecretToken, Writer,
    clinic::ClinicRow,
    operations::{BEGIN, ROW},
    secret_token::hash,
    statement::{statements, values},
};

statements! {
    SET = "feeds/set";
    DELETE = "feeds/delete";
    NOTE = "feeds/note";
    FIND = "feeds/find";
}

/// How far back a feed begins.
const HISTORY: TimeDelta = TimeDelta::days(30);
/// The maximum number of appointments in a feed. A response of a function can have 6 MB.
const LONGEST: i64 = 5000;

/// The feed of an account.
pub struct Feed {
    /// The account.
    pub owner: AccountId,
    /// Whether it names the other person of each appointment.
    pub details: bool,
    /// The language of its owner (BCP 47).
    pub language: String,
    /// The clinic.
    pub clinic: Clinic,
    /// The appointments that are not cancelled, in order of their starts.
    pub appointments: Vec<FeedAppointment>,
}

/// An appointment in a feed.
#[derive(Deserialize)]
pub struct FeedAppointment {
    /// The id.
    pub id: AppointmentId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// The start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// The duration in minutes.
    pub duration: i64,
    /// When it was booked, rescheduled or marked last.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub changed_at: Timestamp,
    /// The name of the other person. `None` in a feed without details.
    pub with: Option<String>,
}

#[derive(Deserialize)]
struct FeedRow {
    owner_id: AccountId,
    details: u8,
    language: String,
    clinic: ClinicRow,
    appointments: Vec<FeedAppointment>,
}

/// Returns the feed with a key, with the appointments of the last 30 days and ahead.
///
/// # Errors
/// [`domain::Error::NotFound`], also if the account is deactivated.
pub async fn find(database: &Database, key: &str, now: Timestamp) -> Result<Feed, Error> {
    let values = values![":hash" => hash(key), ":from" => (now - HISTORY).timestamp(), ":limit" => LONGEST];
    let row: Option<FeedRow> = database.read(&FIND, values).await?;
    let FeedRow { owner_id: owner, details, language, clinic, appointments } =
        row.ok_or(domain::Error::NotFound("feed"))?;
    Ok(Feed { owner, details: details == 1, language, clinic: clinic.read()?, appointments })
}

/// Makes a feed for the caller. An earlier one ends.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn set(writer: &Writer<'_>, key: &SecretToken, details: bool) -> Result<(), Error> {
    let values = values![":hash" => key.hash(), ":details" => details];
    let set: Option<i64> = writer.change(&[&BEGIN, &SET, &NOTE, &ROW], &ROW, values).await?;
    set.map(drop).ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Ends the caller's feed, if there is one.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn delete(writer: &Writer<'_>) -> Result<(), Error> {
    let deleted: Option<i64> = writer.change(&[&BEGIN, &DELETE, &NOTE, &ROW], &ROW, values![]).await?;
    deleted.map(drop).ok_or_else(|| domain::Error::Unauthenticated.into())
}
