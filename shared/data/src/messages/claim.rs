//! Claims messages, and records the outcomes of attempts to send them.

use std::collections::HashMap;

use chrono::TimeDelta;
use rounds_domain::{AppointmentId, ClinicId, MessageId, MessageKind, MessageState, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ADD_LINKS, ADDRESS, CALL, CLAIM_DUE, CLAIMED, DROP, DROP_CALLS, GROUP, NOTE, POSTPONE, RECORD, change};
use crate::{
    Database, Error, Origin, SecretToken,
    links::DELETE_EXPIRED,
    operations::{BEGIN_UNAUTHENTICATED, Change},
    statement::values,
};

/// How many messages are claimed at once. Only those of one reader that are due at the same time can be more.
const CLAIMED_AT_ONCE: usize = 50;
/// The number of links that are generated for each claimed message. Only reminders of many appointments need more, or a
/// claim of more messages.
const LINKS_PER_MESSAGE: usize = 4;
/// How long a claim lasts. After that, another sender can claim the messages whose outcome is not recorded.
const CLAIM: TimeDelta = TimeDelta::seconds(120);

/// How messages can be sent.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    /// Whether text messages can be sent to phones.
    pub texts: bool,
    /// The end of the quiet hours, if they have begun. Reminders of later appointments are not sent before it.
    pub quiet_until: Option<Timestamp>,
}

/// Messages that only this sender may send until the claim ends.
pub struct Claim {
    id: String,
    /// When the claim ends.
    pub until: Timestamp,
    /// The clinic that sends them.
    pub clinic: Contact,
    /// The messages. Those of one mail follow each other, in the order of the starts of their appointments.
    pub messages: Vec<ClaimedMessage>,
    /// The tokens of their links.
    pub tokens: Tokens,
}

#[derive(Deserialize)]
struct Claimed {
    claim: String,
    clinic: Contact,
    messages: Vec<ClaimedMessage>,
}

/// How a reader finds and reaches the clinic.
#[derive(Deserialize)]
pub struct Contact {
    /// The clinic's id.
    pub public_id: ClinicId,
    /// The clinic's name.
    pub name: String,
    /// The name of its time zone (IANA).
    pub time_zone: String,
    /// The phone number, as people write it.
    pub phone: Option<String>,
    /// The email.
    pub email: Option<String>,
    /// The postal address.
    pub address: Option<String>,
}

impl Claim {
    /// Returns the messages of each mail. They have the same reader and kind.
    pub fn mails(&self) -> impl Iterator<Item = &[ClaimedMessage]> {
        self.messages.chunk_by(|one, next| one.message_id == next.message_id)
    }
}

/// A claimed message, with everything that is needed to render it.
#[derive(Deserialize)]
pub struct ClaimedMessage {
    /// The id.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// The Message-ID without its domain. Messages with the same one are one mail.
    pub message_id: String,
    /// The email or the phone number of the reader.
    pub sent_to: String,
    /// Whether it is sent to a phone.
    pub is_text: bool,
    /// The number of attempts, including this one.
    pub attempts: u32,
    /// When it was first due.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub due_at: Timestamp,
    /// The reader's name.
    pub name: String,
    /// The reader's language (BCP 47).
    pub language: String,
    /// The secret link of a message about an account.
    pub link: Option<Link>,
    /// The appointments that it is about.
    pub appointments: Vec<ClaimedAppointment>,
    /// The content of the earlier message to the reader about the appointment, if any.
    pub before: Option<Told>,
}

/// What a message says about an appointment.
#[derive(Deserialize)]
pub struct Told {
    /// The start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
}

/// An appointment of a claimed message.
#[derive(Deserialize)]
pub struct ClaimedAppointment {
    /// The id.
    pub id: AppointmentId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// The start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// The duration in minutes.
    pub duration: i64,
    /// The Patient's name. `None`: the Patient is the reader.
    pub patient_name: Option<String>,
    /// The Doctor's name.
    pub doctor_name: String,
    /// The Doctor's specialty.
    pub specialty: Option<String>,
    /// The reason of a cancellation.
    pub reason: Option<String>,
    /// The secret link to it.
    pub link: Option<Link>,
}

/// A secret link: the hash of its token. Only [`Tokens`] has the token.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Link(String);

/// The tokens of a claim, by the hexadecimal form of their hashes.
pub struct Tokens(HashMap<String, SecretToken>);

