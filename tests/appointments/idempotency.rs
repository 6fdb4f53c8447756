use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const TEN: &str = "2030-01-08T10:00:00Z";

fn booking(start: &str, duration: i64) -> String {
    json!({ "start_date": start, "duration": duration }).to_string()
}

async fn book(patient: &Actor, doctor: &Actor, booking: &str, key: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    patient.send("POST", &format!("/doctors/{}/book", doctor.id), Some(booking), &headers).await
}

#[track_caller]
fn assert_replayed(again: &Answer, first: &Answer) {
    assert_eq!(again.expect(201), first.expect(201));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!((again.header("idempotency-replayed"), first.header("idempotency-replayed")), ("true", ""));
}

#[tokio::test]
async fn retry_returns_the_first_success() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let first = book(&patient, &doctor, &booking(TEN, 30), "k").await;
    for start in [TEN, "2030-01-08T12:00:00+02:00", "2030-01-08T10:00:00.000Z"] {
        assert_replayed(&book(&patient, &doctor, &booking(start, 30), "k").await, &first);
    }
    let own = patient.get(&format!("/patients/{}/history", patient.id)).await.expect(200);
    assert_eq!(own.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn key_with_another_payload_is_refused() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    book(&patient, &doctor, &booking(TEN, 30), "k").await.expect(201);

    book(&patient, &doctor, &booking(TEN, 45), "k").await.problem(422, "idempotency-key-reused");
    book(&patient, &doctor, &booking("2030-01-08T11:00:00Z", 30), "k").await.problem(422, "idempotency-key-reused");
    book(&patient, &other_doctor, &booking(TEN, 30), "k").await.problem(422, "idempotency-key-reused");
    let of_other = book(&other, &doctor, &booking("2030-01-08T11:00:00Z", 30), "k").await;
    of_other.expect(201);
    assert_eq!(of_other.header("idempotency-replayed"), "");
    book(&patient, &doctor, &booking("2030-01-08T13:00:00Z", 30), "another").await.expect(201);
}

#[tokio::test]
async fn refused_bookings_do_not_use_up_the_key() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let blocking = other.book(&doctor, TEN, 30).await;
    book(&patient, &doctor, &booking(TEN, 30), "k").await.problem(409, "doctor-busy");
    book(&patient, &doctor, &booking(TEN, 5), "k").await.problem(422, "invalid-booking");

    doctor.cancel(blocking).await.expect(200);
    let first = book(&patient, &doctor, &booking(TEN, 30), "k").await;
    assert_replayed(&book(&patient, &doctor, &booking(TEN, 30), "k").await, &first);
}

#[tokio::test]
async fn retry_succeeds_after_the_appointment_has_changed() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, mut patient) = (clinic.doctor().await, clinic.patient().await);
    let first = book(&patient, &doctor, &booking("2030-01-07T09:30:00Z", 30), "k").await;
    let path = first.header("location");

    let later = json!({ "start_date": "2030-01-07T10:30:00Z" });
    doctor.post(&format!("{path}/reschedule"), later).await.expect(200);
    assert_replayed(&book(&patient, &doctor, &booking("2030-01-07T09:30:00Z", 30), "k").await, &first);
    doctor.cancel(first.json().as_i64().unwrap()).await.expect(200);
    assert_replayed(&book(&patient, &doctor, &booking("2030-01-07T09:30:00Z", 30), "k").await, &first);
    clinic.pass(TimeDelta::hours(23));
    clinic.renew(&mut patient);
    assert_replayed(&book(&patient, &doctor, &booking("2030-01-07T09:30:00Z", 30), "k").await, &first);
}

#[tokio::test]
async fn key_has_1_to_255_printable_ascii_characters() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for key in ["", &"x".repeat(256), "schlüssel"] {
        book(&patient, &doctor, &booking(TEN, 30), key).await.problem(400, "malformed-request");
    }
    let key = "~".repeat(255);
    let first = book(&patient, &doctor, &booking(TEN, 30), &key).await;
    assert_replayed(&book(&patient, &doctor, &booking(TEN, 30), &key).await, &first);
}

#[tokio::test]
async fn retry_succeeds_after_the_start() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let first = book(&patient, &doctor, &booking("2030-01-07T08:30:00Z", 30), "k").await;
    clinic.pass(TimeDelta::minutes(45));
    assert_replayed(&book(&patient, &doctor, &booking("2030-01-07T08:30:00Z", 30), "k").await, &first);
    book(&patient, &doctor, &booking("2030-01-07T08:30:00Z", 45), "k").await.problem(422, "idempotency-key-reused");
    book(&patient, &doctor, &booking("2030-01-07T08:30:00Z", 30), "new").await.problem(422, "invalid-booking");
}

#[tokio::test]
async fn used_key_is_refused_even_for_a_missing_doctor() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30 }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
    let book =
        async |doctor: i64| patient.send("POST", &format!("/doctors/{doctor}/book"), Some(&body), &headers).await;
    book(doctor.id).await.expect(201);
    book(999).await.problem(422, "idempotency-key-reused");
}
