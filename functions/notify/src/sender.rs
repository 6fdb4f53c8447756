//! Sends the messages that are due.

use std::time::Duration;

use chrono::TimeDelta;
use rounds_data::{
    Database, Error,
    messages::{self, Channels, Claim, ClaimedMessage, Outcome, Queue},
};
use rounds_domain::Timestamp;
use rounds_mail::{Batch, Envelope, Sms, Transport};
use tokio::{sync::mpsc, time::sleep};

use crate::{PublicUrl, content::mail};

/// How long an attempt can take. A message is sent only if its claim lasts longer than that.
const LONGEST_ATTEMPT: TimeDelta = TimeDelta::seconds(30);
/// The maximum number of outcomes that wait while others are recorded. If the sender is killed, the messages of both
/// are sent again.
const UNRECORDED: usize = 4;
/// The time after which it tries again to record outcomes.
const RECORD_PAUSE: TimeDelta = TimeDelta::seconds(1);
/// The maximum number of claims in one run. The next run continues.
const CLAIMS: usize = 40;

/// Sends the messages of a clinic. Any number of senders can run at once.
pub struct Sender {
    database: Database,
    transport: Transport,
    public_url: PublicUrl,
    clock: fn() -> Timestamp,
}

/// The result of a run, for the log and the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of messages that were sent.
    pub sent: u64,
    /// The number of messages that have failed. No further attempt is made.
    pub failed: u64,
    /// The number of messages that are due and were not sent.
    pub due: u64,
    /// For how long the oldest of them has been due.
    pub oldest: Duration,
    /// When the next message is to be sent.
    pub next_at: Option<Timestamp>,
}

impl Sender {
    /// Creates a sender. `public_url` is the URL of the web app, for the links in mails.
    pub fn new(database: Database, transport: Transport, public_url: PublicUrl, clock: fn() -> Timestamp) -> Self {
        Self { database, transport, public_url, clock }
    }

    /// Adds the messages about new changes and the reminders that are due, and sends all messages that are due. Calls
    /// `may_continue` before each message, and stops if it returns `false`. If the URL of the web app cannot be read, it
    /// claims no message, so none loses an attempt.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Unconfirmed`]
    pub async fn run(&self, may_continue: &(impl Fn() -> bool + Sync)) -> Result<Report, Error> {
        let mut report = Report::default();
        let mut batch = self.transport.batch();
        let quiet_until = messages::add_reminders(&self.database, (self.clock)()).await?;
        let channels = Channels { texts: self.transport.has_sms(), quiet_until };
        let mut queue = self.add_from_audit().await?;
        for _ in 0..CLAIMS {
            if !may_continue() || queue.next_at.is_none_or(|at| at > (self.clock)()) {
                break;
            }
            let public_url = self.public_url.get().await?;
            let claim = messages::claim(&self.database, (self.clock)(), channels).await?;
            // What is due and cannot be claimed waits for another message, which another sender may have claimed.
            if claim.messages.is_empty() {
                break;
            }
            self.send_all(&mut batch, &claim, &public_url, may_continue, &mut report).await?;
            queue = messages::queue(&self.database, (self.clock)()).await?;
        }
        batch.finish().await;
        let now = (self.clock)();
        report.due = queue.due;
        report.oldest = queue.oldest.and_then(|at| (now - at).to_std().ok()).unwrap_or_default();
        report.next_at = queue.next_at;
        Ok(report)
    }

    /// Adds the messages about new changes, and returns the state of the queue.
    async fn add_from_audit(&self) -> Result<Queue, Error> {
        loop {
            let queue = messages::queue(&self.database, (self.clock)()).await?;
            if !queue.has_changes {
                return Ok(queue);
            }
            messages::add_from_audit(&self.database, (self.clock)()).await?;
        }
    }

