use rounds_domain::MessageKind;

use super::{NOW, add, add_dependant, book_for, ids, show};
use crate::support::{Actor, Answer, Clinic, PASSWORD, Value, json};

async fn invite(desk: &Actor, id: i64) -> Answer {
    desk.send("POST", &format!("/patients/{id}/invite"), None, &[]).await
}

fn password(token: &str) -> Value {
    json!({ "token": token, "new_password": PASSWORD })
}

#[tokio::test]
async fn invited_patient_signs_in_and_keeps_the_id() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin, doctor) = (clinic.receptionist().await, clinic.admin().await, clinic.doctor().await);
    let id = add(&desk, json!({ "name": "Ada", "email": "Ada@example.org", "language": "de" })).await;
    let booked = book_for(&desk, &doctor, id, "2030-01-08T10:00:00Z").await;
    clinic.mails().await;
    let answer = invite(&desk, id).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    let shown = show(&desk, id).await.expect(200);
    assert_eq!((&shown["has_login"], &shown["email"]), (&json!(false), &json!("Ada@example.org")));
    let mails = clinic.mails().await;
    let [mail] = &mails[..] else { panic!("{}", mails.len()) };
    assert_eq!((mail.kind, mail.to.as_str()), (MessageKind::Invitation, "Ada@example.org"));
    assert_eq!(clinic.anonymous().post("/reset_password", password(&mail.token)).await.status, 204);

    let ada = clinic.login("ada@example.org", PASSWORD).await;
    let me = ada.get("/me").await.expect(200);
    assert_eq!((&me["id"], &me["name"], &me["email_verified"]), (&json!(id), &json!("Ada"), &json!(true)));
    assert_eq!(ids(&ada.get("/appointments").await.expect(200)), [booked]);
    assert_eq!(show(&desk, id).await.expect(200)["has_login"], true);
    assert_eq!(ids(&desk.get("/patients?q=ada%40example").await.expect(200)), [id]);
    invite(&desk, id).await.problem(409, "patient-has-login");
    let entries = admin.get(&format!("/audit?account_id={id}")).await.expect(200);
    let actions: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["login", "password", "invite", "patient"]);
}

#[tokio::test]
async fn patient_without_a_password_is_invited_again() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let id = add(&desk, json!({ "name": "Ada", "email": "ada@example.org" })).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        assert_eq!(invite(&desk, id).await.status, 202);
        tokens.push(clinic.mails().await.remove(0).token);
    }
    assert_eq!(clinic.anonymous().post("/reset_password", password(&tokens[1])).await.status, 204);
    clinic.anonymous().post("/reset_password", password(&tokens[0])).await.problem(422, "link-expired");
}

#[tokio::test]
async fn email_of_another_account_offers_its_patient_as_guardian() {
    let clinic = Clinic::at(NOW).await;
    let (desk, parent, doctor) = (clinic.receptionist().await, clinic.patient().await, clinic.doctor().await);
    let kid = add(&desk, json!({ "name": "Kid", "email": parent.email.to_uppercase() })).await;
    assert_eq!(invite(&desk, kid).await.problem(409, "email-taken")["account_id"], parent.id);
    let other = add(&desk, json!({ "name": "Other", "email": doctor.email })).await;
    assert_eq!(invite(&desk, other).await.problem(409, "email-taken").get("account_id"), None);
    assert_eq!(show(&desk, kid).await.expect(200)["email"], parent.email.to_uppercase());
}

#[tokio::test]
async fn only_a_patient_with_an_email_can_be_invited_and_only_by_the_front_desk() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let id = add(&desk, json!({ "name": "Ada" })).await;
    invite(&desk, id).await.problem(409, "patient-has-no-email");
    for absent in [999_999, doctor.id] {
        invite(&desk, absent).await.problem(404, "not-found");
    }
    invite(&desk, patient.id).await.problem(409, "patient-has-login");
    let kid = add_dependant(&patient, "Kid").await;
    for other in [&doctor, &patient] {
        invite(other, kid).await.problem(403, "forbidden");
    }
}
