//! How messages are sent: by SMTP, into files, and by an SMS gateway.

use std::{path::PathBuf, time::Duration, time::SystemTime};

use rounds_mail::{Batch, Envelope, Outcome, Settings, Transport};
use rounds_secrets::Secret;

mod connections;
mod encryption;
mod files;
mod outcomes;
mod python_server;
mod sms;

const TO: &str = "ann.lee@clinic.example";

/// Settings of a server. `scheme_and_host` also has the port.
fn settings(scheme_and_host: &str) -> Settings {
    Settings {
        smtp_url: Some(Secret::new(scheme_and_host.to_owned())),
        mail_from: Some("desk@clinic.example".to_owned()),
        ..Settings::in_folder(PathBuf::new())
    }
}

/// A transport to a server on this machine, without encryption.
fn transport_to(server: &smtp::Server) -> Transport {
    Transport::new(settings(&format!("smtp://127.0.0.1:{}", server.port()))).unwrap()
}

/// A transport with a timeout of one second.
fn impatient_transport_to(server: &smtp::Server) -> Transport {
    let settings = settings(&format!("smtp://127.0.0.1:{}", server.port()));
    Transport::new(Settings { timeout: Duration::from_secs(1), ..settings }).unwrap()
}

fn envelope(message_id: &str) -> Envelope<'_> {
    Envelope { to: TO, message_id, at: SystemTime::UNIX_EPOCH }
}

fn mail(message_id: &str) -> Vec<u8> {
    format!("Message-ID: <{message_id}@clinic.example>\r\nSubject: Your appointment\r\n\r\nA secret text\r\n").into()
}

async fn send(batch: &mut Batch<'_>, message_id: &str) -> Outcome {
    batch.send(&envelope(message_id), &mail(message_id), &|| true).await
}

/// Sends one message in a batch of its own.
async fn send_alone(transport: &Transport, message_id: &str) -> Outcome {
    send(&mut transport.batch(), message_id).await
}

/// Returns the reason of an outcome, after checks that hold for every reason.
#[track_caller]
fn reason(outcome: &Outcome) -> &str {
    let reason = match outcome {
        Outcome::Sent => panic!("it was sent"),
        Outcome::Refused(reason) | Outcome::Deferred(reason) | Outcome::Unknown(reason) => reason,
    };
    assert!((1..=200).contains(&reason.chars().count()) && !reason.contains(['\r', '\n']), "{reason}");
    for secret in ["ann.lee", "A secret text", "hush", "aHVzaA"] {
        assert!(!reason.to_lowercase().contains(&secret.to_lowercase()), "{reason}");
    }
    reason
}

#[track_caller]
fn assert_refused(outcome: &Outcome, part: &str) {
    assert!(matches!(outcome, Outcome::Refused(_)) && reason(outcome).contains(part), "{outcome:?}");
}

#[track_caller]
fn assert_deferred(outcome: &Outcome, part: &str) {
    assert!(matches!(outcome, Outcome::Deferred(_)) && reason(outcome).contains(part), "{outcome:?}");
}

#[track_caller]
fn assert_unknown(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    reason(outcome);
}
