use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn cancel(actor: &Actor, id: i64, reason: &str) -> Answer {
    actor.post(&format!("/appointments/{id}/cancel"), json!({ "reason": reason })).await
}

#[tokio::test]
async fn cancelling_frees_the_time() {
    let clinic = Clinic::shared().await;
    let (doctor, one, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let start = format!("{}T09:00:00Z", clinic.day());
    let id = one.book(&doctor, &start, 30).await;
    let booked = doctor.get(&format!("/appointments/{id}")).await;

    let answer = cancel(&doctor, id, "The doctor is ill.").await;
    let mut expected = booked.expect(200);
    expected["status"] = json!("Cancelled");
    expected["reason"] = json!("The doctor is ill.");
    assert_eq!(answer.expect(200), expected);
    assert_ne!(answer.header("etag"), booked.header("etag"));

    let shown = doctor.get(&format!("/appointments/{id}")).await;
    assert_eq!(shown.expect(200), expected);
    assert_eq!(shown.header("etag"), answer.header("etag"));
    other.book(&doctor, &start, 30).await;
}

#[tokio::test]
async fn admin_can_cancel_and_patient_cannot_by_default() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    patient.cancel(id).await.problem(403, "forbidden");
    clinic.anonymous().cancel(id).await.problem(401, "unauthorized");
    assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Booked");
    assert_eq!(clinic.admin().await.cancel(id).await.expect(200)["status"], "Cancelled");
    patient.cancel(id).await.problem(403, "forbidden");
}

#[tokio::test]
async fn patient_can_cancel_until_the_notice_of_the_policy() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let early = patient.book(&doctor, "2030-01-07T08:45:00Z", 15).await;
    let late = patient.book(&doctor, "2030-01-07T08:30:00Z", 15).await;
    patient.cancel(early).await.problem(403, "forbidden");
    clinic.sql("UPDATE clinic SET operation_id = :operation, patient_cancel_notice = 30").await.unwrap();

    other.cancel(early).await.problem(403, "forbidden");
    clinic.pass(TimeDelta::minutes(15));
    patient.cancel(late).await.problem(403, "forbidden");
    assert_eq!(patient.cancel(early).await.expect(200)["status"], "Cancelled");
    clinic.pass(TimeDelta::minutes(30));
    patient.cancel(late).await.problem(409, "appointment-started");
    assert_eq!(patient.cancel(early).await.expect(200)["status"], "Cancelled");
}

#[tokio::test]
async fn patient_can_cancel_exactly_at_the_notice() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.sql("UPDATE clinic SET operation_id = :operation, patient_cancel_notice = 60").await.unwrap();
    let first = patient.book(&doctor, "2030-01-07T09:10:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-07T09:40:00Z", 30).await;

    clinic.pass(TimeDelta::minutes(10));
    patient.cancel(first).await.expect(200);
    clinic.pass(TimeDelta::minutes(30) + TimeDelta::seconds(1));
    patient.cancel(second).await.problem(403, "forbidden");
    doctor.cancel(second).await.expect(200);
}

#[tokio::test]
async fn others_get_403_whether_or_not_the_appointment_exists() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.sql("UPDATE clinic SET operation_id = :operation, patient_cancel_notice = 0").await.unwrap();
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);

    for stranger in [clinic.doctor().await, clinic.patient().await] {
        let mut absent = stranger.cancel(999).await.problem(403, "forbidden");
        absent["request_id"].take();
        for id in [booked, cancelled] {
            let mut problem = stranger.cancel(id).await.problem(403, "forbidden");
            problem["request_id"].take();
            assert_eq!(problem, absent);
        }
    }
    assert_eq!(patient.get(&format!("/appointments/{booked}")).await.expect(200)["status"], "Booked");
}

