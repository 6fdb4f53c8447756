//! Accounts that an Admin creates without a password.

use chrono::TimeDelta;
use rounds_domain::MessageKind;

use crate::support::{Actor, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn invite(admin: &Actor, email: &str) -> i64 {
    let account = json!({ "name": "Grace", "email": email, "account_type": "Doctor", "specialty": "Cardiology" });
    let invited = admin.post("/register", account).await.expect(201);
    assert_eq!(invited["account_type"], "Doctor");
    invited["id"].as_i64().unwrap()
}

fn password(token: &str) -> Value {
    json!({ "token": token, "new_password": PASSWORD })
}

#[tokio::test]
async fn invited_doctor_sets_the_first_password() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let id = invite(&admin, "grace@example.org").await;
    let mails = clinic.mails().await;
    let [mail] = &mails[..] else { panic!("{}", mails.len()) };
    assert_eq!((mail.kind, mail.to.as_str()), (MessageKind::Invitation, "grace@example.org"));
    clinic.pass(TimeDelta::days(7) - TimeDelta::seconds(1));
    let accepted = clinic.anonymous().post("/reset_password", password(&mail.token)).await;
    assert_eq!((accepted.status, accepted.body.as_str()), (204, ""));
    let grace = clinic.login("grace@example.org", PASSWORD).await;
    let me = grace.get("/me").await.expect(200);
    assert_eq!((&me["id"], &me["email_verified"]), (&json!(id), &json!(true)));
    assert!(clinic.mails().await.is_empty(), "nobody is told of a first password");
    clinic.anonymous().post("/reset_password", password(&mail.token)).await.problem(422, "link-expired");

    let mut admin = admin;
    clinic.renew(&mut admin);
    let entries = admin.get(&format!("/audit?account_id={id}")).await.expect(200);
    let entry = |entry: &Value| (entry["action"].as_str().unwrap().to_owned(), entry["actor_id"].clone());
    let entries: Vec<_> = entries.as_array().unwrap().iter().map(entry).collect();
    let expected = [("login", id), ("password", id), ("invite", admin.id), ("register", admin.id)];
    assert_eq!(entries, expected.map(|(action, actor)| (action.to_owned(), json!(actor))));
}

#[tokio::test]
async fn invited_account_cannot_sign_in_before() {
    let clinic = Clinic::at(NOW).await;
    invite(&clinic.admin().await, "grace@example.org").await;
    for guess in ["", "none", "$argon2id$none", PASSWORD] {
        let sign_in = json!({ "email": "grace@example.org", "password": guess });
        clinic.anonymous().post("/login", sign_in).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn expired_invitation_can_be_asked_for_again() {
    let clinic = Clinic::at(NOW).await;
    invite(&clinic.admin().await, "grace@example.org").await;
    let first = clinic.mails().await.remove(0);
    clinic.pass(TimeDelta::days(7));
    clinic.anonymous().post("/reset_password", password(&first.token)).await.problem(422, "link-expired");
    let forgot = json!({ "email": "GRACE@example.org" });
    assert_eq!(clinic.anonymous().post("/forgot_password", forgot).await.status, 202);
    let again = clinic.mails().await.remove(0);
    assert_eq!((again.kind, again.to.as_str()), (MessageKind::Invitation, "grace@example.org"));
    clinic.pass(TimeDelta::days(6));
    assert_eq!(clinic.anonymous().post("/reset_password", password(&again.token)).await.status, 204);
    clinic.login("grace@example.org", PASSWORD).await;
}

#[tokio::test]
async fn only_admins_can_leave_the_password_out() {
    let clinic = Clinic::at(NOW).await;
    let account = |email: &str| json!({ "name": "Ada", "email": email, "password": null, "account_type": "Patient" });
    for actor in [clinic.anonymous(), clinic.patient().await, clinic.doctor().await] {
        let refused = actor.post("/register", account("ada@example.org")).await;
        assert_eq!(refused.pointers("invalid-input"), ["/password"]);
    }
    clinic.admin().await.post("/register", account("ada@example.org")).await.expect(201);
    assert_eq!(clinic.mails().await[0].kind, MessageKind::Invitation);
}

/// An Admin can still set a password. The invitation then ends.
#[tokio::test]
async fn password_set_by_an_admin_ends_the_invitation() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let id = invite(&admin, "grace@example.org").await;
    let mail = clinic.mails().await.remove(0);
    let set = json!({ "new_password": "another long password" });
    assert_eq!(admin.post(&format!("/accounts/{id}/password"), set).await.status, 204);
    clinic.anonymous().post("/reset_password", password(&mail.token)).await.problem(422, "link-expired");
    clinic.login("grace@example.org", "another long password").await;
}
