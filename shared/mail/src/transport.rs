//! Sending: by SMTP, into a folder, or by the webhook of an SMS gateway.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use lettre::{Address, message::Mailbox};
use rounds_secrets::Secret;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

mod files;
mod reason;
mod server;
mod sms;
mod smtp;
mod tls;

use files::Folder;
use reason::short;
use server::Server;
use sms::Gateway;
use smtp::Connection;

/// The default time limit of a message. It is short enough to leave most of a claim's time to other messages.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How messages are sent.
pub struct Settings {
    /// `SMTP_URL`: `smtp://user:password@host:587` (STARTTLS, except on this machine) or
    /// `smtps://user:password@host:465` (TLS from the start). The user and the password are percent-encoded. It is read
    /// when a connection is opened.
    pub smtp_url: Option<Secret>,
    /// `SMTP_CA_FILE`: a PEM file with the certificates of the authorities to trust instead of the public ones.
    pub smtp_ca_file: Option<PathBuf>,
    /// `MAIL_FROM`: the email address that mails are sent from, with or without a name, such as
    /// `The desk <desk@clinic.example>`.
    pub mail_from: Option<String>,
    /// `SMS_URL`: the URL of an SMS gateway.
    pub sms_url: Option<String>,
    /// `SMS_SECRET`: the secret for the signatures of requests to the gateway, `whsec_` and a key in base64.
    pub sms_secret: Option<Secret>,
    /// Where mails are written without `SMTP_URL`.
    pub folder: PathBuf,
    /// The time limit of a message, including the opening of a connection.
    pub timeout: Duration,
}

impl Settings {
    /// Writes mails into this folder.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            smtp_url: None,
            smtp_ca_file: None,
            mail_from: None,
            sms_url: None,
            sms_secret: None,
            folder,
            timeout: TIMEOUT,
        }
    }

    /// Reads the settings from the environment of a function. Without `SMTP_URL`, mails are written into `folder`.
    pub fn from_env(folder: PathBuf) -> Self {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            smtp_url: Secret::from_env("SMTP_URL"),
            smtp_ca_file: variable("SMTP_CA_FILE").map(PathBuf::from),
            mail_from: variable("MAIL_FROM"),
            sms_url: variable("SMS_URL"),
            sms_secret: Secret::from_env("SMS_SECRET"),
            ..Self::in_folder(folder)
        }
    }
}

/// Sends messages.
pub struct Transport {
    sender: Mailbox,
    mails: Mails,
    gateway: Option<Gateway>,
    timeout: Duration,
}

enum Mails {
    Smtp { url: Secret, tls: TlsConnector },
    Folder(Folder),
}

/// Who gets a mail, and what identifies it.
pub struct Envelope<'a> {
    /// The email address of the recipient.
    pub to: &'a str,
    /// Identifies the message over all attempts. Not secret. Letters, digits and `-`.
    pub message_id: &'a str,
    /// The same at each attempt, such as the time when the message was due.
    pub at: SystemTime,
}

/// A text message.
pub struct Sms<'a> {
    /// Identifies the message over all attempts, so that the gateway can skip a second copy.
    pub id: &'a str,
    /// The phone number of the recipient (E.164).
    pub to: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// The outcome of an attempt to send a message. Its reason is one line of at most 200 characters, without the
/// recipient's address, the password and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has accepted the message.
    Sent,
    /// The server rejects the message or its recipient, and would reject it again.
    Refused(String),
    /// The message was certainly not accepted. A later attempt can succeed.
    Deferred(String),
    /// The message was sent, but the server did not confirm it. It may have been accepted.
    Unknown(String),
}

impl Transport {
    /// Creates a transport. It does not connect to a server yet.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let Settings { smtp_url, smtp_ca_file, mail_from, sms_url, sms_secret, folder, timeout } = settings;
        if smtp_url.is_some() && mail_from.is_none() {
            return Err("SMTP_URL needs MAIL_FROM, the email address that mails are sent from".to_owned());
        }
        let sender = mail_from.as_deref().unwrap_or("rounds@localhost");
        let sender = mailbox(sender).ok_or("MAIL_FROM must be an email address, such as desk@clinic.example")?;
        let gateway = match (sms_url, sms_secret) {
            (Some(url), Some(secret)) => Some(Gateway::new(&url, secret)?),
            (Some(_), None) => return Err("SMS_URL needs SMS_SECRET, which signs the requests".to_owned()),
            (None, _) => None,
        };
        let mails = match smtp_url {
            Some(url) => Mails::Smtp { url, tls: Arc::new(tls::config(smtp_ca_file.as_deref())?).into() },
            None => Mails::Folder(Folder::new(folder)),
        };
        Ok(Self { sender, mails, gateway, timeout })
    }

    /// Checks the secrets in the settings. [`new`](Self::new) does not, because a function must not read secrets before
    /// its first request.
    ///
    /// # Errors
    /// A sentence that names the setting, without its value.
    pub async fn check(&self) -> Result<(), String> {
        if let Mails::Smtp { url, .. } = &self.mails {
            Server::parse(&url.get().await.map_err(|error| error.to_string())?)?;
        }
        match &self.gateway {
            Some(gateway) => gateway.key().await.map(drop),
            None => Ok(()),
        }
    }

    /// Who mails are sent from.
    pub fn sender(&self) -> &Mailbox {
        &self.sender
    }

    /// The folder that mails are written into, if they are not sent.
    pub fn folder(&self) -> Option<&Path> {
        match &self.mails {
            Mails::Folder(folder) => Some(folder.path()),
            Mails::Smtp { .. } => None,
        }
    }

    /// Whether text messages can be sent.
    pub fn has_sms(&self) -> bool {
        self.gateway.is_some()
    }

    /// Starts a batch of mails.
    pub fn batch(&self) -> Batch<'_> {
        Batch { transport: self, connection: None, smtp: Health::default(), gateway: Health::default() }
    }
}

