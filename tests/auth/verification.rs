//! Links that verify an email.

use chrono::TimeDelta;
use rounds_domain::MessageKind;

use crate::support::{Actor, Answer, Clinic, PASSWORD, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Registers a patient, and returns them signed in, with the token of the mail.
async fn ada(clinic: &Clinic) -> (Actor, String) {
    let account = json!({ "name": "Ada", "email": "Ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    let mut mails = clinic.mails().await;
    let mail = mails.remove(0);
    assert_eq!((mail.kind, mail.to.as_str(), mails.len()), (MessageKind::VerifyEmail, "Ada@example.org", 0));
    (Actor { id, ..clinic.login("ada@example.org", PASSWORD).await }, mail.token)
}

async fn verify(clinic: &Clinic, token: &str) -> Answer {
    clinic.anonymous().post("/verify_email", json!({ "token": token })).await
}

#[tokio::test]
async fn link_of_the_first_mail_verifies_the_email_once() {
    let clinic = Clinic::at(NOW).await;
    let (ada, token) = ada(&clinic).await;
    assert_eq!(ada.get("/me").await.expect(200)["email_verified"], false);
    let verified = verify(&clinic, &token).await;
    assert_eq!((verified.status, verified.body.as_str()), (204, ""));
    assert_eq!(ada.get("/me").await.expect(200)["email_verified"], true);
    verify(&clinic, &token).await.problem(422, "link-expired");
    // The audit log has no entry for a verification.
    let entries = clinic.admin().await.get(&format!("/audit?account_id={}", ada.id)).await.expect(200);
    assert_eq!(entries.as_array().unwrap().len(), 2, "{entries}");
}

#[tokio::test]
async fn another_mail_can_be_asked_for_until_the_email_is_verified() {
    let clinic = Clinic::at(NOW).await;
    let (mut ada, first) = ada(&clinic).await;
    clinic.pass(TimeDelta::minutes(60));
    ada.token = clinic.login("ada@example.org", PASSWORD).await.token;
    verify(&clinic, &first).await.problem(422, "link-expired");
    for _ in 0..5 {
        assert_eq!(ada.send("POST", "/me/verify_email", None, &[]).await.status, 202);
    }
    let mails = clinic.mails().await;
    assert_eq!(mails.len(), 3, "no more than three within an hour");
    clinic.pass(TimeDelta::minutes(59));
    assert_eq!(verify(&clinic, &mails[1].token).await.status, 204);
    assert_eq!(ada.send("POST", "/me/verify_email", None, &[]).await.status, 202);
    clinic.pass(TimeDelta::minutes(30));
    assert!(clinic.mails().await.is_empty(), "the email is verified");
    clinic.anonymous().send("POST", "/me/verify_email", None, &[]).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn mail_that_waits_is_dropped_once_the_email_is_verified() {
    let clinic = Clinic::at(NOW).await;
    let (ada, token) = ada(&clinic).await;
    assert_eq!(ada.send("POST", "/me/verify_email", None, &[]).await.status, 202);
    assert_eq!(verify(&clinic, &token).await.status, 204);
    assert!(clinic.mails().await.is_empty());
    let messages = ada.get("/me/export").await.expect(200)["messages"].clone();
    let sent = json!({
        "kind": "verify_email", "state": "Sent", "to": "Ada@example.org",
        "due_at": "2030-01-07T08:00:00+00:00", "sent_at": "2030-01-07T08:00:00+00:00",
    });
    let mut dropped = sent.clone();
    (dropped["state"], dropped["to"], dropped["sent_at"]) = (json!("Dropped"), json!(null), json!(null));
    assert_eq!(messages, json!([sent, dropped]));
}

#[tokio::test]
async fn made_up_tokens_verify_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (ada, token) = ada(&clinic).await;
    let other_case =
        token.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    let wrong = ["", "x", "A".repeat(43).as_str(), &format!("{token} "), &token[1..], &other_case.collect::<String>()]
        .map(str::to_owned);
    for token in wrong {
        let refused = verify(&clinic, &token).await;
        refused.problem(422, "link-expired");
        assert!(token.len() < 2 || !refused.body.contains(&token), "{}", refused.body);
    }
    for body in [json!({}), json!({ "token": null }), json!({ "token": 7 }), json!({ "token": [token] })] {
        assert_eq!(clinic.anonymous().post("/verify_email", body).await.pointers("invalid-input"), ["/token"]);
    }
    assert_eq!(ada.get("/me").await.expect(200)["email_verified"], false);
}

#[tokio::test]
async fn deactivated_account_verifies_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (ada, token) = ada(&clinic).await;
    let admin = clinic.admin().await;
    for (verb, status) in [("deactivate", 422), ("activate", 204)] {
        assert_eq!(admin.send("POST", &format!("/accounts/{}/{verb}", ada.id), None, &[]).await.status, 204);
        assert_eq!(verify(&clinic, &token).await.status, status, "{verb}");
    }
}
