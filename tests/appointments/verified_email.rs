//! A clinic that requires a verified email for bookings (`require_verified_email`).

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn require_verified_email(clinic: &Clinic) {
    clinic.admin().await.patch("/clinic", json!({ "require_verified_email": true })).await.expect(200);
}

/// Verifies the email of an account, as the link of a mail does.
async fn verify(clinic: &Clinic, actor: &Actor) {
    let id = actor.id;
    let verified = format!("UPDATE logins SET verified_at = 1, operation_id = :operation WHERE person_id = {id}");
    clinic.sql(&verified).await.unwrap();
}

async fn book_with_key(patient: &Actor, doctor: &Actor, start_date: &str) -> Answer {
    let body = json!({ "start_date": start_date, "duration": 30 }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    patient.send("POST", &format!("/doctors/{}/book", doctor.id), Some(&body), &headers).await
}

#[tokio::test]
async fn patient_books_only_after_the_email_was_verified() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, verified) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    verify(&clinic, &verified).await;
    let earlier = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let first = book_with_key(&patient, &doctor, "2030-01-08T09:30:00Z").await;
    require_verified_email(&clinic).await;

    patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(403, "email-not-verified");
    verified.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    verify(&clinic, &patient).await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    // Appointments that were booked before stay, and a retry gets the response of the first success.
    assert_eq!(patient.get(&format!("/appointments/{earlier}")).await.expect(200)["status"], "Booked");
    assert_eq!(book_with_key(&patient, &doctor, "2030-01-08T09:30:00Z").await.expect(201), first.json());
}

/// 403 comes before the violations of the input and before conflicts.
#[tokio::test]
async fn unverified_email_is_refused_before_all_other_rules() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    other.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let first = book_with_key(&patient, &doctor, "2030-01-08T09:30:00Z").await;
    require_verified_email(&clinic).await;
    for (start, duration) in [
        ("2030-01-08T10:00:00Z", 30),
        ("2030-01-08T02:00:00Z", 30),
        ("2020-01-08T10:00:00Z", 30),
        ("2030-01-08T12:00:00Z", 0),
        ("soon", 30),
    ] {
        patient.try_book(&doctor, start, duration).await.problem(403, "email-not-verified");
    }
    let retried = book_with_key(&patient, &doctor, "2030-01-08T09:30:00Z").await;
    assert_eq!((retried.expect(201), retried.header("idempotency-replayed")), (first.json(), "true"));
    // Everything else works without a verified email.
    patient.get(&format!("/doctors/{}/availability?date=2030-01-08", doctor.id)).await.expect(200);
    doctor.cancel(first.json().as_i64().unwrap()).await.expect(200);
}
