//! Changing the email of an account. It changes when the link that was sent to the new email is used.

use chrono::TimeDelta;
use rounds_domain::MessageKind;

use crate::support::{Actor, Answer, Clinic, Mail, PASSWORD, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// A patient whose first mail was sent.
async fn ada(clinic: &Clinic) -> Actor {
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    clinic.mails().await;
    Actor { id, ..clinic.login("ada@example.org", PASSWORD).await }
}

async fn ask(actor: &Actor, email: &str) -> Answer {
    actor.post("/me/email", json!({ "email": email, "password": PASSWORD })).await
}

async fn verify(clinic: &Clinic, mail: &Mail) -> Answer {
    clinic.anonymous().post("/verify_email", json!({ "token": mail.token })).await
}

#[tokio::test]
async fn email_changes_when_the_link_sent_to_it_is_used() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    let asked = ask(&ada, "Lovelace@example.org").await;
    assert_eq!((asked.status, asked.body.as_str()), (202, ""));
    let mails = clinic.mails().await;
    let [mail] = &mails[..] else { panic!("{}", mails.len()) };
    assert_eq!((mail.kind, mail.to.as_str()), (MessageKind::VerifyEmail, "Lovelace@example.org"));
    let me = ada.get("/me").await.expect(200);
    assert_eq!((&me["email"], &me["email_verified"]), (&json!("ada@example.org"), &json!(false)));

    assert_eq!(verify(&clinic, mail).await.status, 204);
    let me = ada.get("/me").await.expect(200);
    assert_eq!((&me["email"], &me["email_verified"]), (&json!("Lovelace@example.org"), &json!(true)));
    verify(&clinic, mail).await.problem(422, "link-expired");
    clinic.login("lovelace@example.org", PASSWORD).await;
    let old = json!({ "email": "ada@example.org", "password": PASSWORD });
    clinic.anonymous().post("/login", old).await.problem(401, "unauthorized");
    let admin = clinic.admin().await;
    let found = admin.get("/accounts?q=lovelace@").await.expect(200);
    assert_eq!(found[0]["id"], ada.id);
    let entry = admin.get(&format!("/audit?account_id={}&action=profile", ada.id)).await.expect(200)[0].clone();
    assert_eq!((&entry["actor_id"], &entry["changes"]), (&json!(ada.id), &json!({ "email": null })));
}

#[tokio::test]
async fn new_email_needs_the_password() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    let wrong = json!({ "email": "new@example.org", "password": "a wrong guess" });
    for _ in 0..10 {
        assert_eq!(ada.post("/me/email", wrong.clone()).await.pointers("invalid-input"), ["/password"]);
    }
    ask(&ada, "new@example.org").await.problem(429, "too-many-requests");
    clinic.pass(TimeDelta::minutes(15));
    let invalid = json!({ "email": "new", "password": 7 });
    assert_eq!(ada.post("/me/email", invalid).await.pointers("invalid-input"), ["/email", "/password"]);
    assert!(clinic.mails().await.is_empty());
    assert_eq!(ask(&ada, "new@example.org").await.status, 202);
    let revoked = Actor { token: ada.token.clone(), ..clinic.anonymous() };
    let admin = clinic.admin().await;
    assert_eq!(admin.send("POST", &format!("/accounts/{}/deactivate", ada.id), None, &[]).await.status, 204);
    ask(&revoked, "new@example.org").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn taken_email_is_refused_when_asked_for_and_when_used() {
    let clinic = Clinic::at(NOW).await;
    let (ada, alan) = (ada(&clinic).await, clinic.patient().await);
    ask(&ada, &alan.email.to_uppercase()).await.problem(409, "email-taken");
    assert!(clinic.mails().await.is_empty());

    assert_eq!(ask(&ada, "münchen@example.org").await.status, 202);
    let mail = clinic.mails().await.remove(0);
    let account =
        json!({ "name": "Max", "email": "MÜNCHEN@example.org", "password": PASSWORD, "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    for _ in 0..2 {
        verify(&clinic, &mail).await.problem(409, "email-taken");
    }
    assert_eq!(ada.get("/me").await.expect(200)["email"], "ada@example.org");
}

#[tokio::test]
async fn spelling_of_the_own_email_can_change() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(ask(&ada, "ADA@example.org").await.status, 202);
    let mail = clinic.mails().await.remove(0);
    assert_eq!(verify(&clinic, &mail).await.status, 204);
    assert_eq!(ada.get("/me").await.expect(200)["email"], "ADA@example.org");
    // The same spelling: only verified again.
    assert_eq!(ask(&ada, "ADA@example.org").await.status, 202);
    let mail = clinic.mails().await.remove(0);
    assert_eq!(verify(&clinic, &mail).await.status, 204);
    verify(&clinic, &mail).await.problem(422, "link-expired");
}

#[tokio::test]
async fn later_request_replaces_the_earlier_one() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(ask(&ada, "one@example.org").await.status, 202);
    let one = clinic.mails().await.remove(0);
    for email in ["two@example.org", "three@example.org"] {
        assert_eq!(ask(&ada, email).await.status, 202);
    }
    let refused = ask(&ada, "four@example.org").await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "3600");
    let mails = clinic.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["three@example.org"]);
    verify(&clinic, &one).await.problem(422, "link-expired");
    assert_eq!(verify(&clinic, &mails[0]).await.status, 204);
    assert_eq!(ada.get("/me").await.expect(200)["email"], "three@example.org");
}

/// An attacker who knew the password has requested a change to another email. The owner changes the password.
#[tokio::test]
async fn new_password_ends_a_change_of_the_email() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(ask(&ada, "thief@example.org").await.status, 202);
    let mail = clinic.mails().await.remove(0);
    assert_eq!(ask(&ada, "thief2@example.org").await.status, 202);
    let change = json!({ "old_password": PASSWORD, "new_password": "another long password" });
    assert_eq!(ada.post("/me/password", change).await.status, 204);
    verify(&clinic, &mail).await.problem(422, "link-expired");
    let mails = clinic.mails().await;
    assert!(mails.iter().all(|mail| mail.kind == MessageKind::PasswordChanged), "the one that waited is dropped");
    assert_eq!(ada.get("/me").await.expect(200)["email"], "ada@example.org");
}

/// Otherwise an Admin who tries again helps somebody who knew the old password.
#[tokio::test]
async fn new_password_ends_a_failed_mail_to_a_new_email() {
    let clinic = Clinic::on_disk(NOW).await;
    let ada = ada(&clinic).await;
    assert_eq!(ask(&ada, "mallory@example.org").await.status, 202);
    let set = format!("UPDATE messages SET state = 'Failed' WHERE reader_id = {} AND address IS NOT NULL", ada.id);
    clinic.sql(&set).await.unwrap();
    let admin = clinic.admin().await;
    let failed = admin.get("/messages?state=Failed").await.expect(200);
    let new = json!({ "old_password": PASSWORD, "new_password": "correct horse battery" });
    assert_eq!(ada.post("/me/password", new).await.status, 204);
    let retry = format!("/messages/{}/retry", failed[0]["id"]);
    admin.send("POST", &retry, None, &[]).await.problem(409, "message-ended");
    assert!(clinic.mails().await.iter().all(|mail| mail.kind != MessageKind::VerifyEmail));
}
