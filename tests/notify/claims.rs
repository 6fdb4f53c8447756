//! Several senders, and senders that fail.

use chrono::TimeDelta;
use notify::{PublicUrl, Sender};
use rounds_data::messages::{self, Channels, Outcome};
use rounds_domain::parse_timestamp;
use rounds_mail::{Settings, Transport};
use rounds_secrets::Secret;

use super::{
    queue::reschedule,
    sender::{claim, claim_by, record, said, send},
};
use crate::support::{Actor, Clinic, json, public_url, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";
const NINE: &str = "2030-01-10T09:00:00Z";
const TEN: &str = "2030-01-10T10:00:00Z";

async fn booked() -> (Clinic, Actor, Actor, i64) {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, NINE, 30).await;
    (clinic, doctor, patient, id)
}

async fn states(clinic: &Clinic) -> Vec<String> {
    let messages = clinic.admin().await.get("/messages").await.expect(200);
    messages.as_array().unwrap().iter().map(|message| message["state"].as_str().unwrap().to_owned()).collect()
}

fn deferred() -> Outcome {
    Outcome::Deferred("the server is busy".into())
}

#[tokio::test]
async fn two_senders_never_claim_the_same_message() {
    let (clinic, ..) = booked().await;
    let first = claim(&clinic).await;
    assert_eq!(first.messages.len(), 1);
    assert!(claim(&clinic).await.messages.is_empty());
    clinic.pass(TimeDelta::seconds(119));
    assert!(claim(&clinic).await.messages.is_empty());
    record(&clinic, &first, Outcome::Sent).await;
    clinic.pass(TimeDelta::seconds(60));
    assert!(claim(&clinic).await.messages.is_empty());
    assert_eq!(states(&clinic).await, ["Sent"]);
}

#[tokio::test]
async fn message_of_a_dead_sender_is_sent_again_with_the_same_id() {
    let (clinic, ..) = booked().await;
    let dead = claim(&clinic).await;
    clinic.pass(TimeDelta::seconds(121));
    let next = claim(&clinic).await;
    assert_eq!(next.messages[0].message_id, dead.messages[0].message_id);
    assert_eq!(said(&next.messages[0]), format!("booked {NINE}"));

    // The first sender was only slow. Its claim has ended, so its outcome is not recorded.
    record(&clinic, &dead, deferred()).await;
    assert_eq!(states(&clinic).await, ["Queued"]);
    record(&clinic, &next, Outcome::Sent).await;
    assert_eq!(states(&clinic).await, ["Sent"]);
}

#[tokio::test]
async fn message_that_was_not_sent_tells_the_newest_state_later() {
    let (clinic, doctor, _, id) = booked().await;
    record(&clinic, &claim(&clinic).await, deferred()).await;
    doctor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": TEN })).await.expect(200);
    clinic.pass(TimeDelta::seconds(60));
    assert_eq!(send(&clinic).await, [format!("booked {TEN}")]);
}

/// Its sender died, and may have sent it.
#[tokio::test]
async fn dropped_message_that_may_have_been_sent_counts_as_told() {
    let (clinic, doctor, _, id) = booked().await;
    let _dead = claim(&clinic).await;
    clinic.pass(TimeDelta::seconds(121));
    doctor.cancel(id).await.expect(200);
    // Dropped before the sender reads the entry of the audit log.
    let channels = Channels { texts: false, quiet_until: None };
    let claimed = messages::claim(clinic.functions_database(), clinic.now(), channels).await.unwrap();
    assert!(claimed.messages.is_empty());
    assert_eq!(states(&clinic).await, ["Dropped"]);
    assert_eq!(send(&clinic).await, [format!("cancelled {NINE}")]);
    assert_eq!(states(&clinic).await, ["Sent", "Dropped"]);
}

