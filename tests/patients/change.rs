use rounds_domain::MessageKind;

use super::{NOW, add, add_dependant, ids, show};
use crate::support::{Actor, Answer, Clinic, Value, json};

async fn change(actor: &Actor, id: i64, change: Value) -> Answer {
    actor.patch(&format!("/patients/{id}"), change).await
}

#[tokio::test]
async fn front_desk_changes_all_members_and_removes_them() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let id = add(&desk, json!({ "name": "Ada", "phone": "+442079460000" })).await;
    let all = json!({
        "name": "Ada L.", "phone": "+442079460001", "email": "ada@example.org", "birth_date": "1984-03-07",
        "language": "de", "notes": "Deaf",
    });
    let changed = change(&desk, id, all.clone()).await.expect(200);
    for (member, value) in all.as_object().unwrap() {
        assert_eq!(&changed[member], value);
    }
    assert_eq!(show(&desk, id).await.expect(200), changed);
    assert_eq!(ids(&desk.get("/patients?q=ada%40example").await.expect(200)), [id]);
    assert_eq!(change(&desk, id, json!({})).await.expect(200), changed);
    let nothing = json!({ "phone": null, "email": null, "birth_date": null, "language": null, "notes": null });
    let removed = change(&desk, id, nothing.clone()).await.expect(200);
    for (member, value) in nothing.as_object().unwrap() {
        assert_eq!(&removed[member], value);
    }
    assert_eq!(removed["name"], "Ada L.");
    assert!(ids(&desk.get("/patients?q=ada%40example").await.expect(200)).is_empty());
    assert_eq!(change(&desk, id, json!({ "name": null })).await.pointers("invalid-input"), ["/name"]);
}

#[tokio::test]
async fn patients_change_themselves_and_their_dependants_but_no_notes() {
    let clinic = Clinic::at(NOW).await;
    let (patient, stranger, doctor) = (clinic.patient().await, clinic.patient().await, clinic.doctor().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let kid = add_dependant(&patient, "Kid").await;
    for id in [patient.id, kid] {
        let changed = change(&patient, id, json!({ "phone": "+442079460001", "birth_date": "2017-01-12" })).await;
        let changed = changed.expect(200);
        assert_eq!((&changed["phone"], changed.get("notes")), (&json!("+442079460001"), None));
        change(&patient, id, json!({ "notes": "mine" })).await.problem(403, "forbidden");
        change(&stranger, id, json!({ "name": "Eve" })).await.problem(403, "forbidden");
        // Doctors only read.
        change(&doctor, id, json!({ "name": "Eve" })).await.problem(403, "forbidden");
        change(&doctor, id, json!({})).await.problem(403, "forbidden");
    }
    assert_eq!(patient.get("/me").await.expect(200)["birth_date"], "2017-01-12");
}

#[tokio::test]
async fn email_of_a_login_is_changed_by_its_owner_only() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    for actor in [&desk, &patient] {
        for email in [json!("other@example.org"), json!(null)] {
            change(actor, patient.id, json!({ "email": email, "phone": "+442079460001" }))
                .await
                .problem(409, "patient-has-login");
        }
        // A form can send all members.
        change(actor, patient.id, json!({ "email": patient.email })).await.expect(200);
    }
    let shown = show(&desk, patient.id).await.expect(200);
    assert_eq!((&shown["email"], &shown["phone"]), (&json!(patient.email), &json!(null)));
}

#[tokio::test]
async fn new_email_of_an_invited_patient_is_invited_again() {
    let clinic = Clinic::at(NOW).await;
    let (desk, other) = (clinic.receptionist().await, clinic.patient().await);
    let id = add(&desk, json!({ "name": "Ada", "email": "typo@example.org" })).await;
    assert_eq!(desk.send("POST", &format!("/patients/{id}/invite"), None, &[]).await.status, 202);
    let first = clinic.mails().await.remove(0);
    assert_eq!(change(&desk, id, json!({ "email": "ada@example.org" })).await.expect(200)["email"], "ada@example.org");
    let mails = clinic.mails().await;
    let [second] = &mails[..] else { panic!("{}", mails.len()) };
    assert_eq!((second.kind, second.to.as_str()), (MessageKind::Invitation, "ada@example.org"));
    let set = |token: &str| json!({ "token": token, "new_password": "a long password" });
    clinic.anonymous().post("/reset_password", set(&first.token)).await.problem(422, "link-expired");
    let violations = change(&desk, id, json!({ "email": null })).await.violations("invalid-input");
    assert_eq!(violations, [("/email".into(), "null".into())]);
    let taken = change(&desk, id, json!({ "email": other.email })).await.problem(409, "email-taken");
    assert_eq!(taken["account_id"], other.id);
    assert_eq!(clinic.anonymous().post("/reset_password", set(&second.token)).await.status, 204);
    assert_eq!(clinic.login("ada@example.org", "a long password").await.get("/me").await.expect(200)["id"], id);
    change(&desk, id, json!({ "email": "typo@example.org" })).await.problem(409, "patient-has-login");
}

#[tokio::test]
async fn changes_are_in_the_audit_log_by_member_name() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin, patient) = (clinic.receptionist().await, clinic.admin().await, clinic.patient().await);
    change(&desk, patient.id, json!({ "phone": "+442079460001", "notes": "Deaf" })).await.expect(200);
    change(&patient, patient.id, json!({ "birth_date": "1984-03-07" })).await.expect(200);
    let entries = admin.get(&format!("/audit?account_id={}", patient.id)).await.expect(200);
    let entry = |index: usize| (entries[index]["action"].as_str().unwrap(), entries[index]["changes"].clone());
    assert_eq!(entry(0), ("profile", json!({ "birth_date": null })));
    assert_eq!(entry(1), ("patient", json!({ "notes": null, "phone": null })));
}