    /// Sends the mails of a claim one after the other. Outcomes are recorded while the next mails are sent: a commit
    /// takes about as long as a command of SMTP.
    async fn send_all(
        &self,
        batch: &mut Batch<'_>,
        claim: &Claim,
        public_url: &str,
        may_continue: &(impl Fn() -> bool + Sync),
        report: &mut Report,
    ) -> Result<(), Error> {
        let (done, mut outcomes) = mpsc::channel(UNRECORDED);
        let sending = async move {
            for messages in claim.mails() {
                let outcome = if may_continue() {
                    self.send(batch, claim, messages, public_url).await
                } else {
                    Outcome::Released
                };
                // The channel is closed if an outcome could not be recorded. Then the other mails are not sent.
                if done.send((messages, outcome)).await.is_err() {
                    break;
                }
            }
        };
        let recording = async {
            let mut some = Vec::new();
            while outcomes.recv_many(&mut some, UNRECORDED).await > 0 {
                let outcomes: Vec<_> = some.drain(..).flat_map(of_each).collect();
                for (message, outcome) in &outcomes {
                    report.count(message, outcome);
                }
                self.record(claim, &outcomes).await?;
            }
            // This moves the receiver into the block. So an error above drops it too, which ends the sending.
            drop(outcomes);
            Ok(())
        };
        let ((), recorded) = tokio::join!(sending, recording);
        recorded
    }

    /// Records outcomes. While the database is unavailable, it tries again until the claim ends: a message without an
    /// outcome is sent a second time.
    async fn record(&self, claim: &Claim, outcomes: &[(&ClaimedMessage, Outcome)]) -> Result<(), Error> {
        loop {
            match messages::record(&self.database, claim, outcomes, (self.clock)()).await {
                Err(error @ (Error::Unavailable(_) | Error::Unconfirmed(_)))
                    if (self.clock)() + RECORD_PAUSE < claim.until =>
                {
                    tracing::warn!(%error, "the outcomes of messages could not be recorded yet");
                    sleep(RECORD_PAUSE.to_std().unwrap_or_default()).await;
                }
                recorded => return recorded,
            }
        }
    }

    async fn send(
        &self,
        batch: &mut Batch<'_>,
        claim: &Claim,
        messages: &[ClaimedMessage],
        public_url: &str,
    ) -> Outcome {
        let may_send = || (self.clock)() + LONGEST_ATTEMPT < claim.until;
        if !may_send() {
            return Outcome::Released;
        }
        let mail = match mail(claim, messages, public_url) {
            Ok(mail) => mail,
            Err(reason) => return Outcome::Deferred(reason),
        };
        let to = &mail.to.address;
        let outcome = if messages.iter().any(|message| message.is_text) {
            let sms = Sms { id: &mail.id, to, text: &mail.to_text() };
            batch.send_sms(&sms, &may_send).await
        } else {
            let envelope = Envelope { to, message_id: &mail.id, at: mail.at.into() };
            match mail.to_mime(self.transport.sender()) {
                Ok(mime) => batch.send(&envelope, &mime, &may_send).await,
                Err(error) => return Outcome::Refused(error.to_string()),
            }
        };
        match outcome {
            rounds_mail::Outcome::Sent => Outcome::Sent,
            rounds_mail::Outcome::Refused(reason) => Outcome::Refused(reason),
            rounds_mail::Outcome::Deferred(reason) => Outcome::Deferred(reason),
            rounds_mail::Outcome::Unknown(reason) => Outcome::Unknown(reason),
        }
    }
}

/// Returns the outcome of a mail for each of its messages.
fn of_each((messages, outcome): (&[ClaimedMessage], Outcome)) -> impl Iterator<Item = (&ClaimedMessage, Outcome)> {
    messages.iter().map(move |message| (message, outcome.clone()))
}

impl Report {
    /// Whether there was nothing to do.
    pub fn is_idle(&self) -> bool {
        (self.sent, self.failed, self.due) == (0, 0, 0)
    }

    /// Counts an outcome, and logs a failure. The log line does not contain the address.
    fn count(&mut self, message: &ClaimedMessage, outcome: &Outcome) {
        let (id, kind) = (message.id.get(), message.kind);
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::Released => {}
            Outcome::Refused(reason) | Outcome::Deferred(reason) | Outcome::Unknown(reason) => {
                self.failed += u64::from(message.fails_with(outcome));
                tracing::warn!(message = id, ?kind, attempts = message.attempts, reason, "a message was not sent");
            }
        }
    }
}
