use std::sync::atomic::{AtomicU32, Ordering};

use rounds_mail::{Envelope, Outcome, Settings, Transport};
use smtp::{Fault, Options, Server, Step};

use super::{
    TO, assert_deferred, assert_refused, assert_unknown, envelope, impatient_transport_to, mail, send, send_alone,
    settings, transport_to,
};

/// The reply of a filter that repeats a secret link of the message.
const LINK: &str = "554 5.7.1 https://clinic.example/#/links/SWqSaHVzaEhVU0hodXNoSFVTSGh1c2hIVVNIaHVzaEg is on a list";

#[tokio::test]
async fn accepted_message_is_sent_as_it_is() {
    for is_pipelining in [true, false] {
        let server = Server::start(Options { is_pipelining, ..Options::default() }).await;
        let transport = transport_to(&server);
        let text = b"Message-ID: <a@clinic.example>\r\n\r\n.\r\n..two\r\n\r\n.last".as_slice();
        let mut batch = transport.batch();
        assert_eq!(batch.send(&envelope("a"), text, &|| true).await, Outcome::Sent);
        let received = &server.mails()[0];
        assert_eq!((received.from.as_str(), &received.to[..]), ("desk@clinic.example", &[TO.to_owned()][..]));
        assert_eq!(received.message_id, "<a@clinic.example>");
        let received = String::from_utf8(received.bytes.clone()).unwrap();
        assert_eq!(received.trim_end(), String::from_utf8(text.to_vec()).unwrap());
    }
}

#[tokio::test]
async fn rejected_address_or_message_is_refused() {
    for is_pipelining in [true, false] {
        let server = Server::start(Options { is_pipelining, ..Options::default() }).await;
        let transport = transport_to(&server);
        let mut batch = transport.batch();
        for (step, reply, part) in [
            (Step::Recipient, "550 5.1.1 <Ann.Lee@clinic.example>: ann.lee is unknown", "550 5.1.1 (removed)"),
            (Step::Data, "554 5.6.0 no", "554 5.6.0"),
            (Step::End, "554 5.7.1 spam", "554 5.7.1 spam"),
            (Step::End, LINK, "554 5.7.1 (removed) is on a list"),
            (Step::End, "552-5.3.4 too\r\n552 5.3.4 large", "552 5.3.4"),
        ] {
            server.script([Some(Fault::reply(step, reply))]);
            assert_refused(&send(&mut batch, "a").await, part);
        }
        assert_eq!(server.mails().len(), 0);
        assert_eq!(send(&mut batch, "b").await, Outcome::Sent);
        assert_eq!((server.mails().len(), server.connections()), (1, 1), "each time, the connection was reset");
    }
}

#[tokio::test]
async fn temporary_failure_is_deferred() {
    for is_pipelining in [true, false] {
        let server = Server::start(Options { is_pipelining, ..Options::default() }).await;
        let transport = transport_to(&server);
        let mut batch = transport.batch();
        for (step, reply) in [
            (Step::Sender, "451 4.3.0 later"),
            // The setting is wrong, and not the message.
            (Step::Sender, "553 5.1.7 not from here"),
            (Step::Recipient, "450 4.2.0 greylisted"),
            (Step::Data, "451 4.3.0 later"),
            (Step::End, "452 4.3.1 no space"),
        ] {
            server.script([Some(Fault::reply(step, reply))]);
            assert_deferred(&send(&mut batch, "a").await, reply);
        }
        assert_eq!(send(&mut batch, "b").await, Outcome::Sent);
        assert_eq!((server.mails().len(), server.connections()), (1, 1));
    }
}

#[tokio::test]
async fn greylisted_message_is_sent_at_the_next_attempt() {
    let server = Server::start(Options { is_greylisting: true, ..Options::default() }).await;
    let transport = transport_to(&server);
    assert_deferred(&send_alone(&transport, "a").await, "450 4.2.0 greylisted");
    assert_eq!(send_alone(&transport, "a").await, Outcome::Sent);
    assert_eq!(server.mails()[0].message_id, "<a@clinic.example>");
}

#[tokio::test]
async fn lost_connection_before_the_end_of_the_message_is_deferred() {
    let server = Server::start(Options::default()).await;
    let transport = transport_to(&server);
    for step in [Step::Sender, Step::Recipient, Step::Data] {
        server.script([Some(Fault::close(step, false))]);
        assert_deferred(&send_alone(&transport, "a").await, "connection lost");
    }
    // The message is too large for the network buffers, and the server does not read it.
    server.script([Some(Fault::close(Step::Message, false))]);
    let large = "all work\r\n".repeat(2_000_000).into_bytes();
    let outcome = transport.batch().send(&envelope("a"), &large, &|| true).await;
    assert_deferred(&outcome, "connection lost");
    assert_eq!(server.mails().len(), 0);
}

