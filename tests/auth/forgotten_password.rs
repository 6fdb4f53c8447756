//! Forgotten passwords, and attacks on the links that set a new one.

use chrono::TimeDelta;
use rounds_domain::MessageKind;

use crate::support::{Actor, Answer, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const NEW: &str = "another long password";
const EMAIL: &str = "ada@example.org";

/// A patient whose first mail was sent.
async fn ada(clinic: &Clinic) -> Actor {
    let account = json!({ "name": "Ada", "email": EMAIL, "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    clinic.mails().await;
    Actor { id, ..clinic.login(EMAIL, PASSWORD).await }
}

async fn forgot(actor: &Actor, email: &str) -> Answer {
    actor.post("/forgot_password", json!({ "email": email })).await
}

/// Returns the token of the mail to the person who forgot the password.
async fn token(clinic: &Clinic) -> String {
    let asked = forgot(&clinic.anonymous(), EMAIL).await;
    assert_eq!((asked.status, asked.body.as_str()), (202, ""));
    let mails = clinic.mails().await;
    let mail = mails.into_iter().find(|mail| mail.kind == MessageKind::ResetPassword).unwrap();
    assert_eq!(mail.to, EMAIL);
    mail.token
}

async fn reset(actor: &Actor, token: &str, password: &str) -> Answer {
    actor.post("/reset_password", json!({ "token": token, "new_password": password })).await
}

async fn login(clinic: &Clinic, password: &str) -> u16 {
    clinic.anonymous().post("/login", json!({ "email": EMAIL, "password": password })).await.status
}

#[tokio::test]
async fn link_of_a_mail_sets_a_new_password() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    let token = token(&clinic).await;
    clinic.pass(TimeDelta::minutes(59));
    let done = reset(&clinic.anonymous(), &token, NEW).await;
    assert_eq!((done.status, done.body.as_str()), (204, ""));
    ada.get("/me").await.problem(401, "unauthorized");
    assert_eq!((login(&clinic, PASSWORD).await, login(&clinic, NEW).await), (401, 200));
    // The link was sent to the email, so the email is verified. The owner gets a mail about the new password.
    let me = clinic.login(EMAIL, NEW).await.get("/me").await.expect(200);
    assert_eq!(me["email_verified"], true);
    let mails = clinic.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MessageKind::PasswordChanged]);
    let entry = clinic.admin().await.get(&format!("/audit?account_id={}&action=password", ada.id)).await.expect(200);
    assert_eq!((&entry[0]["actor_id"], &entry[0]["changes"]), (&json!(ada.id), &json!(null)));
}

#[tokio::test]
async fn refused_password_does_not_use_the_link_up() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    let token = token(&clinic).await;
    for password in ["short", "password123"] {
        let refused = reset(&clinic.anonymous(), &token, password).await;
        assert_eq!(refused.pointers("invalid-input"), ["/new_password"]);
    }
    let nothing = clinic.anonymous().post("/reset_password", json!({})).await.pointers("invalid-input");
    assert_eq!(nothing, ["/new_password", "/token"]);
    assert_eq!(reset(&clinic.anonymous(), &token, NEW).await.status, 204);
}

#[tokio::test]
async fn response_to_a_forgotten_password_is_always_the_same() {
    let clinic = Clinic::on_disk(NOW).await;
    let (ada, admin) = (ada(&clinic).await, clinic.admin().await);
    let inactive = clinic.doctor().await;
    let invited = json!({ "name": "Grace", "email": "grace@example.org", "account_type": "Doctor" });
    admin.post("/register", invited).await.expect(201);
    clinic.mails().await;
    assert_eq!(admin.send("POST", &format!("/accounts/{}/deactivate", inactive.id), None, &[]).await.status, 204);
    let answer = async |email: &str| {
        let answer = forgot(&clinic.anonymous(), email).await;
        (answer.status, answer.body, answer.headers)
    };
    let expected = answer("nobody@example.org").await;
    assert_eq!((expected.0, expected.1.as_str()), (202, ""));
    for email in [ada.email.as_str(), "grace@example.org", &inactive.email, "erased-1", "no email", ""] {
        assert_eq!(answer(email).await, expected, "{email}");
    }
    let queued = clinic.rows("SELECT kind FROM messages WHERE state = 'Queued' ORDER BY id").await;
    assert_eq!(queued, ["reset_password", "invitation"]);
    let mails = clinic.mails().await;
    let to: Vec<_> = mails.iter().map(|mail| (mail.kind, mail.to.as_str())).collect();
    assert_eq!(to, [(MessageKind::ResetPassword, EMAIL), (MessageKind::Invitation, "grace@example.org")]);
    assert_eq!(clinic.anonymous().post("/forgot_password", json!({})).await.pointers("invalid-input"), ["/email"]);
}