/// The second message waits for the first, which is dropped.
#[tokio::test]
async fn message_that_waited_is_not_sent_after_the_start() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    let _dead = claim(&clinic).await;
    let earlier = json!({ "start_date": "2030-01-07T09:30:00Z" });
    doctor.post(&format!("/appointments/{id}/reschedule"), earlier).await.expect(200);
    assert!(claim(&clinic).await.messages.is_empty());
    clinic.pass(TimeDelta::hours(2));
    assert!(send(&clinic).await.is_empty());
    assert!(send(&clinic).await.is_empty());
    assert_eq!(states(&clinic).await, ["Dropped", "Dropped"]);
}

/// The second message is added while the first is on its way. So there are two that nobody was told.
#[tokio::test]
async fn two_messages_never_say_the_same() {
    let (clinic, doctor, _, id) = booked().await;
    let first = claim(&clinic).await;
    doctor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": TEN })).await.expect(200);
    assert!(claim(&clinic).await.messages.is_empty());
    record(&clinic, &first, deferred()).await;
    clinic.pass(TimeDelta::seconds(60));
    assert_eq!(send(&clinic).await, [format!("booked {TEN}")]);
    assert!(send(&clinic).await.is_empty());
    assert_eq!(states(&clinic).await, ["Sent", "Dropped"]);
}

/// A sender makes few changes of the database if what is due waits for another message.
#[tokio::test]
async fn sender_stops_when_nothing_can_be_claimed() {
    let (clinic, doctor, _, id) = booked().await;
    let _first = claim(&clinic).await;
    doctor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": TEN })).await.expect(200);
    let transport = Transport::new(Settings::in_folder(temporary("mail"))).unwrap();
    let later = || parse_timestamp("2030-01-07T08:01:00Z").unwrap();
    let sender = Sender::new(clinic.functions_database().clone(), transport, public_url(), later);
    let before = operations(&clinic).await;
    let report = sender.run(&|| true).await.unwrap();
    assert_eq!((report.sent, report.due), (0, 2), "one is claimed, and the other waits for it");
    assert_eq!(operations(&clinic).await - before, 2, "one that adds the message, and one that claims");
}

/// On AWS, the URL is in the Parameter Store, which can be unavailable for some time.
#[tokio::test]
async fn no_message_loses_an_attempt_if_the_url_of_its_links_cannot_be_read() {
    let (clinic, ..) = booked().await;
    let (folder, file) = (temporary("mail"), temporary("public_url"));
    let transport = Transport::new(Settings::in_folder(folder.clone())).unwrap();
    let public_url = PublicUrl::new(Secret::in_file("PUBLIC_URL", file.clone()));
    let clock = || parse_timestamp(NOW).unwrap();
    let sender = Sender::new(clinic.functions_database().clone(), transport, public_url, clock);
    let reason = sender.run(&|| true).await.unwrap_err().into_reason();
    assert!(reason.starts_with("PUBLIC_URL cannot be read: "), "{reason}");
    let messages = clinic.admin().await.get("/messages").await.expect(200);
    assert_eq!((&messages[0]["state"], &messages[0]["attempts"]), (&json!("Queued"), &json!(0)), "{messages}");

    std::fs::write(&file, "https://clinic.example/").unwrap();
    assert_eq!(sender.run(&|| true).await.unwrap().sent, 1);
    let mail = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let mail = std::fs::read_to_string(mail).unwrap().replace("=\r\n", "");
    assert!(mail.contains("https://clinic.example/#/links/"), "{mail}");
}

