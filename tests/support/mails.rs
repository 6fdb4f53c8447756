//! The sender of messages, as far as stories need it: the links in mails.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rounds_data::{
    Database,
    messages::{Channels, Claim, ClaimedMessage, Outcome, add_from_audit, claim, record},
};
use rounds_domain::{MessageKind, Timestamp};
use sha2::{Digest, Sha256};

/// A mail that was sent.
pub(crate) struct Mail {
    pub(crate) kind: MessageKind,
    pub(crate) to: String,
    /// The token of its link. Empty if it has none.
    pub(crate) token: String,
    /// The tokens of the links to its appointments.
    pub(crate) links: Vec<String>,
}

/// Sends all messages that are due, and returns them.
pub(crate) async fn send(database: &Database, now: Timestamp) -> Vec<Mail> {
    add_from_audit(database, now).await.unwrap();
    let claimed = claim(database, now, Channels { texts: false, quiet_until: None }).await.unwrap();
    let sent: Vec<_> = claimed.messages.iter().map(|message| (message, Outcome::Sent)).collect();
    record(database, &claimed, &sent, now).await.unwrap();
    let mail = |message: &ClaimedMessage| Mail {
        kind: message.kind,
        to: message.sent_to.clone(),
        token: message
            .link
            .as_ref()
            .map(|link| claimed.tokens.of(link).unwrap().as_str().to_owned())
            .unwrap_or_default(),
        links: links(&claimed, message),
    };
    claimed.messages.iter().map(mail).collect()
}

/// Returns the tokens of a message's links to appointments.
pub(crate) fn links(claim: &Claim, message: &ClaimedMessage) -> Vec<String> {
    let links = message.appointments.iter().filter_map(|appointment| appointment.link.as_ref());
    links.map(|link| claim.tokens.of(link).unwrap().as_str().to_owned()).collect()
}

/// Inserts the link of a mail about an appointment to its Patient, as another program would. Returns its token.
pub(crate) async fn insert_appointment_link(connection: &libsql::Connection, appointment: i64) -> String {
    let token = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(format!("appointment {appointment}")));
    let hash: String = Sha256::digest(&token).iter().map(|byte| format!("{byte:02x}")).collect();
    let insert = format!(
        "INSERT INTO messages (kind, reader_id, patient_id, appointment_id, due_at, next_at, state)
         SELECT 'booked', patient_id, patient_id, id, 0, 0, 'Sent' FROM appointments WHERE id = {appointment};
         INSERT INTO links (hash, message_id, claim, appointment_id, expires_at)
         SELECT x'{hash}', last_insert_rowid(), zeroblob(16), {appointment}, unixepoch('2100-01-01')"
    );
    connection.execute_batch(&insert).await.unwrap();
    token
}

/// Inserts a sent message to an account, with a link, as another program would. Returns the token of the link. For tests
/// of built programs, whose database only they can open.
pub(crate) async fn insert_link(connection: &libsql::Connection, account: i64, kind: &str) -> String {
    let token = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{account} {kind}")));
    let hash: String = Sha256::digest(&token).iter().map(|byte| format!("{byte:02x}")).collect();
    let insert = format!(
        "INSERT INTO messages (kind, reader_id, due_at, next_at, state, sent_to)
         SELECT '{kind}', person_id, 0, 0, 'Sent', email FROM logins WHERE person_id = {account};
         INSERT INTO links (hash, message_id, claim, expires_at)
         SELECT x'{hash}', last_insert_rowid(), zeroblob(16), unixepoch('2100-01-01')"
    );
    connection.execute_batch(&insert).await.unwrap();
    token
}

/// Inserts a calendar feed of an account, as another program would. Returns the last part of its URL.
pub(crate) async fn insert_feed(connection: &libsql::Connection, account: i64) -> String {
    let key = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(format!("feed {account}")));
    let hash: String = Sha256::digest(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    let insert = format!("INSERT OR REPLACE INTO feeds (person_id, hash, details) VALUES ({account}, x'{hash}', 1)");
    connection.execute_batch(&insert).await.unwrap();
    format!("{key}.ics")
}

/// Inserts a message that has failed. Returns its id.
pub(crate) async fn insert_failed(connection: &libsql::Connection, account: i64) -> i64 {
    let insert = format!(
        "INSERT INTO messages (kind, reader_id, due_at, next_at, state) VALUES ('password_changed', {account}, 0, 0, 'Failed')"
    );
    connection.execute(&insert, ()).await.unwrap();
    connection.last_insert_rowid()
}