#[tokio::test]
async fn lost_connection_after_the_end_of_the_message_is_unknown() {
    let server = Server::start(Options::default()).await;
    let transport = transport_to(&server);
    for is_accepted in [true, false] {
        server.script([Some(Fault::close(Step::End, is_accepted))]);
        assert_unknown(&send_alone(&transport, "a").await);
    }
    assert_eq!(server.mails().len(), 1);
    server.script([Some(Fault::reply(Step::End, "nonsense"))]);
    assert_unknown(&send_alone(&transport, "a").await);
}

#[tokio::test]
async fn silent_server_is_deferred_or_unknown() {
    let server = Server::start(Options::default()).await;
    let transport = impatient_transport_to(&server);
    for step in [Step::Connect, Step::Hello, Step::Sender, Step::Data] {
        server.script([Some(Fault::stall(step, false))]);
        assert_deferred(&send_alone(&transport, "a").await, "did not answer");
    }
    server.script([Some(Fault::stall(Step::End, true))]);
    assert_unknown(&send_alone(&transport, "a").await);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(send_alone(&transport, "b").await, Outcome::Sent);
}

#[tokio::test]
async fn message_is_not_sent_after_its_claim_has_expired() {
    for is_pipelining in [true, false] {
        let server = Server::start(Options { is_pipelining, ..Options::default() }).await;
        let transport = transport_to(&server);
        let mut batch = transport.batch();
        assert_deferred(&batch.send(&envelope("a"), &mail("a"), &|| false).await, "claim");
        assert_eq!(send(&mut batch, "b").await, Outcome::Sent);
        assert_eq!(server.connections(), 1, "the connection was reset");
        // Frozen while the server answers DATA.
        let calls = AtomicU32::new(0);
        let until_data = || calls.fetch_add(1, Ordering::SeqCst) == 0;
        assert_deferred(&batch.send(&envelope("c"), &mail("c"), &until_data).await, "claim");
        assert_eq!(send(&mut batch, "d").await, Outcome::Sent);
        assert_eq!((server.connections(), server.mails().len()), (2, 2));
    }
}

#[tokio::test]
async fn international_address_needs_a_server_that_supports_it() {
    let international = Envelope { to: "زهرة@clinic.example", ..envelope("a") };
    let with_ascii_form = Envelope { to: "ann@bücher.example", ..envelope("b") };
    for has_utf8 in [true, false] {
        let server = Server::start(Options { has_utf8, ..Options::default() }).await;
        let transport = transport_to(&server);
        let mut batch = transport.batch();
        let outcome = batch.send(&international, &mail("a"), &|| true).await;
        match has_utf8 {
            true => assert_eq!(outcome, Outcome::Sent),
            false => assert_refused(&outcome, "SMTPUTF8"),
        }
        assert_eq!(batch.send(&with_ascii_form, &mail("b"), &|| true).await, Outcome::Sent);
        assert_eq!(server.mails().last().unwrap().to, ["ann@xn--bcher-kva.example"]);
    }
}

#[tokio::test]
async fn invalid_address_is_refused() {
    let server = Server::start(Options::default()).await;
    let transport = transport_to(&server);
    for to in ["", "ann", "ann@", "ann@clinic.example>\r\nRCPT TO:<eve@example.com"] {
        let outcome = transport.batch().send(&Envelope { to, ..envelope("a") }, &mail("a"), &|| true).await;
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let with_url = |url: &str| settings(url);
    let check = |settings: Settings| async move {
        match Transport::new(settings) {
            Ok(transport) => transport.check().await.err(),
            Err(error) => Some(error),
        }
    };
    assert_eq!(check(with_url("smtp://127.0.0.1")).await, None);
    let missing = Settings { mail_from: None, ..with_url("smtp://127.0.0.1") };
    assert!(check(missing).await.unwrap().contains("MAIL_FROM"));
    for (from, is_valid) in
        [("desk@clinic.example", true), ("The desk <desk@clinic.example>", true), ("The desk", false)]
    {
        let error = check(Settings { mail_from: Some(from.to_owned()), ..with_url("smtp://127.0.0.1") }).await;
        assert_eq!(error.is_none(), is_valid, "{from}");
        assert!(error.is_none_or(|error| error.starts_with("MAIL_FROM ")));
    }
    let no_file = Settings { smtp_ca_file: Some("missing.pem".into()), ..with_url("smtp://127.0.0.1") };
    assert!(check(no_file).await.unwrap().starts_with("SMTP_CA_FILE "));
    let error = check(with_url("smtp://ann:hush@clinic.example/hush")).await.unwrap();
    assert!(error.starts_with("SMTP_URL ") && !error.contains("hush"), "{error}");
    let outcome = send_alone(&Transport::new(with_url("http://ann:hush@clinic.example")).unwrap(), "a").await;
    assert_deferred(&outcome, "SMTP_URL must");
}
