//! What a merge does to logins, guardians, feeds and messages.

use chrono::TimeDelta;
use rounds_data::messages::Outcome;

use super::{NOW, add, add_dependant, book_for, ids, merge::merge, set_guardian, show};
use crate::{
    notify::sender,
    support::{Actor, Clinic, PASSWORD, json},
};

/// A Patient who has signed in with a password, from an address of their own.
async fn registered(clinic: &Clinic, email: &str) -> Actor {
    let account = json!({ "name": "Ada", "email": email, "password": PASSWORD, "account_type": "Patient" });
    let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    Actor { id, ..clinic.login(email, PASSWORD).await }
}

#[tokio::test]
async fn login_moves_to_the_patient_that_stays() {
    let clinic = Clinic::on_disk(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let ada = registered(&clinic, "ada@example.org").await;
    let id = add(&desk, json!({ "name": "Ada of the desk", "email": "old@example.org" })).await;
    let merged = merge(&desk, ada.id, id).await.expect(200);
    assert_eq!(
        (&merged["id"], &merged["has_login"], &merged["email"]),
        (&json!(id), &json!(true), &json!("ada@example.org"))
    );
    ada.get("/me").await.problem(401, "unauthorized");
    let again = clinic.login("ada@example.org", PASSWORD).await;
    let me = again.get("/me").await.expect(200);
    assert_eq!((&me["id"], &me["name"]), (&json!(id), &json!("Ada of the desk")));
    assert_eq!(ids(&desk.get("/patients?q=ada%40").await.expect(200)), [id]);
    assert!(ids(&desk.get("/patients?q=old%40").await.expect(200)).is_empty());
    let sources =
        format!("SELECT DISTINCT account_id || '' FROM sign_in_sources WHERE account_id IN ({id}, {})", ada.id);
    assert_eq!(clinic.rows(&sources).await, [id.to_string()]);
    assert_eq!(ids(&admin.get("/accounts?q=ada%40").await.expect(200)), [id]);

    // A login that stays keeps its email and its sessions.
    let bea = registered(&clinic, "bea@example.org").await;
    let other = add(&desk, json!({ "name": "Bea", "email": "other@example.org" })).await;
    assert_eq!(merge(&desk, other, bea.id).await.expect(200)["email"], "bea@example.org");
    bea.get("/me").await.expect(200);
}

#[tokio::test]
async fn deactivated_login_stays_deactivated() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let ada = registered(&clinic, "ada@example.org").await;
    assert_eq!(admin.send("POST", &format!("/accounts/{}/deactivate", ada.id), None, &[]).await.status, 204);
    let id = add(&desk, json!({ "name": "Ada" })).await;
    merge(&desk, ada.id, id).await.expect(200);
    let sign_in = json!({ "email": "ada@example.org", "password": PASSWORD });
    clinic.anonymous().post("/login", sign_in.clone()).await.problem(401, "unauthorized");
    // The merged id stands for the other in this route too.
    assert_eq!(admin.send("POST", &format!("/accounts/{}/activate", ada.id), None, &[]).await.status, 204);
    assert_eq!(clinic.anonymous().post("/login", sign_in).await.status, 200);
}

#[tokio::test]
async fn guardians_of_both_act_for_the_patient_that_stays() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let (one, two, ended) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
    let (kid, double) = (add_dependant(&one, "Kid").await, add_dependant(&two, "Kid again").await);
    for (patient, account) in [(kid, two.id), (double, ended.id)] {
        set_guardian(&desk, "PUT", patient, account).await;
    }
    set_guardian(&desk, "DELETE", double, ended.id).await;
    let merged = merge(&desk, double, kid).await.expect(200);
    let guardians: Vec<_> =
        merged["guardians"].as_array().unwrap().iter().map(|row| row["account_id"].clone()).collect();
    assert_eq!(guardians, [json!(one.id), json!(two.id)]);
    assert_eq!(ids(&two.get("/me/patients").await.expect(200)), [two.id, kid]);
    show(&ended, kid).await.problem(403, "forbidden");
    assert_eq!(set_guardian(&desk, "DELETE", double, two.id).await.status, 204, "by the merged id");
    show(&two, double).await.problem(403, "forbidden");
}