/// Whether a server is worth another attempt in a batch.
#[derive(Default)]
struct Health {
    /// The number of the last failures that took long. One alone can be the fault of its message.
    slow: u8,
    /// Why nothing more is sent. A server that is down would cost the time limit for each message, and one that rejects
    /// the password would lock the account.
    down: Option<String>,
}

impl Health {
    /// Counts an attempt that took some time, of at most `limit`.
    fn count(&mut self, outcome: &Outcome, took: Duration, limit: Duration) {
        match outcome {
            Outcome::Deferred(reason) | Outcome::Unknown(reason) if took >= limit / 8 => {
                self.slow += 1;
                if self.slow == 2 {
                    self.down = Some(reason.clone());
                }
            }
            _ => self.slow = 0,
        }
    }
}

/// Several messages. Its mails are sent over one connection.
pub struct Batch<'a> {
    transport: &'a Transport,
    connection: Option<Connection>,
    smtp: Health,
    gateway: Health,
}

impl Batch<'_> {
    /// Sends a mail. `mail` is the message in the format of RFC 5322, with CRLF. Calls `may_send` immediately before
    /// the message is sent, because a claim can expire while the instance is frozen.
    ///
    /// The first mail opens the connection. After a lost connection, the next mail opens another one.
    pub async fn send(
        &mut self,
        envelope: &Envelope<'_>,
        mail: &[u8],
        may_send: &(impl Fn() -> bool + Sync),
    ) -> Outcome {
        let outcome = match &self.transport.mails {
            Mails::Folder(folder) => folder.write(envelope, mail, may_send),
            Mails::Smtp { url, tls } => self.send_by_smtp(url, tls, envelope, mail, may_send).await,
        };
        outcome.map_reason(short)
    }

    async fn send_by_smtp(
        &mut self,
        url: &Secret,
        tls: &TlsConnector,
        envelope: &Envelope<'_>,
        mail: &[u8],
        may_send: &(impl Fn() -> bool + Sync),
    ) -> Outcome {
        let Some(to) = address(envelope.to) else {
            return Outcome::Refused("the address is not valid".to_owned());
        };
        if let Some(reason) = &self.smtp.down {
            return Outcome::Deferred(reason.clone());
        }
        let started = Instant::now();
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match Connection::open(url, tls, &self.transport.sender.email, self.transport.timeout).await {
                Ok(connection) => connection,
                Err(reason) => {
                    self.smtp.down = Some(reason.clone());
                    return Outcome::Deferred(reason);
                }
            },
        };
        let deadline = started + self.transport.timeout;
        let (outcome, is_usable) = connection.send(&self.transport.sender.email, &to, mail, may_send, deadline).await;
        self.connection = is_usable.then_some(connection);
        self.smtp.count(&outcome, started.elapsed(), self.transport.timeout);
        outcome
    }

    /// Sends a text message, if `may_send` still returns true when everything is prepared.
    pub async fn send_sms(&mut self, sms: &Sms<'_>, may_send: &(impl Fn() -> bool + Sync)) -> Outcome {
        let Some(gateway) = &self.transport.gateway else {
            return Outcome::Deferred("SMS_URL is not set".to_owned());
        };
        if let Some(reason) = &self.gateway.down {
            return Outcome::Deferred(reason.clone());
        }
        let started = Instant::now();
        let outcome = gateway.send(sms, may_send, self.transport.timeout).await.map_reason(short);
        self.gateway.count(&outcome, started.elapsed(), self.transport.timeout);
        outcome
    }

    /// Sends QUIT and closes the connection. A batch that is dropped closes it without QUIT.
    pub async fn finish(self) {
        if let Some(connection) = self.connection {
            connection.quit().await;
        }
    }
}

/// Parses an email address with or without a name.
fn mailbox(text: &str) -> Option<Mailbox> {
    let Mailbox { name, email } = text.parse().ok()?;
    Some(Mailbox { name, email: address(email.as_ref())? })
}

/// Parses an email address. The domain is converted to ASCII (UTS 46), so that only a name needs SMTPUTF8.
fn address(address: &str) -> Option<Address> {
    let (user, domain) = address.rsplit_once('@')?;
    Address::new(user, idna::domain_to_ascii(domain).ok()?).ok()
}