/// Somebody else requests many mails. The owner gets few of them, and can still sign in and use each of their links.
#[tokio::test]
async fn forgotten_passwords_are_limited_without_locking_the_owner_out() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    for email in [EMAIL, "nobody@example.org"] {
        for _ in 0..10 {
            assert_eq!(forgot(&clinic.anonymous(), email).await.status, 202);
        }
        let refused = forgot(&clinic.anonymous(), &email.to_uppercase()).await;
        refused.problem(429, "too-many-requests");
        assert_eq!(refused.header("retry-after"), "900", "{email}");
    }
    let mails = clinic.mails().await;
    assert_eq!(mails.len(), 3, "no more than three within an hour");
    assert_eq!(login(&clinic, "a wrong guess").await, 401);
    assert_eq!(login(&clinic, PASSWORD).await, 200, "forgotten passwords are no failed sign-ins with this email");
    assert_eq!(forgot(&clinic.anonymous().at("198.51.100.2"), EMAIL).await.status, 202, "from another source");
    assert_eq!(reset(&clinic.anonymous(), &mails[0].token, NEW).await.status, 204);
}

#[tokio::test]
async fn forgotten_passwords_from_one_source_are_limited() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    let here = clinic.anonymous().at("198.51.100.1");
    for number in 0..200 {
        assert_eq!(forgot(&here, &format!("{number}@example.org")).await.status, 202);
    }
    let refused = forgot(&here, EMAIL).await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "3600");
    assert!(clinic.mails().await.is_empty());
    // At a source where the owner has signed in before, this limit does not apply to their email.
    assert_eq!(forgot(&clinic.anonymous(), EMAIL).await.status, 202);
}

/// Users who have forgotten their password have often tried several.
#[tokio::test]
async fn owner_can_sign_in_after_failed_attempts_and_a_reset() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    for _ in 0..10 {
        assert_eq!(login(&clinic, "a wrong guess").await, 401);
    }
    assert_eq!(login(&clinic, PASSWORD).await, 429);
    let token = token(&clinic).await;
    assert_eq!(reset(&clinic.anonymous(), &token, NEW).await.status, 204);
    assert_eq!(login(&clinic, NEW).await, 200);
}

#[tokio::test]
async fn used_expired_and_unknown_links_are_refused_alike() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    let (used, expired) = (token(&clinic).await, token(&clinic).await);
    assert_eq!(reset(&clinic.anonymous(), &used, NEW).await.status, 204);
    let answer = async |token: &str| {
        let refused = reset(&clinic.anonymous(), token, "a third long password").await;
        let mut problem = refused.problem(422, "link-expired");
        problem["request_id"] = Value::Null;
        problem
    };
    // The new password has ended the other link too.
    let expected = answer(&used).await;
    assert_eq!(answer(&expired).await, expected);
    let fresh = token(&clinic).await;
    clinic.pass(TimeDelta::minutes(60));
    for token in [&fresh, "x", "", "A".repeat(43).as_str()] {
        assert_eq!(answer(token).await, expected);
    }
    assert_eq!(login(&clinic, NEW).await, 200);
}

#[tokio::test]
async fn guessed_links_are_limited_and_real_ones_still_work() {
    let clinic = Clinic::at(NOW).await;
    ada(&clinic).await;
    let token = token(&clinic).await;
    let here = clinic.anonymous().at("198.51.100.1");
    for number in 0..200 {
        reset(&here, &format!("guess {number}"), NEW).await.problem(422, "link-expired");
    }
    let refused = reset(&here, "another guess", NEW).await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "3600");
    assert_eq!(reset(&here, &token, NEW).await.status, 204);
    // A used link counts like any other guess.
    reset(&here, &token, NEW).await.problem(429, "too-many-requests");
    for _ in 0..10 {
        reset(&clinic.anonymous(), &token, NEW).await.problem(422, "link-expired");
    }
    reset(&clinic.anonymous(), &token, NEW).await.problem(429, "too-many-requests");
}

