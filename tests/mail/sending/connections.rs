use rounds_mail::Outcome;
use rounds_secrets::Secret;
use smtp::{Fault, Options, Server, Step};

use super::{assert_deferred, assert_unknown, impatient_transport_to, send, send_alone, settings, transport_to};
use crate::support::temporary;

#[tokio::test]
async fn batch_uses_one_connection_and_few_round_trips() {
    for (is_pipelining, expected) in [(true, 3), (false, 4)] {
        let server = Server::start(Options { is_pipelining, ..Options::default() }).await;
        let transport = transport_to(&server);
        let mut batch = transport.batch();
        send(&mut batch, "first").await;
        server.take_round_trips();
        for message in 0..50 {
            assert_eq!(send(&mut batch, &message.to_string()).await, Outcome::Sent);
        }
        let round_trips = server.take_round_trips();
        assert!((50 * expected - 1..=50 * expected + 1).contains(&round_trips), "{round_trips}");
        batch.finish().await;
        assert_eq!((server.mails().len(), server.connections()), (51, 1));
        let commands = server.commands();
        assert_eq!(commands.last().unwrap().1, "QUIT");
        assert!(!commands.iter().any(|(_, command)| command == "RSET" || command == "NOOP"));
    }
}

#[tokio::test]
async fn next_message_opens_another_connection_after_a_lost_one() {
    let mut server = Server::start(Options::default()).await;
    let transport = transport_to(&server);
    let mut batch = transport.batch();
    server.script([None, Some(Fault::reply(Step::Sender, "421 4.3.2 shutting down")), None]);
    assert_eq!(send(&mut batch, "a").await, Outcome::Sent);
    assert_deferred(&send(&mut batch, "b").await, "421");
    assert_eq!(send(&mut batch, "c").await, Outcome::Sent);
    server.script([Some(Fault::reply(Step::End, "421 4.3.2 shutting down")), None]);
    assert_deferred(&send(&mut batch, "c").await, "421");
    assert_eq!(send(&mut batch, "c").await, Outcome::Sent);
    server.script([Some(Fault::close(Step::End, true)), None]);
    assert_unknown(&send(&mut batch, "d").await);
    assert_eq!(send(&mut batch, "e").await, Outcome::Sent);
    server.restart().await;
    assert_deferred(&send(&mut batch, "f").await, "connection lost");
    assert_eq!(send(&mut batch, "f").await, Outcome::Sent);
    assert_eq!((server.connections(), server.mails().len()), (5, 6));
}

#[tokio::test]
async fn unreachable_server_is_tried_once_in_a_batch() {
    let mut server = Server::start(Options::default()).await;
    let transport = transport_to(&server);
    server.stop().await;
    let mut batch = transport.batch();
    assert_deferred(&send(&mut batch, "a").await, "cannot connect");
    server.restart().await;
    assert_deferred(&send(&mut batch, "b").await, "cannot connect");
    assert_eq!(server.connections(), 0);
    assert_eq!(send_alone(&transport, "a").await, Outcome::Sent);

    server.script([Some(Fault::reply(Step::Connect, "554 5.3.2 not today"))]);
    assert_deferred(&send_alone(&transport, "c").await, "554");
    server.script([Some(Fault::reply(Step::Connect, "421 4.3.2 too busy"))]);
    assert_deferred(&send_alone(&transport, "c").await, "421");
}

#[tokio::test]
async fn silent_server_is_tried_twice_in_a_batch() {
    let server = Server::start(Options::default()).await;
    let transport = impatient_transport_to(&server);
    let mut batch = transport.batch();
    let stall = || Some(Fault::stall(Step::Data, false));
    server.script([stall()]);
    assert_deferred(&send(&mut batch, "a").await, "did not answer");
    assert_eq!(send(&mut batch, "b").await, Outcome::Sent, "one failure can be the fault of its message");
    server.script([stall(), stall()]);
    for message_id in ["c", "d", "e"] {
        assert_deferred(&send(&mut batch, message_id).await, "did not answer");
    }
    assert_eq!(server.connections(), 3, "the last one was not tried");
}

#[tokio::test]
async fn next_batch_uses_changed_password() {
    let login = Some(("desk".to_owned(), "p@ss/1%".to_owned()));
    let server = Server::start(Options { login, ..Options::default() }).await;
    let file = temporary("smtp_url");
    let url = |password: &str| format!("smtp://desk:{password}@127.0.0.1:{}", server.port());
    std::fs::write(&file, url("hush")).unwrap();
    let smtp_url = Some(Secret::in_file("SMTP_URL", file.clone()));
    let transport = rounds_mail::Transport::new(rounds_mail::Settings { smtp_url, ..settings("") }).unwrap();

    let mut batch = transport.batch();
    assert_deferred(&send(&mut batch, "a").await, "535");
    assert_deferred(&send(&mut batch, "b").await, "535");
    let count = server.commands().iter().filter(|(_, command)| command.starts_with("AUTH")).count();
    assert_eq!(count, 1, "a wrong password is not repeated, because that could lock the account");

    std::fs::write(&file, url("p%40ss%2F1%25")).unwrap();
    assert_eq!(send_alone(&transport, "a").await, Outcome::Sent);
    assert_eq!(server.mails()[0].user.as_deref(), Some("desk"));

    // Without a user, the server rejects each message. That is a fault of the settings, and not of the address.
    let anonymous = transport_to(&server);
    assert_deferred(&send_alone(&anonymous, "c").await, "530");
}

#[tokio::test]
async fn random_faults_lose_and_double_nothing() {
    let server = Server::start(Options::default()).await;
    server.inject_at_random(19, 3);
    let transport = transport_to(&server);
    let mut batch = transport.batch();
    for message in 0..200 {
        let id = message.to_string();
        let before = server.mails().len();
        let outcome = send(&mut batch, &id).await;
        let accepted = server.mails().len() - before;
        match outcome {
            Outcome::Sent => assert_eq!(accepted, 1),
            Outcome::Refused(_) | Outcome::Deferred(_) => assert_eq!(accepted, 0),
            Outcome::Unknown(_) => assert!(accepted <= 1),
        }
    }
    assert!(server.injected() > 40);
}
