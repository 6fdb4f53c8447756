//! A sender without a mail server. It returns what it would have sent.

use rounds_data::messages::{self, Channels, Claim, ClaimedMessage, Outcome};

use crate::support::Clinic;

/// Returns the kind of a message, and the starts of its appointments (RFC 3339).
pub(crate) fn said(message: &ClaimedMessage) -> String {
    let starts: Vec<_> = message.appointments.iter().map(|appointment| appointment.start_at.to_rfc3339()).collect();
    let kind = serde_json::to_value(message.kind).unwrap();
    format!("{} {}", kind.as_str().unwrap(), starts.join(" ").replace("+00:00", "Z"))
}

/// Adds messages and reminders that are due, and claims messages.
pub(crate) async fn claim(clinic: &Clinic) -> Claim {
    claim_by(clinic, false).await
}

/// Like [`claim`]. `texts`: whether text messages can be sent.
pub(crate) async fn claim_by(clinic: &Clinic, texts: bool) -> Claim {
    let (database, now) = (clinic.functions_database(), clinic.now());
    messages::add_from_audit(database, now).await.unwrap();
    let quiet_until = messages::add_reminders(database, now).await.unwrap();
    messages::claim(database, now, Channels { texts, quiet_until }).await.unwrap()
}

/// Records one outcome for all messages of a claim.
pub(crate) async fn record(clinic: &Clinic, claim: &Claim, outcome: Outcome) {
    record_by(clinic, claim, |_| outcome.clone()).await;
}

/// Records an outcome for each message of a claim.
pub(crate) async fn record_by(clinic: &Clinic, claim: &Claim, outcome: impl Fn(&ClaimedMessage) -> Outcome) {
    let outcomes: Vec<_> = claim.messages.iter().map(|message| (message, outcome(message))).collect();
    messages::record(clinic.functions_database(), claim, &outcomes, clinic.now()).await.unwrap();
}

/// Sends all messages that are due. Returns each as [`said`] does, in order.
pub(crate) async fn send(clinic: &Clinic) -> Vec<String> {
    let claim = claim(clinic).await;
    record(clinic, &claim, Outcome::Sent).await;
    claim.messages.iter().map(said).collect()
}
