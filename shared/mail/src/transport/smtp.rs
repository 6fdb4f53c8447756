use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::Mechanism,
        client::AsyncSmtpConnection,
        commands::{Data, Ehlo, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};
use rounds_secrets::Secret;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::{Outcome, Server, reason::without_addresses};

/// The reason if the claim ended before the message was sent.
pub(super) const EXPIRED: &str = "the time of the claim was over before the message could be sent";

const NO_ANSWER: &str = "the SMTP server did not answer in time";

/// How long the end of a connection may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection to an SMTP server, ready for messages.
///
/// Sends each command with lettre's connection. lettre's transports were rejected, because their errors do not say
/// whether the message may have been accepted.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// Whether the server takes several commands in one packet (RFC 2920), which saves a round trip per message.
    is_pipelining: bool,
}

/// Why a message was not sent, and what to do with the connection.
struct Failure(Outcome, Then);

#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// The server expects the next message.
    Continue,
    /// The server has begun a message that must be cancelled.
    Reset,
    /// The state of the connection is unknown, or the server closes it.
    Close,
}

impl Connection {
    /// Connects and signs in, within half of the time limit of a message.
    ///
    /// # Errors
    /// Why it failed. It contains neither the password nor a text of the server, which could repeat the password.
    pub(super) async fn open(
        url: &Secret,
        tls: &TlsConnector,
        from: &Address,
        limit: Duration,
    ) -> Result<Self, String> {
        let url = url.get().await.map_err(|error| error.to_string())?;
        let opened = timeout(limit / 2, Self::connect(&Server::parse(&url)?, tls, from.domain())).await;
        opened.unwrap_or_else(|_| Err(NO_ANSWER.to_owned()))
    }

    async fn connect(server: &Server, tls: &TlsConnector, name: &str) -> Result<Self, String> {
        let stream = server.connect(tls, name).await?;
        let name = ClientId::Domain(name.to_owned());
        let failed = |step: &str, error: &Error| match error.status() {
            Some(code) => format!("the SMTP server rejected the {step} ({code})"),
            None => format!("the {step} failed: {}", broken(error)),
        };
        let smtp = AsyncSmtpConnection::connect_with_transport(stream, &name).await;
        let mut smtp = smtp.map_err(|error| failed("connection", &error))?;
        if let Some(credentials) = &server.credentials {
            let login = smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            login.map_err(|error| failed("user or password of SMTP_URL", &error))?;
        }
        // lettre reads only the extensions that it uses itself.
        let hello = smtp.command(Ehlo::new(name)).await.map_err(|error| failed("connection", &error))?;
        let is_pipelining = hello.message().any(|line| line.eq_ignore_ascii_case("PIPELINING"));
        Ok(Self { smtp, is_pipelining })
    }

    /// Sends a message. Returns the outcome, and whether the connection can be used for the next message.
    pub(super) async fn send(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
        may_send: &(impl Fn() -> bool + Sync),
        deadline: Instant,
    ) -> (Outcome, bool) {
        let was_written = AtomicBool::new(false);
        let sending = timeout_at(deadline, self.transact(from, to, mail, may_send, &was_written)).await;
        let sending = sending.unwrap_or_else(|_| Err(Failure(lost(&was_written, NO_ANSWER.to_owned()), Then::Close)));
        let Err(Failure(outcome, then)) = sending else { return (Outcome::Sent, true) };
        let is_usable = match then {
            Then::Continue => true,
            Then::Close => false,
            Then::Reset => matches!(timeout_at(deadline, self.smtp.command(Rset)).await, Ok(Ok(_))),
        };
        (outcome.map_reason(|reason| without_addresses(&reason, to.as_ref())), is_usable)
    }

    async fn transact(
        &mut self,
        from: &Address,
        to: &Address,
        mail: &[u8],
        may_send: &(impl Fn() -> bool + Sync),
        was_written: &AtomicBool,
    ) -> Result<(), Failure> {
        let parameters = self.parameters(to, mail).map_err(|outcome| Failure(outcome, Then::Continue))?;
        self.address(Mail::new(Some(from.clone()), parameters), Rcpt::new(to.clone(), Vec::new())).await?;
        // `may_send` is called again after DATA, because the instance can be frozen while it waits for the reply.
        let expired =
            |then| if may_send() { Ok(()) } else { Err(Failure(Outcome::Deferred(EXPIRED.to_owned()), then)) };
        expired(Then::Reset)?;
        let data = self.smtp.command(Data).await.map_err(|error| failure("DATA", &error, Then::Reset))?;
        expect(&data, 354)?;
        expired(Then::Close)?;

        // lettre calls this after it has written the mail, and immediately before it writes the end of the mail.
        let end = std::iter::from_fn(|| {
            was_written.store(true, Ordering::SeqCst);
            None
        });
        let reply = self.smtp.message_iter(std::iter::once(mail).chain(end)).await;
        match reply {
            Ok(reply) if reply.has_code(250) => Ok(()),
            Ok(_) => Err(Failure(lost(was_written, "the SMTP server sent an unknown reply".to_owned()), Then::Close)),
            Err(error) if error.status().is_some() => Err(failure("the message", &error, Then::Continue)),
            Err(error) => Err(Failure(lost(was_written, broken(&error)), Then::Close)),
        }
    }