#[tokio::test]
async fn only_admins_get_404_for_a_missing_appointment() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);

    admin.cancel(999).await.problem(404, "not-found");
    doctor.cancel(999).await.problem(403, "forbidden");
    for id in ["0", "-1", "1.5", "9223372036854775808", "x"] {
        for actor in [&admin, &doctor] {
            let answer = actor.send("POST", &format!("/appointments/{id}/cancel"), None, &[]).await;
            answer.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn cancelling_twice_changes_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    let first = cancel(&doctor, id, "Snow").await;
    first.expect(200);

    // In the future, started, and over.
    for later in [0, 35, 24] {
        clinic.pass(TimeDelta::minutes(later));
        for again in [doctor.cancel(id).await, cancel(&doctor, id, "Sun").await, cancel(&admin, id, "Rain").await] {
            assert_eq!(again.expect(200), first.json());
            assert_eq!(again.header("etag"), first.header("etag"));
        }
    }
}

#[tokio::test]
async fn started_appointment_cannot_be_cancelled() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-07T08:15:00Z", 15).await;
    let second = patient.book(&doctor, "2030-01-07T08:30:00Z", 15).await;

    clinic.pass(TimeDelta::minutes(15));
    doctor.cancel(first).await.problem(409, "appointment-started");
    patient.cancel(first).await.problem(403, "forbidden");
    clinic.pass(TimeDelta::seconds(14 * 60 + 59));
    doctor.cancel(second).await.expect(200);
    assert_eq!(doctor.get(&format!("/appointments/{first}")).await.expect(200)["status"], "Booked");
}

#[tokio::test]
async fn done_or_missed_appointment_cannot_be_cancelled() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for (status, start) in [("Done", "2030-01-07T09:00:00Z"), ("NoShow", "2030-01-07T10:00:00Z")] {
        let id = patient.book(&doctor, start, 30).await;
        clinic.set_status(id, status).await;
        doctor.cancel(id).await.problem(409, "appointment-started");
        assert_eq!(doctor.get(&format!("/appointments/{id}")).await.expect(200)["status"], status);
    }
}

#[tokio::test]
async fn reason_has_at_most_500_characters() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for reason in [json!(5), json!(true), json!(["ill"]), json!({}), json!("x".repeat(501)), json!("bell\u{7}")] {
        let answer = doctor.post(&format!("/appointments/{id}/cancel"), json!({ "reason": reason })).await;
        assert_eq!(answer.pointers("invalid-input"), ["/reason"], "{reason}");
    }
    assert_eq!(doctor.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Booked");
    let longest = "Привет, 病気 🩺!\n".repeat(40).chars().take(500).collect::<String>();
    assert_eq!(cancel(&doctor, id, longest.trim()).await.expect(200)["reason"], longest.trim());
    assert_eq!(cancel(&doctor, id, &"é".repeat(500)).await.status, 200);
}

#[tokio::test]
async fn reason_is_optional() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let json_type = [("content-type", "application/json")];
    let sent =
        [(None, &[][..]), (None, &json_type), (Some("{}"), &json_type), (Some(r#"{"reason":null}"#), &json_type)];

    for (hour, (body, headers)) in (10..).zip(sent) {
        let id = patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 30).await;
        let answer = doctor.send("POST", &format!("/appointments/{id}/cancel"), body, headers).await;
        assert_eq!(answer.expect(200)["status"], "Cancelled");
        assert_eq!(answer.json().get("reason"), None);
    }
}

#[tokio::test]
async fn body_that_is_not_a_json_object_cancels_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let path = format!("/appointments/{id}/cancel");

    let json_type = [("content-type", "application/json")];
    doctor.send("POST", &path, Some("{"), &json_type).await.problem(400, "malformed-request");
    assert_eq!(doctor.send("POST", &path, Some("[]"), &json_type).await.pointers("invalid-input"), [""]);
    let text = doctor.send("POST", &path, Some("{}"), &[("content-type", "text/plain")]).await;
    text.problem(415, "unsupported-media-type");
    assert_eq!(doctor.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Booked");
}
