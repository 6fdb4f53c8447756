//! Who is told about the appointments of a patient: the patient, or the guardians.

use chrono::TimeDelta;
use rounds_data::messages::Outcome;

use super::sender::{claim, claim_by, record, record_by, said};
use crate::{
    patients::{add, add_dependant, book_for, set_guardian},
    support::{Actor, Clinic, Value, json},
};

const NOW: &str = "2030-01-07T08:00:00Z";
const TEN: &str = "2030-01-10T10:00:00Z";

/// Sends what is due. Returns each message as [`said`] does, with its address, sorted by the address.
async fn told(clinic: &Clinic) -> Vec<(String, String)> {
    let claim = claim(clinic).await;
    record(clinic, &claim, Outcome::Sent).await;
    let mut told: Vec<_> = claim.messages.iter().map(|message| (message.sent_to.clone(), said(message))).collect();
    told.sort();
    told
}

fn expected(said: &str, readers: &[&str]) -> Vec<(String, String)> {
    let mut told: Vec<_> = readers.iter().map(|reader| ((*reader).to_owned(), format!("{said} {TEN}"))).collect();
    told.sort();
    told
}

async fn clinic() -> (Clinic, Actor, Actor) {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    (clinic, desk, doctor)
}

#[tokio::test]
async fn each_guardian_is_told_for_a_patient_without_an_email() {
    let (clinic, mut desk, doctor) = clinic().await;
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    let kid = add_dependant(&one, "Kid").await;
    set_guardian(&desk, "PUT", kid, two.id).await;
    let booked = book_for(&desk, &doctor, kid, TEN).await;
    assert_eq!(told(&clinic).await, expected("booked", &[&one.email, &two.email]));
    // The reminder, a day before.
    clinic.pass(TimeDelta::hours(51));
    assert_eq!(told(&clinic).await, expected("reminder", &[&one.email, &two.email]));
    clinic.renew(&mut desk);
    desk.patch(&format!("/patients/{kid}"), json!({ "email": "kid@example.org" })).await.expect(200);
    assert!(booked < book_for(&desk, &doctor, kid, "2030-01-11T10:00:00Z").await);
    let readers: Vec<_> = told(&clinic).await.into_iter().map(|(to, _)| to).collect();
    // Of the booking, and of the other appointment, of which only the guardians were reminded.
    assert_eq!(readers, ["kid@example.org", "kid@example.org"], "the patient has an email now");
}

/// Nobody else knows that the appointment is another one now.
#[tokio::test]
async fn new_reader_continues_where_the_earlier_one_stopped() {
    const ELEVEN: &str = "2030-01-10T11:00:00Z";
    let changes = [
        ("cancel", json!({}), format!("cancelled {TEN}")),
        ("reschedule", json!({ "start_date": ELEVEN }), format!("moved {ELEVEN}")),
    ];
    for (change, body, said) in changes {
        for is_patient in [true, false] {
            let (clinic, desk, doctor) = clinic().await;
            let (one, two) = (clinic.patient().await, clinic.patient().await);
            let kid = add_dependant(&one, "Kid").await;
            let booked = book_for(&desk, &doctor, kid, TEN).await;
            assert_eq!(told(&clinic).await, expected("booked", &[&one.email]));
            let reader = if is_patient {
                desk.patch(&format!("/patients/{kid}"), json!({ "email": "kid@example.org" })).await.expect(200);
                "kid@example.org"
            } else {
                set_guardian(&desk, "DELETE", kid, one.id).await;
                set_guardian(&desk, "PUT", kid, two.id).await;
                &two.email
            };
            desk.post(&format!("/appointments/{booked}/{change}"), body.clone()).await.expect(200);
            clinic.pass(TimeDelta::minutes(2));
            assert_eq!(told(&clinic).await, [(reader.to_owned(), said.clone())]);
        }
    }
}

/// The mail server did not answer for one of two guardians, who never knew of the appointment.
#[tokio::test]
async fn guardian_who_was_not_told_is_not_told_of_the_cancellation() {
    let (clinic, desk, doctor) = clinic().await;
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    let kid = add_dependant(&one, "Kid").await;
    set_guardian(&desk, "PUT", kid, two.id).await;
    let booked = book_for(&desk, &doctor, kid, TEN).await;
    let claim = claim(&clinic).await;
    record_by(&clinic, &claim, |message| {
        if message.sent_to == one.email { Outcome::Sent } else { Outcome::Deferred("no answer".to_owned()) }
    })
    .await;
    desk.post(&format!("/appointments/{booked}/cancel"), json!({})).await.expect(200);
    clinic.pass(TimeDelta::minutes(2));
    assert_eq!(told(&clinic).await, expected("cancelled", &[&one.email]));
}

