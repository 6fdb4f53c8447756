use rounds_mail::{Outcome, Settings, Transport};
use smtp::{Certificate, Encryption, Fault, Options, Server, Step};

use super::{assert_deferred, send_alone, settings};
use crate::support::temporary;

/// An address of this machine that is not a loopback address, so that mails to it are encrypted. The operating system
/// connects it to 127.0.0.1.
const HOST: &str = "0.0.0.0";

async fn server(encryption: Encryption) -> Server {
    let login = Some(("desk".to_owned(), "hush".to_owned()));
    Server::start(Options { encryption, login, ..Options::default() }).await
}

/// A transport that trusts a certificate, if any, instead of the public ones.
fn transport(scheme: &str, host: &str, server: &Server, trusted: Option<&Certificate>) -> Transport {
    let smtp_ca_file = trusted.map(|certificate| {
        let file = temporary("authority.pem");
        std::fs::write(&file, certificate.pem()).unwrap();
        file
    });
    let url = format!("{scheme}://desk:hush@{host}:{}", server.port());
    Transport::new(Settings { smtp_ca_file, ..settings(&url) }).unwrap()
}

/// Checks that neither the password nor a message was sent in clear text.
fn assert_no_clear_text(server: &Server) {
    for (is_encrypted, command) in server.commands() {
        assert!(is_encrypted || command.starts_with("EHLO ") || command == "STARTTLS", "{command}");
    }
}

#[tokio::test]
async fn mails_and_passwords_are_encrypted() {
    for (scheme, host) in [("smtp", HOST), ("smtps", HOST), ("smtps", "localhost"), ("smtps", "127.0.0.1")] {
        let certificate = Certificate::new(&[HOST, "localhost", "127.0.0.1"]);
        let server = match scheme {
            "smtp" => server(Encryption::StartTls(certificate.clone())).await,
            _ => server(Encryption::FromTheStart(certificate.clone())).await,
        };
        let transport = transport(scheme, host, &server, Some(&certificate));
        let mut batch = transport.batch();
        for message in ["a", "b"] {
            assert_eq!(super::send(&mut batch, message).await, Outcome::Sent, "{scheme}://{host}");
        }
        let mails = server.mails();
        assert!(mails.iter().all(|mail| mail.is_encrypted && mail.user.is_some() && mail.connection == 1));
        assert_no_clear_text(&server);
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_with_another_certificate() {
    let (right, wrong_host) = (Certificate::new(&[HOST]), Certificate::new(&["mail.example"]));
    let other = Certificate::new(&[HOST]);
    for (certificate, trusted) in [(&right, None), (&right, Some(&other)), (&wrong_host, Some(&wrong_host))] {
        for scheme in ["smtp", "smtps"] {
            let server = match scheme {
                "smtp" => server(Encryption::StartTls(certificate.clone())).await,
                _ => server(Encryption::FromTheStart(certificate.clone())).await,
            };
            let transport = transport(scheme, HOST, &server, trusted);
            assert_deferred(&send_alone(&transport, "a").await, "invalid peer certificate");
            assert_no_clear_text(&server);
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_without_encryption() {
    let server = server(Encryption::None).await;
    let transport = transport("smtp", HOST, &server, None);
    assert_deferred(&send_alone(&transport, "a").await, "STARTTLS failed: the server does not offer it");
    assert_no_clear_text(&server);
}

#[tokio::test]
async fn rejected_encryption_is_deferred() {
    let certificate = Certificate::new(&[HOST]);
    let server = server(Encryption::StartTls(certificate.clone())).await;
    let transport = transport("smtp", HOST, &server, Some(&certificate));
    server.script([Some(Fault::reply(Step::StartTls, "454 4.7.0 hush"))]);
    assert_deferred(&send_alone(&transport, "a").await, "STARTTLS failed: the server rejected it");
    server.script([Some(Fault::reply(Step::Login, "535 5.7.8 hush"))]);
    assert_deferred(&send_alone(&transport, "a").await, "(535)");
    server.script([Some(Fault::close(Step::StartTls, false))]);
    assert_deferred(&send_alone(&transport, "a").await, "STARTTLS failed");
    assert_no_clear_text(&server);
}

#[tokio::test]
async fn replies_from_before_encryption_are_not_used_after_it() {
    let certificate = Certificate::new(&[HOST]);
    let server = server(Encryption::StartTls(certificate.clone())).await;
    let transport = transport("smtp", HOST, &server, Some(&certificate));
    // An attacker adds the replies of a whole session to the last one in clear text.
    let replies =
        "220 go ahead\r\n250 PIPELINING\r\n235 welcome\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 accepted";
    server.script([Some(Fault::reply(Step::StartTls, replies))]);
    assert_deferred(&send_alone(&transport, "a").await, "TLS with the SMTP server failed");
    assert_eq!(send_alone(&transport, "a").await, Outcome::Sent);
    assert_eq!(server.mails().len(), 1);
}
