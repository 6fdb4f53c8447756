//! The limit of open bookings of a Patient (`max_open_bookings`).

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn set_limit(admin: &Actor, limit: impl Into<Option<i64>>) {
    let clinic = admin.patch("/clinic", json!({ "max_open_bookings": limit.into() })).await.expect(200);
    assert!(clinic.get("max_open_bookings").is_some());
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let problem = answer.problem(409, "too-many-open-bookings");
    assert_eq!(problem["violations"], json!(["/problems/too-many-open-bookings"]));
    // There are no alternatives: every other time would be refused too.
    assert_eq!(problem["alternatives"], json!([]));
}

#[tokio::test]
async fn open_bookings_are_limited_to_ten_by_default() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    let (one, other) = (clinic.doctor().await, clinic.doctor().await);
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200)["max_open_bookings"], 10);
    admin.patch("/clinic", json!({ "max_open_bookings": 10 })).await.expect(200);
    for (doctor, day) in [(&one, "08"), (&other, "09")] {
        for hour in 10..15 {
            patient.book(doctor, &format!("2030-01-{day}T{hour}:00:00Z"), 30).await;
        }
    }
    for doctor in [&one, &other] {
        assert_refused(&patient.try_book(doctor, "2030-01-10T10:00:00Z", 30).await);
    }
    // Appointments of other patients do not count.
    clinic.patient().await.book(&one, "2030-01-10T10:00:00Z", 30).await;
    set_limit(&admin, 11).await;
    patient.book(&other, "2030-01-10T10:00:00Z", 30).await;
    assert_refused(&patient.try_book(&one, "2030-01-10T11:00:00Z", 30).await);
    set_limit(&admin, None).await;
    patient.book(&one, "2030-01-10T11:00:00Z", 30).await;
    for wrong in [json!(0), json!(-1), json!(10_001), json!("ten"), json!(1.5)] {
        let answer = admin.patch("/clinic", json!({ "max_open_bookings": wrong })).await;
        assert_eq!(answer.pointers("invalid-input"), ["/max_open_bookings"], "{wrong}");
    }
}

#[tokio::test]
async fn cancelled_and_started_appointments_are_not_open_bookings() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, mut patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    set_limit(&admin, 2).await;
    let first = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    assert_refused(&patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await);
    doctor.cancel(second).await.expect(200);
    let third = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    assert_refused(&patient.try_book(&doctor, "2030-01-08T11:00:00Z", 30).await);
    set_limit(&admin, 1).await;
    // A rescheduled appointment is not a new booking, so the limit does not apply.
    let later = json!({ "start_date": "2030-01-08T12:00:00Z" });
    doctor.post(&format!("/appointments/{third}/reschedule"), later).await.expect(200);
    set_limit(&admin, 2).await;

    // The first appointment has started, so it is not open any more, marked or not.
    clinic.pass(TimeDelta::minutes(60));
    clinic.renew(&mut patient);
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    assert_eq!(patient.get(&format!("/appointments/{first}")).await.expect(200)["status"], "Booked");
    assert_refused(&patient.try_book(&doctor, "2030-01-08T14:00:00Z", 30).await);
}

#[tokio::test]
async fn retry_succeeds_over_the_limit_and_refusals_name_every_conflict() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    set_limit(&admin, 1).await;
    let body = json!({ "start_date": "2030-01-08T09:00:00Z", "duration": 30 }).to_string();
    let key = [("content-type", "application/json"), ("idempotency-key", "k")];
    let path = format!("/doctors/{}/book", doctor.id);
    let booked = patient.send("POST", &path, Some(&body), &key).await.expect(201);
    let again = patient.send("POST", &path, Some(&body), &key).await;
    assert_eq!((again.expect(201), again.header("idempotency-replayed")), (booked, "true"));

    let both = patient.try_book(&doctor, "2030-01-08T09:15:00Z", 30).await;
    let problem = both.problem(409, "doctor-busy");
    let expected = ["doctor-busy", "patient-busy", "too-many-open-bookings"].map(|kind| format!("/problems/{kind}"));
    assert_eq!(problem["violations"], json!(expected));
    assert_eq!(problem["alternatives"], json!([]));
    // Violations of rules 1 and 2 come first.
    patient.try_book(&doctor, "2030-01-08T03:00:00Z", 30).await.problem(422, "invalid-booking");
}

#[tokio::test]
async fn concurrent_bookings_do_not_exceed_the_open_booking_limit() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    set_limit(&admin, 3).await;
    let starts: Vec<_> = (8..16).map(|hour| format!("2030-01-08T{hour:02}:00:00Z")).collect();
    let tries = starts.iter().map(|start| patient.try_book(&doctor, start, 30));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_refused(answer);
    }
}
