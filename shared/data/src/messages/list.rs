//! The messages of the clinic, for its staff.

use rounds_domain::{
    self as domain, AccountId, AppointmentId, Caller, MessageId, MessageKind, MessageState, Timestamp,
};
use serde::Deserialize;

use super::{DONE, FIND, LIST, LIST_OF_APPOINTMENT, LIST_OF_PATIENT, LIST_TO_HANDLE, NOTE_MESSAGE, RETRY};
use crate::{
    Database, Error, Page, Reader, Statement, Writer,
    operations::{BEGIN, ROW},
    statement::values,
};

/// A message, as the staff sees it.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// The id.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// The email or the phone number, if there is one.
    pub to: Option<String>,
    /// The reader.
    pub reader_id: AccountId,
    /// The reader's name. `None` if the account was erased.
    pub reader_name: Option<String>,
    /// The Patient of the message.
    pub patient_id: Option<AccountId>,
    /// The appointments that it is about.
    pub appointment_ids: Vec<AppointmentId>,
    /// When it was first due, or will be.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub due_at: Timestamp,
    /// Its state.
    pub state: MessageState,
    /// The number of attempts.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was sent.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub sent_at: Option<Timestamp>,
}

/// The filters of the list of messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only messages about this appointment.
    pub appointment: Option<AppointmentId>,
    /// Only messages about this Patient.
    pub patient: Option<AccountId>,
    /// Only messages in this state.
    pub state: Option<MessageState>,
}

/// Returns messages, newest first. The position of a page is an id.
///
/// # Errors
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, filter: &Filter, page: Page<i64>) -> Result<Vec<Message>, Error> {
    // The choice of the statement decides which index is used.
    let statement = match (filter.appointment, filter.patient, filter.state) {
        (Some(_), ..) => &LIST_OF_APPOINTMENT,
        (None, Some(_), _) => &LIST_OF_PATIENT,
        (None, None, Some(MessageState::Failed | MessageState::Call)) => &LIST_TO_HANDLE,
        (None, None, _) => &LIST,
    };
    let values = values![
        ":before" => page.after.unwrap_or(i64::MAX),
        ":appointment" => filter.appointment.map(AppointmentId::get),
        ":patient" => filter.patient.map(AccountId::get),
        ":state" => filter.state.map(MessageState::as_str),
        ":limit" => page.limit + 1,
    ];
    Ok(reader.query(statement, values).await?.unwrap_or_default())
}

/// Queues a message again, with a new series of attempts.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::MessageEnded`] if it was sent, dropped or done,
/// [`domain::Error::Unauthenticated`].
pub async fn retry(writer: &Writer<'_>, id: MessageId) -> Result<(), Error> {
    match change(writer, &RETRY, id).await? {
        None => Ok(()),
        Some(_) => Err(domain::Error::MessageEnded.into()),
    }
}

/// Notes that somebody has informed the reader in another way. Succeeds without a change if it was noted before.
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::MessageEnded`] if it was sent or dropped, or is still queued,
/// [`domain::Error::Unauthenticated`].
pub async fn done(writer: &Writer<'_>, id: MessageId) -> Result<(), Error> {
    match change(writer, &DONE, id).await? {
        None | Some(MessageState::Done) => Ok(()),
        Some(_) => Err(domain::Error::MessageEnded.into()),
    }
}

/// Changes a message. Returns its state if it could not be changed.
async fn change(writer: &Writer<'_>, statement: &Statement, id: MessageId) -> Result<Option<MessageState>, Error> {
    let steps = [&BEGIN, statement, &NOTE_MESSAGE, &ROW];
    let changed: Option<i64> = writer.change(&steps, &ROW, values![":id" => id.get()]).await?;
    match changed {
        Some(_) => Ok(None),
        None => Ok(Some(find(writer.database, writer.caller, id).await?.state)),
    }
}

async fn find(database: &Database, caller: &Caller, id: MessageId) -> Result<Message, Error> {
    let message = database.query(&FIND, caller, None, values![":id" => id.get()]).await?;
    message.ok_or_else(|| domain::Error::NotFound("message").into())
}