async fn operations(clinic: &Clinic) -> i64 {
    let mut rows = clinic.database().connect().await.query("SELECT count(*) FROM operations", ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn message_whose_outcome_is_unknown_counts_as_told() {
    let (clinic, doctor, _, id) = booked().await;
    record(&clinic, &claim(&clinic).await, Outcome::Unknown("no answer".into())).await;
    doctor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": TEN })).await.expect(200);
    clinic.pass(TimeDelta::seconds(60));
    // The first message is not true any more, so it is not sent again.
    assert_eq!(send(&clinic).await, [format!("moved {TEN}")]);
    assert_eq!(states(&clinic).await, ["Sent", "Dropped"]);
}

#[tokio::test]
async fn failed_attempts_are_repeated_for_a_day() {
    let (clinic, ..) = booked().await;
    let mut waits = Vec::new();
    loop {
        let claimed = claim(&clinic).await;
        assert_eq!(claimed.messages.len(), 1);
        record(&clinic, &claimed, deferred()).await;
        if states(&clinic).await == ["Failed"] {
            break;
        }
        let now = clinic.now();
        let next = messages::queue(clinic.functions_database(), now).await.unwrap().next_at.unwrap();
        waits.push((next - now).num_minutes());
        clinic.pass(next - now - TimeDelta::seconds(1));
        assert!(claim(&clinic).await.messages.is_empty());
        clinic.pass(TimeDelta::seconds(1));
    }
    let mut expected = vec![1, 5, 30];
    expected.extend([60; 24]);
    assert_eq!(waits, expected);
    let failed = clinic.admin().await.get("/messages?state=Failed").await.expect(200);
    assert_eq!((&failed[0]["last_error"], &failed[0]["attempts"]), (&json!("the server is busy"), &json!(28)));

    let retry = format!("/messages/{}/retry", failed[0]["id"]);
    assert_eq!(clinic.admin().await.send("POST", &retry, None, &[]).await.status, 202);
    assert_eq!(send(&clinic).await, [format!("booked {NINE}")]);
    clinic.admin().await.send("POST", &retry, None, &[]).await.problem(409, "message-ended");
}

#[tokio::test]
async fn refused_address_fails_at_once() {
    let (clinic, ..) = booked().await;
    record(&clinic, &claim(&clinic).await, Outcome::Refused("no such mailbox".into())).await;
    assert_eq!(states(&clinic).await, ["Failed"]);
    clinic.pass(TimeDelta::days(1));
    assert!(send(&clinic).await.iter().all(|said| said.starts_with("reminder")));
}

#[tokio::test]
async fn reader_without_an_address_gets_a_text_message_or_a_call() {
    for (phone, texts, expected) in
        [("'+4915112345678'", true, "Queued"), ("'+4915112345678'", false, "Call"), ("NULL", true, "Call")]
    {
        let (clinic, _, patient, id) = booked().await;
        // A patient without a login.
        clinic
            .sql(&format!("DROP TRIGGER logins_deleted; DELETE FROM logins WHERE person_id = {}", patient.id))
            .await
            .unwrap();
        clinic
            .sql(&format!("UPDATE people SET operation_id = :operation, phone = {phone} WHERE id = {}", patient.id))
            .await
            .unwrap();
        let claimed = claim_by(&clinic, texts).await;
        assert_eq!(states(&clinic).await, [expected], "{phone} {texts}");
        if expected == "Queued" {
            assert!(claimed.messages[0].is_text);
            assert_eq!(claimed.messages[0].sent_to, "+4915112345678");
            continue;
        }
        assert!(claimed.messages.is_empty());
        let admin = clinic.admin().await;
        let call = admin.get(&format!("/messages?state=Call&appointment_id={id}")).await.expect(200);
        let done = format!("/messages/{}/done", call[0]["id"]);
        for _ in 0..2 {
            assert_eq!(admin.send("POST", &done, None, &[]).await.status, 204);
        }
        assert_eq!(states(&clinic).await, ["Done"]);
        admin
            .send("POST", &format!("/messages/{}/retry", call[0]["id"]), None, &[])
            .await
            .problem(409, "message-ended");
        patient.send("POST", &done, None, &[]).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn call_is_dropped_when_it_is_no_longer_needed() {
    let (clinic, doctor, patient, id) = booked().await;
    clinic
        .sql(&format!("DROP TRIGGER logins_deleted; DELETE FROM logins WHERE person_id = {}", patient.id))
        .await
        .unwrap();
    claim(&clinic).await;
    assert_eq!(states(&clinic).await, ["Call"]);
    doctor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": TEN })).await.expect(200);
    clinic.pass(TimeDelta::seconds(60));
    claim(&clinic).await;
    assert_eq!(states(&clinic).await, ["Call"], "one call tells the newest time");
    doctor.cancel(id).await.expect(200);
    claim(&clinic).await;
    assert_eq!(states(&clinic).await, ["Dropped"]);
}

#[tokio::test]
async fn message_of_a_dead_sender_counts_as_sent_after_it_was_dropped() {
    let (clinic, doctor, _, id) = booked().await;
    // Its sender dies after the server has accepted it.
    claim(&clinic).await;
    clinic.pass(TimeDelta::seconds(70));
    reschedule(&doctor, id, TEN).await;
    clinic.pass(TimeDelta::seconds(51));
    assert!(send(&clinic).await.is_empty());
    assert_eq!(states(&clinic).await, ["Queued", "Dropped"], "the first is not true any more, the second waits");
    doctor.cancel(id).await.expect(200);
    assert_eq!(send(&clinic).await, [format!("cancelled {TEN}")]);
}

#[tokio::test]
async fn change_during_a_failed_attempt_is_told_once() {
    let (clinic, doctor, _, id) = booked().await;
    assert_eq!(send(&clinic).await, [format!("booked {NINE}")]);
    reschedule(&doctor, id, TEN).await;
    clinic.pass(TimeDelta::seconds(60));
    let first = claim(&clinic).await;
    doctor.cancel(id).await.expect(200);
    assert!(claim(&clinic).await.messages.is_empty(), "the first one may be on its way");
    record(&clinic, &first, deferred()).await;
    assert_eq!(send(&clinic).await, [format!("cancelled {TEN}")]);
    clinic.pass(TimeDelta::seconds(60));
    assert!(send(&clinic).await.is_empty());
    assert_eq!(states(&clinic).await, ["Sent", "Dropped", "Sent"]);
}

#[tokio::test]
async fn change_does_not_wait_for_the_next_attempt_of_a_message_that_is_not_true_any_more() {
    let (clinic, mut doctor, _, id) = booked().await;
    for _ in 0..3 {
        record(&clinic, &claim(&clinic).await, deferred()).await;
        clinic.pass(TimeDelta::minutes(30));
    }
    record(&clinic, &claim(&clinic).await, Outcome::Unknown("no reply".into())).await;
    clinic.pass(TimeDelta::minutes(1));
    clinic.renew(&mut doctor);
    doctor.cancel(id).await.expect(200);
    assert_eq!(send(&clinic).await, [format!("cancelled {NINE}")], "the next attempt is an hour later");
}

#[tokio::test]
async fn message_that_is_retried_while_it_is_claimed_stays_readable() {
    let (clinic, ..) = booked().await;
    let claimed = claim(&clinic).await;
    let admin = clinic.admin().await;
    let messages = admin.get("/messages").await.expect(200);
    let retry = format!("/messages/{}/retry", messages[0]["id"]);
    assert_eq!(admin.send("POST", &retry, None, &[]).await.status, 202);
    record(&clinic, &claimed, Outcome::Released).await;
    assert_eq!(admin.get("/messages").await.expect(200)[0]["attempts"], json!(0));
}

#[tokio::test]
async fn erased_account_needs_no_call() {
    let (clinic, doctor, patient, id) = booked().await;
    record(&clinic, &claim(&clinic).await, Outcome::Refused("no such mailbox".into())).await;
    doctor.cancel(id).await.expect(200);
    let admin = clinic.admin().await;
    assert_eq!(admin.send("POST", &format!("/accounts/{}/erase", patient.id), None, &[]).await.status, 204);
    assert_eq!(states(&clinic).await, ["Dropped"], "and the cancellation is not read from the audit log any more");
}