#[tokio::test]
async fn dependants_stay_with_their_guardian_and_nobody_guards_themselves() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let parent = registered(&clinic, "ada@example.org").await;
    let kid = add_dependant(&parent, "Kid").await;
    // The same person, whom the front desk has added, and whose guardian they are.
    let double = add(&desk, json!({ "name": "Parent" })).await;
    set_guardian(&desk, "PUT", double, parent.id).await;
    let merged = merge(&desk, parent.id, double).await.expect(200);
    assert_eq!(merged["guardians"], json!([]));
    let again = clinic.login("ada@example.org", PASSWORD).await;
    assert_eq!(ids(&again.get("/me/patients").await.expect(200)), [double, kid]);
    assert_eq!(show(&desk, kid).await.expect(200)["guardians"][0]["account_id"], double);

    // A guardian who is merged into their own dependant.
    let kid_double = add_dependant(&Actor { id: double, ..again.clone() }, "Kid").await;
    assert_eq!(merge(&desk, double, kid_double).await.expect(200)["guardians"], json!([]));
}

#[tokio::test]
async fn feed_and_links_move_to_the_patient_that_stays() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let ada = registered(&clinic, "ada@example.org").await;
    let url = ada.post("/me/feed", json!({})).await.expect(201)["url"].as_str().unwrap().to_owned();
    ada.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let link = clinic.mails().await.into_iter().find_map(|mail| mail.links.first().cloned()).unwrap();
    let id = add(&desk, json!({ "name": "Ada" })).await;
    let more = book_for(&desk, &doctor, id, "2030-01-08T11:00:00Z").await;
    merge(&desk, ada.id, id).await.expect(200);
    let feed = clinic.anonymous().get(&url[url.find("/feeds/").unwrap()..]).await;
    assert_eq!((feed.status, feed.body.matches("BEGIN:VEVENT").count()), (200, 2), "{}", feed.body);
    clinic.anonymous().get(&format!("/links/{link}")).await.expect(200);
    assert!(more > 0);
}

/// A message that waits when the patient is merged goes to the patient that stays, and a reminder is sent once.
#[tokio::test]
async fn waiting_messages_go_to_the_patient_that_stays() {
    let clinic = Clinic::at(NOW).await;
    let (mut desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let one = add(&desk, json!({ "name": "One", "email": "one@example.org" })).await;
    let other = add(&desk, json!({ "name": "Other", "email": "other@example.org" })).await;
    book_for(&desk, &doctor, one, "2030-01-08T08:30:00Z").await;
    for expected in [1, 2] {
        let claim = sender::claim(&clinic).await;
        assert_eq!(claim.messages.len(), expected);
        assert!(claim.messages.iter().all(|message| message.sent_to == "one@example.org"));
        sender::record(&clinic, &claim, Outcome::Deferred("busy".into())).await;
        clinic.pass(TimeDelta::minutes(35));
    }
    clinic.renew(&mut desk);
    merge(&desk, one, other).await.expect(200);
    for id in [one, other] {
        let messages = desk.get(&format!("/messages?patient_id={id}")).await.expect(200);
        assert_eq!(messages.as_array().unwrap().len(), if id == other { 2 } else { 0 }, "{messages}");
    }
    let claim = sender::claim(&clinic).await;
    let mut said: Vec<_> = claim.messages.iter().map(sender::said).collect();
    said.sort();
    assert_eq!(said, ["booked 2030-01-08T08:30:00Z", "reminder 2030-01-08T08:30:00Z"]);
    assert!(claim.messages.iter().all(|message| message.sent_to == "other@example.org" && message.name == "Other"));
    sender::record(&clinic, &claim, Outcome::Sent).await;
    clinic.pass(TimeDelta::hours(1));
    assert!(sender::send(&clinic).await.is_empty(), "nobody is reminded twice");
}