impl Tokens {
    fn generate(count: usize) -> Result<Self, Error> {
        let tokens = (0..count).map(|_| SecretToken::generate().map(|token| (hexadecimal(&token.hash()), token)));
        tokens.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the token of a link.
    pub fn of(&self, link: &Link) -> Option<&SecretToken> {
        self.0.get(&link.0)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Claims messages that are due, and drops those that are no longer true.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`]: then the messages are claimed again when the claim has ended.
pub async fn claim(database: &Database, now: Timestamp, channels: Channels) -> Result<Claim, Error> {
    let until = now + CLAIM;
    let tokens = Tokens::generate(CLAIMED_AT_ONCE * LINKS_PER_MESSAGE)?;
    let values = values![
        ":texts" => channels.texts,
        ":quiet_until" => channels.quiet_until.map(|until| until.timestamp()),
        ":claimed_until" => until.timestamp(),
        ":limit" => CLAIMED_AT_ONCE as i64,
        ":lifetimes" => lifetimes().to_string(),
        ":hashes" => json!(tokens.0.keys().collect::<Vec<_>>()).to_string(),
    ];
    let steps = [
        &BEGIN_UNAUTHENTICATED,
        &DELETE_EXPIRED,
        &DROP,
        &DROP_CALLS,
        &POSTPONE,
        &CLAIM_DUE,
        &ADDRESS,
        &GROUP,
        &CALL,
        &ADD_LINKS,
        &NOTE,
        &CLAIMED,
    ];
    let change = Change { steps: &steps, read_result: &CLAIMED, origin: &Origin::program(now) };
    let claimed: Option<Claimed> = database.change(&change, values).await?;
    let Claimed { claim, clinic, messages } =
        claimed.ok_or_else(|| Error::Internal("messages/claimed returned no row".into()))?;
    Ok(Claim { id: claim, until, clinic, messages, tokens })
}

/// Returns how many seconds the links of each kind are valid. Those of appointments are valid until they start.
fn lifetimes() -> Value {
    let seconds = |kind: MessageKind| Some((kind.as_str().to_owned(), kind.link_lifetime()?.num_seconds().into()));
    Value::Object(MessageKind::ALL.into_iter().filter_map(seconds).collect())
}

/// The outcome of an attempt to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server accepted it.
    Sent,
    /// The server will never accept it.
    Refused(String),
    /// It was certainly not sent.
    Deferred(String),
    /// It may have been sent.
    Unknown(String),
    /// No attempt was made, because the claim ends soon or the sender stops.
    Released,
}

/// Returns the seconds until the next attempt, by the number of attempts so far. `None`: the message has failed, about
/// a day after the first attempt.
fn delay(attempts: u32) -> Option<i64> {
    match attempts {
        0 | 1 => Some(60),
        2 => Some(5 * 60),
        3 => Some(30 * 60),
        4..28 => Some(3600),
        _ => None,
    }
}

impl ClaimedMessage {
    /// Returns whether the message has failed with this outcome: it was refused, or this was the last attempt.
    pub fn fails_with(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Refused(_) => true,
            Outcome::Deferred(_) | Outcome::Unknown(_) => delay(self.attempts).is_none(),
            Outcome::Sent | Outcome::Released => false,
        }
    }
}

#[derive(Serialize)]
struct Recorded<'a> {
    id: MessageId,
    at: i64,
    state: &'static str,
    next_at: Option<i64>,
    error: Option<&'a str>,
    unknown: u8,
    released: u8,
}

/// Records the outcomes of claimed messages.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`]: then the messages are sent again when the claim has ended.
pub async fn record(
    database: &Database,
    claim: &Claim,
    outcomes: &[(&ClaimedMessage, Outcome)],
    now: Timestamp,
) -> Result<(), Error> {
    let recorded = outcomes.iter().map(|(message, outcome)| {
        let (state, error) = match outcome {
            Outcome::Sent => (MessageState::Sent, None),
            Outcome::Released => (MessageState::Queued, None),
            Outcome::Refused(error) | Outcome::Deferred(error) | Outcome::Unknown(error) => {
                let failed = message.fails_with(outcome);
                (if failed { MessageState::Failed } else { MessageState::Queued }, Some(error.as_str()))
            }
        };
        let wait = if *outcome == Outcome::Released { 0 } else { delay(message.attempts).unwrap_or_default() };
        let next_at = (state == MessageState::Queued).then(|| now.timestamp() + wait);
        Recorded {
            id: message.id,
            at: now.timestamp(),
            state: state.as_str(),
            next_at,
            error,
            unknown: matches!(outcome, Outcome::Unknown(_)).into(),
            released: (*outcome == Outcome::Released).into(),
        }
    });
    let outcomes = json!(recorded.collect::<Vec<_>>()).to_string();
    let values = values![":claim" => claim.id.as_str(), ":outcomes" => outcomes];
    change(database, now, &[&RECORD, &NOTE], values).await
}
