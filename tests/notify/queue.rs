//! Which messages are sent after a change.

use chrono::TimeDelta;

use super::sender::send;
use crate::support::{Actor, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const NINE: &str = "2030-01-10T09:00:00Z";
const TEN: &str = "2030-01-10T10:00:00Z";
const ELEVEN: &str = "2030-01-10T11:00:00Z";

async fn clinic() -> (Clinic, Actor, Actor) {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    assert!(send(&clinic).await.is_empty(), "accounts that a program made are told nothing");
    (clinic, doctor, patient)
}

pub(super) async fn reschedule(actor: &Actor, id: i64, start: &str) {
    actor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": start })).await.expect(200);
}

#[tokio::test]
async fn patient_is_told_of_booking_reschedule_and_cancellation() {
    let (clinic, doctor, patient) = clinic().await;
    let id = patient.book(&doctor, NINE, 30).await;
    assert_eq!(send(&clinic).await, [format!("booked {NINE}")]);
    assert!(send(&clinic).await.is_empty());

    reschedule(&doctor, id, TEN).await;
    assert!(send(&clinic).await.is_empty(), "the next reschedule may follow within a minute");
    clinic.pass(TimeDelta::seconds(60));
    assert_eq!(send(&clinic).await, [format!("moved {TEN}")]);

    doctor.cancel(id).await.expect(200);
    assert_eq!(send(&clinic).await, [format!("cancelled {TEN}")]);
    doctor.cancel(id).await.expect(200);
    assert!(send(&clinic).await.is_empty());
}

#[tokio::test]
async fn only_the_last_of_several_changes_is_told() {
    let (clinic, doctor, patient) = clinic().await;
    let id = patient.book(&doctor, NINE, 30).await;
    assert_eq!(send(&clinic).await, [format!("booked {NINE}")]);

    reschedule(&doctor, id, TEN).await;
    clinic.pass(TimeDelta::seconds(40));
    assert!(send(&clinic).await.is_empty());
    reschedule(&doctor, id, ELEVEN).await;
    clinic.pass(TimeDelta::seconds(30));
    assert!(send(&clinic).await.is_empty(), "a minute since the first, but not since the last");
    clinic.pass(TimeDelta::seconds(30));
    assert_eq!(send(&clinic).await, [format!("moved {ELEVEN}")]);

    // The appointment has its earlier time again.
    reschedule(&doctor, id, TEN).await;
    reschedule(&doctor, id, ELEVEN).await;
    clinic.pass(TimeDelta::minutes(2));
    assert!(send(&clinic).await.is_empty());
    assert!(clinic.admin().await.get("/messages?state=Dropped").await.expect(200).as_array().unwrap().len() == 1);
}

#[tokio::test]
async fn nothing_is_said_of_what_was_never_told() {
    let (clinic, doctor, patient) = clinic().await;
    let id = patient.book(&doctor, NINE, 30).await;
    doctor.cancel(id).await.expect(200);
    assert!(send(&clinic).await.is_empty());

    let id = patient.book(&doctor, NINE, 30).await;
    reschedule(&doctor, id, TEN).await;
    clinic.pass(TimeDelta::seconds(60));
    assert_eq!(send(&clinic).await, [format!("booked {TEN}")], "the first message is a booking");

    // The sender did not run before the appointment began.
    patient.book(&doctor, "2030-01-07T09:30:00Z", 30).await;
    clinic.pass(TimeDelta::hours(2));
    assert!(send(&clinic).await.is_empty());
}

#[tokio::test]
async fn changed_password_is_told_to_its_owner() {
    let (clinic, doctor, _) = clinic().await;
    let admin = clinic.admin().await;
    let path = format!("/accounts/{}/password", doctor.id);
    assert_eq!(admin.post(&path, json!({ "new_password": "correct horse battery" })).await.status, 204);
    assert_eq!(send(&clinic).await, ["password_changed "]);
    let messages = admin.get("/messages").await.expect(200);
    assert_eq!((&messages[0]["to"], &messages[0]["state"]), (&json!(doctor.email), &json!("Sent")));
    assert_eq!(messages[0]["patient_id"], json!(null));
}

#[tokio::test]
async fn registered_patient_is_asked_to_verify_the_email() {
    let (clinic, ..) = clinic().await;
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse", "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    assert_eq!(send(&clinic).await, ["verify_email "]);
}

#[tokio::test]
async fn erased_patient_is_told_nothing() {
    let (clinic, doctor, patient) = clinic().await;
    let id = patient.book(&doctor, NINE, 30).await;
    assert_eq!(send(&clinic).await.len(), 1);
    doctor.cancel(id).await.expect(200);
    assert_eq!(
        clinic.admin().await.send("POST", &format!("/accounts/{}/erase", patient.id), None, &[]).await.status,
        204
    );
    assert!(send(&clinic).await.is_empty());
}