#[tokio::test]
async fn patient_with_an_email_is_told_and_not_the_guardian() {
    let (clinic, desk, doctor) = clinic().await;
    let (patient, guardian) = (clinic.patient().await, clinic.patient().await);
    set_guardian(&desk, "PUT", patient.id, guardian.id).await;
    book_for(&desk, &doctor, patient.id, TEN).await;
    assert_eq!(told(&clinic).await, expected("booked", &[&patient.email]));

    let other = add(&desk, json!({ "name": "Ada", "email": "ada@example.org", "phone": "+442079460000" })).await;
    set_guardian(&desk, "PUT", other, guardian.id).await;
    let body =
        json!({ "doctor_id": doctor.id, "patient_id": other, "start_date": "2030-01-11T10:00:00Z", "duration": 30 });
    desk.post("/appointments", body).await.expect(201);
    let told: Vec<_> = told(&clinic).await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, ["ada@example.org"]);
}

#[tokio::test]
async fn patient_with_only_a_phone_gets_a_text_message_or_a_call() {
    for texts in [true, false] {
        let (clinic, desk, doctor) = clinic().await;
        let id = add(&desk, json!({ "name": "Ada", "phone": "+442079460000" })).await;
        book_for(&desk, &doctor, id, TEN).await;
        let claim = claim_by(&clinic, texts).await;
        let sent: Vec<_> = claim.messages.iter().map(|message| (message.sent_to.as_str(), message.is_text)).collect();
        assert_eq!(sent, if texts { vec![("+442079460000", true)] } else { vec![] });
        let calls = desk.get("/messages?state=Call").await.expect(200);
        let calls: Vec<_> = calls.as_array().unwrap().iter().map(|call| (&call["patient_id"], &call["to"])).collect();
        let phone = (json!(id), json!("+442079460000"));
        assert_eq!(calls, if texts { vec![] } else { vec![(&phone.0, &phone.1)] });
    }
}

/// A patient with neither gets a call too: the front desk sees that nobody can be told.
#[tokio::test]
async fn patient_without_any_address_is_a_call_of_the_front_desk() {
    let (clinic, desk, doctor) = clinic().await;
    let id = add(&desk, json!({ "name": "Ada" })).await;
    book_for(&desk, &doctor, id, TEN).await;
    assert!(claim_by(&clinic, true).await.messages.is_empty());
    let calls: Value = desk.get("/messages?state=Call").await.expect(200);
    assert_eq!((&calls[0]["patient_id"], &calls[0]["to"]), (&json!(id), &json!(null)));
}

#[tokio::test]
async fn guardian_who_was_taken_away_gets_nothing_and_their_links_end() {
    let (clinic, desk, doctor) = clinic().await;
    let policy = json!({ "patient_cancel_notice": 0 });
    clinic.admin().await.patch("/clinic", policy).await.expect(200);
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    let kid = add_dependant(&one, "Kid").await;
    set_guardian(&desk, "PUT", kid, two.id).await;
    let booked = book_for(&desk, &doctor, kid, TEN).await;
    let mails = clinic.mails().await;
    let link = |email: &str| mails.iter().find(|mail| mail.to == email).unwrap().links[0].clone();
    let (stays, ends) = (format!("/links/{}", link(&one.email)), format!("/links/{}", link(&two.email)));
    for path in [&stays, &ends] {
        clinic.anonymous().get(path).await.expect(200);
    }

    // A message waits when the guardian is taken away.
    let moved = json!({ "start_date": "2030-01-10T11:00:00Z" });
    desk.post(&format!("/appointments/{booked}/reschedule"), moved).await.expect(200);
    assert!(told(&clinic).await.is_empty(), "the next reschedule may follow within a minute");
    assert_eq!(set_guardian(&desk, "DELETE", kid, two.id).await.status, 204);
    clinic.pass(TimeDelta::minutes(2));
    let told: Vec<_> = told(&clinic).await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, [one.email.as_str()]);
    for (method, verb) in [("GET", ""), ("POST", "/confirm"), ("POST", "/cancel")] {
        let path = format!("{ends}{verb}");
        clinic.anonymous().send(method, &path, None, &[]).await.problem(422, "link-expired");
    }
    clinic.anonymous().get(&stays).await.expect(200);
    clinic.anonymous().send("POST", &format!("{stays}/cancel"), None, &[]).await.expect(200);
}