#[tokio::test]
async fn link_does_only_what_its_mail_says() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    let reset_link = token(&clinic).await;
    assert_eq!(ada.send("POST", "/me/verify_email", None, &[]).await.status, 202);
    let verification = clinic.mails().await.remove(0).token;
    reset(&clinic.anonymous(), &verification, NEW).await.problem(422, "link-expired");
    let verify = async |token: &str| clinic.anonymous().post("/verify_email", json!({ "token": token })).await;
    verify(&reset_link).await.problem(422, "link-expired");
    // Neither was used up.
    assert_eq!(verify(&verification).await.status, 204);
    assert_eq!(reset(&clinic.anonymous(), &reset_link, NEW).await.status, 204);
}

#[tokio::test]
async fn new_password_or_email_ends_earlier_links() {
    let clinic = Clinic::at(NOW).await;
    let ada = ada(&clinic).await;
    let (sent, change) = (token(&clinic).await, json!({ "old_password": PASSWORD, "new_password": NEW }));
    assert_eq!(forgot(&clinic.anonymous(), EMAIL).await.status, 202);
    assert_eq!(ada.post("/me/password", change).await.status, 204);
    reset(&clinic.anonymous(), &sent, "a third long password").await.problem(422, "link-expired");
    let mails = clinic.mails().await;
    assert!(mails.iter().all(|mail| mail.kind == MessageKind::PasswordChanged), "the mail that waited is dropped");

    let sent = token(&clinic).await;
    let change = json!({ "email": "lovelace@example.org", "password": NEW });
    assert_eq!(ada.post("/me/email", change).await.status, 202);
    let new_email = clinic.mails().await.remove(0).token;
    assert_eq!(clinic.anonymous().post("/verify_email", json!({ "token": new_email })).await.status, 204);
    reset(&clinic.anonymous(), &sent, "a third long password").await.problem(422, "link-expired");
    clinic.login("lovelace@example.org", NEW).await;
}

#[tokio::test]
async fn sign_in_that_renews_the_hash_keeps_the_link() {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let clinic = Clinic::on_disk(NOW).await;
    ada(&clinic).await;
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4096, 3, 1, None).unwrap());
    let weak = weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    clinic.sql(&format!("UPDATE logins SET operation_id = :operation, password_hash = '{weak}'")).await.unwrap();
    let token = token(&clinic).await;
    assert_eq!(login(&clinic, PASSWORD).await, 200);
    assert_eq!(reset(&clinic.anonymous(), &token, NEW).await.status, 204);
}

#[tokio::test]
async fn only_one_of_two_concurrent_resets_succeeds() {
    let clinic = Clinic::on_disk(NOW).await;
    ada(&clinic).await;
    for round in 0..3 {
        let token = token(&clinic).await;
        let (one, other) = (format!("{round} long password"), format!("{round} other password"));
        let anyone = clinic.anonymous();
        let answers = tokio::join!(reset(&anyone, &token, &one), reset(&anyone, &token, &other));
        let mut statuses = [answers.0.status, answers.1.status];
        let expected = if statuses[0] == 204 { (200, 401) } else { (401, 200) };
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 422]);
        assert_eq!((login(&clinic, &one).await, login(&clinic, &other).await), expected);
        clinic.pass(TimeDelta::hours(1));
    }
}

#[tokio::test]
async fn deactivated_account_has_no_links() {
    let clinic = Clinic::at(NOW).await;
    let (ada, admin) = (ada(&clinic).await, clinic.admin().await);
    let token = token(&clinic).await;
    assert_eq!(admin.send("POST", &format!("/accounts/{}/deactivate", ada.id), None, &[]).await.status, 204);
    reset(&clinic.anonymous(), &token, NEW).await.problem(422, "link-expired");
    assert_eq!(forgot(&clinic.anonymous(), EMAIL).await.status, 202);
    assert!(clinic.mails().await.is_empty());
}

#[tokio::test]
async fn database_has_only_hashes_of_tokens_and_deletes_expired_links() {
    let clinic = Clinic::on_disk(NOW).await;
    ada(&clinic).await;
    let token = token(&clinic).await;
    for table in ["links", "messages", "operations", "audit", "sign_in_attempts"] {
        assert!(!clinic.dump(table).await.contains(&token), "{table}");
    }
    assert_eq!(reset(&clinic.anonymous(), &token, NEW).await.status, 204);
    clinic.pass(TimeDelta::minutes(60));
    clinic.mails().await;
    assert_eq!(clinic.rows("SELECT hex(hash) FROM links").await.len(), 0, "both have expired");
}