    /// Sends the sender and the recipient, in one packet if the server allows it.
    async fn address(&mut self, mail: Mail, rcpt: Rcpt) -> Result<(), Failure> {
        let failed = |error: &Error| failure("the address", error, Then::Reset);
        // A rejected sender is a wrong setting, and holds for every message: no message fails for good because of it.
        let sender_failed = |error: &Error| match failure("MAIL_FROM", error, Then::Reset) {
            Failure(Outcome::Refused(reason), then) => Failure(Outcome::Deferred(reason), then),
            failure => failure,
        };
        if !self.is_pipelining {
            self.smtp.command(mail).await.map_err(|error| sender_failed(&error))?;
            return self.smtp.command(rcpt).await.map(drop).map_err(|error| failed(&error));
        }
        let sender = self.smtp.command(format!("{mail}{rcpt}")).await;
        // After a rejected sender, there is still a reply to the recipient.
        let recipient = match &sender {
            Err(error) if failed(error).1 == Then::Close => None,
            _ => Some(self.smtp.read_response().await),
        };
        sender.map_err(|error| sender_failed(&error))?;
        recipient.transpose().map(drop).map_err(|error| failed(&error))
    }

    /// Returns the parameters of the command MAIL, if the server supports what the message needs.
    fn parameters(&self, to: &Address, mail: &[u8]) -> Result<Vec<MailParameter>, Outcome> {
        let mut parameters = Vec::new();
        let mut require = |is_needed, extension, parameter, reason: &str| {
            if is_needed && !self.smtp.server_info().supports_feature(extension) {
                return Err(Outcome::Refused(reason.to_owned()));
            }
            parameters.extend(is_needed.then_some(parameter));
            Ok(())
        };
        let reason = "the address has letters outside of ASCII, which the SMTP server does not support (SMTPUTF8)";
        let is_international = !AsRef::<str>::as_ref(to).is_ascii();
        require(is_international, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight, reason)?;
        let reason = "the message has bytes outside of ASCII, which the SMTP server does not support (8BITMIME)";
        let body = MailParameter::Body(MailBodyParameter::EightBitMime);
        require(!mail.is_ascii(), Extension::EightBitMime, body, reason)?;
        Ok(parameters)
    }

    /// Closes the connection with QUIT. Ignores the reply.
    pub(super) async fn quit(mut self) {
        let _ = timeout(QUIT_TIMEOUT, self.smtp.quit()).await;
    }
}

/// Checks the code of a reply, so that a lost or added reply cannot be used as the reply to the next command.
fn expect(reply: &Response, code: u16) -> Result<(), Failure> {
    match reply.has_code(code) {
        true => Ok(()),
        false => Err(Failure(Outcome::Deferred("the SMTP server sent an unknown reply".to_owned()), Then::Close)),
    }
}

/// The outcome of an error before the end of the message was written, or of a reply. `then` is for a reply after which
/// the connection stays open.
fn failure(step: &str, error: &Error, then: Then) -> Failure {
    let Some(code) = error.status().map(u16::from) else {
        return Failure(Outcome::Deferred(broken(error)), Then::Close);
    };
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let reason = format!("the SMTP server rejected {step}: {code} {text}");
    match code {
        // The service is shutting down (RFC 5321, section 3.8).
        421 => Failure(Outcome::Deferred(reason), Then::Close),
        // It needs a login or TLS (RFC 4954, section 6): the settings are wrong, and not the address.
        530 | 534 | 535 | 538 => Failure(Outcome::Deferred(reason), then),
        500.. => Failure(Outcome::Refused(reason), then),
        _ => Failure(Outcome::Deferred(reason), then),
    }
}

/// Formats an error that is not a reply. An unknown reply is left out, because it could repeat the password.
fn broken(error: &Error) -> String {
    match error.is_response() {
        true => "connection lost, or an unknown reply of the SMTP server".to_owned(),
        false => format!("connection lost: {error}"),
    }
}

/// The outcome if the connection is lost, or if the server does not answer in time.
fn lost(was_written: &AtomicBool, reason: String) -> Outcome {
    match was_written.load(Ordering::SeqCst) {
        true => Outcome::Unknown(reason),
        false => Outcome::Deferred(reason),
    }
}
