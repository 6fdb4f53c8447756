//! Messages to people. The sender inserts messages about the changes in the audit log, claims messages, and records the
//! outcomes.

mod claim;
mod list;

pub use claim::{
    Channels, Claim, ClaimedAppointment, ClaimedMessage, Contact, Link, Outcome, Tokens, Told, claim, record,
};
pub use list::{Filter, Message, done, list, retry};

use std::collections::HashMap;

use chrono::TimeDelta;
use rounds_domain::{AccountId, Calendar, QuietHours, Timestamp, reminder_due};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Database, Error, Origin, Statement,
    operations::{BEGIN_UNAUTHENTICATED, Change, ROW},
    secret_token::random,
    statement::{Values, statements, values},
};

statements! {
    STATE = "messages/state";
    DELAY = "messages/delay";
    ADD_FOR_APPOINTMENTS = "messages/add_for_appointments";
    ADD_FOR_ACCOUNTS = "messages/add_for_accounts";
    MOVE_CURSOR = "messages/move_cursor";
    NOTE = "messages/note";
    REMINDERS_AHEAD = "messages/reminders_ahead";
    ADD_REMINDERS = "messages/add_reminders";
    ADD_REMINDED = "messages/add_reminded";
    DROP = "messages/drop";
    POSTPONE = "messages/postpone";
    CLAIM_DUE = "messages/claim";
    ADDRESS = "messages/address";
    GROUP = "messages/group";
    CALL = "messages/call";
    DROP_CALLS = "messages/drop_calls";
    ADD_LINKS = "messages/add_links";
    CLAIMED = "messages/claimed";
    RECORD = "messages/record";
    LIST = authenticated "messages/list";
    LIST_OF_APPOINTMENT = authenticated "messages/list_of_appointment";
    LIST_OF_PATIENT = authenticated "messages/list_of_patient";
    LIST_TO_HANDLE = authenticated "messages/list_to_handle";
    FIND = authenticated "messages/find";
    RETRY = "messages/retry";
    DONE = "messages/done";
    NOTE_MESSAGE = "messages/note_message";
}

/// How long a message about a reschedule is held back, because another reschedule often follows.
const HOLD: TimeDelta = TimeDelta::seconds(60);
/// How many audit entries are read in one transaction.
const BATCH: i64 = 500;
/// How many reminders are added in one transaction.
const REMINDERS_AT_ONCE: usize = 50;
/// How many times reminders are added in one run, at most. The next run adds the rest.
const REMINDER_BATCHES: usize = 100;

/// The state of the queue.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Queue {
    /// Whether the audit log has entries that were not read yet.
    pub has_changes: bool,
    /// When the next message that is not claimed is to be sent.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub next_at: Option<Timestamp>,
    /// How many messages are due.
    pub due: u64,
    /// When the oldest message in the queue was first due, or will be.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub oldest: Option<Timestamp>,
}

/// Returns the state of the queue.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn queue(database: &Database, now: Timestamp) -> Result<Queue, Error> {
    let queue = database.read(&STATE, values![":now" => now.timestamp()]).await?;
    queue.ok_or_else(|| Error::Unavailable("the cursor of the messages is missing: run the migration".into()))
}

/// Reads the next entries of the audit log, and inserts the messages about them.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`]
pub async fn add_from_audit(database: &Database, now: Timestamp) -> Result<(), Error> {
    let values = values![":batch" => BATCH, ":hold" => HOLD.num_seconds()];
    change(database, now, &[&DELAY, &ADD_FOR_APPOINTMENTS, &ADD_FOR_ACCOUNTS, &MOVE_CURSOR, &NOTE], values).await
}

/// Makes a change of the sender, which has no caller.
async fn change(database: &Database, now: Timestamp, steps: &[&Statement], values: Values) -> Result<(), Error> {
    let steps: Vec<_> = [&BEGIN_UNAUTHENTICATED].into_iter().chain(steps.iter().copied()).collect();
    let change = Change { steps: &steps, read_result: &ROW, origin: &Origin::program(now) };
    let _done: Option<i64> = database.change(&change, values).await?;
    Ok(())
}

/// The reminders that are due soon, and the quiet hours.
#[derive(Deserialize)]
struct RemindersAhead {
    quiet_start: Option<u32>,
    quiet_end: Option<u32>,
    time_zone: String,
    reminders: Vec<ReminderAhead>,
}

#[derive(Deserialize)]
struct ReminderAhead {
    patient_id: AccountId,
    reader_id: AccountId,
    minutes: i64,
    #[serde(with = "chrono::serde::ts_seconds")]
    start_at: Timestamp,
    #[serde(with = "chrono::serde::ts_seconds")]
    booked_at: Timestamp,
}

/// A reminder to add, of all appointments of a patient on one day.
#[derive(Serialize)]
struct NewReminder {
    message_id: String,
    patient_id: AccountId,
    reader_id: AccountId,
    minutes: Vec<i64>,
    due_at: i64,
    day_start: i64,
    day_end: i64,
}

/// Inserts the reminders that are due. Returns the end of the clinic's quiet hours, if they are now.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Unconfirmed`]
pub async fn add_reminders(database: &Database, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let mut quiet_until = None;
    for _ in 0..REMINDER_BATCHES {
        let values = values![":now" => now.timestamp(), ":limit" => 1000];
        let ahead: Option<RemindersAhead> = database.read(&REMINDERS_AHEAD, values).await?;
        let Some(ahead) = ahead else { break };
        let zone = ahead.time_zone.parse().map_err(|_| Error::Internal(format!("unknown zone {}", ahead.time_zone)))?;
        let calendar = Calendar { version: 0, zone };
        let quiet = ahead.quiet_start.zip(ahead.quiet_end).map(|(start, end)| QuietHours { start, end });
        let new = due_reminders(ahead.reminders, now, quiet, &calendar)?;
        if !new.is_empty() {
            let reminders = values![":reminders" => json!(new).to_string()];
            change(database, now, &[&ADD_REMINDERS, &ADD_REMINDED, &NOTE], reminders).await?;
        }
        quiet_until = quiet.and_then(|quiet| quiet.until(now, &calendar));
        if new.len() < REMINDERS_AT_ONCE {
            break;
        }
    }
    Ok(quiet_until)
}

/// Returns the reminders that are due, at most [`REMINDERS_AT_ONCE`]. If several of one day are due, for example at the
/// end of the quiet hours, they are one reminder.
fn due_reminders(
    ahead: Vec<ReminderAhead>,
    now: Timestamp,
    quiet: Option<QuietHours>,
    calendar: &Calendar,
) -> Result<Vec<NewReminder>, Error> {
    let mut new: HashMap<_, NewReminder> = HashMap::new();
    for reminder in ahead {
        let due = reminder_due(reminder.start_at, reminder.minutes, quiet, calendar);
        if due > now || due < reminder.booked_at {
            continue;
        }
        let day = calendar.day_of(reminder.start_at);
        let key = (reminder.reader_id, reminder.patient_id, day.start);
        if let Some(other) = new.get_mut(&key) {
            other.minutes.push(reminder.minutes);
            continue;
        }
        if new.len() == REMINDERS_AT_ONCE {
            break;
        }
        let message_id = format!("{:032x}", u128::from_ne_bytes(random()?));
        new.insert(
            key,
            NewReminder {
                message_id,
                patient_id: reminder.patient_id,
                reader_id: reminder.reader_id,
                minutes: vec![reminder.minutes],
                due_at: due.timestamp(),
                day_start: day.start.timestamp(),
                day_end: day.end.timestamp(),
            },
        );
    }
    Ok(new.into_values().collect())
}
