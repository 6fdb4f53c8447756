use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn reschedule(actor: &Actor, id: i64, start: &str) -> Answer {
    actor.post(&format!("/appointments/{id}/reschedule"), json!({ "start_date": start })).await
}

#[tokio::test]
async fn rescheduling_frees_the_old_time() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 45).await;
    let booked = doctor.get(&format!("/appointments/{id}")).await;

    let rescheduled = reschedule(&doctor, id, "2030-01-09T11:00:00Z").await;
    let mut expected = booked.json();
    expected["start_date"] = json!("2030-01-09T11:00:00+00:00");
    expected["moved_from"] = json!("2030-01-08T10:00:00+00:00");
    assert_eq!(rescheduled.expect(200), expected);
    assert_ne!(rescheduled.header("etag"), booked.header("etag"));
    let shown = doctor.get(&format!("/appointments/{id}")).await;
    assert_eq!((shown.json(), shown.header("etag")), (expected, rescheduled.header("etag")));
    other.book(&doctor, "2030-01-08T10:00:00Z", 45).await;
    other.try_book(&doctor, "2030-01-09T11:30:00Z", 30).await.problem(409, "doctor-busy");
}

#[tokio::test]
async fn admin_can_change_the_duration_and_patient_cannot_reschedule_by_default() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 45).await;

    reschedule(&patient, id, "2030-01-09T11:00:00Z").await.problem(403, "forbidden");
    reschedule(&clinic.anonymous(), id, "2030-01-09T11:00:00Z").await.problem(401, "unauthorized");
    let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 60 });
    let rescheduled = admin.post(&format!("/appointments/{id}/reschedule"), body).await.expect(200);
    assert_eq!((&rescheduled["id"], &rescheduled["duration"]), (&json!(id), &json!(60)));
}

#[tokio::test]
async fn patient_can_reschedule_until_the_notice_of_the_policy() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    let late = patient.book(&doctor, "2030-01-07T08:45:00Z", 30).await;
    let (times, other_times) = (
        format!("/doctors/{}/availability?date=2030-01-08&moving={id}", doctor.id),
        format!("/doctors/{}/availability?date=2030-01-08&days=0&moving={id}", doctor.id),
    );
    patient.get(&times).await.problem(403, "forbidden");
    patient.get(&other_times).await.problem(403, "forbidden");
    admin.patch("/clinic", json!({ "patient_reschedule_notice": 90 })).await.expect(200);

    // Exactly 90 minutes before the first appointment, and 15 before the second.
    clinic.pass(TimeDelta::minutes(30));
    for path in [&times, &other_times] {
        other.get(path).await.problem(403, "forbidden");
    }
    assert_eq!(patient.get(&times).await.expect(200).as_array().unwrap().len(), 39);
    assert_eq!(patient.get(&other_times).await.pointers("invalid-input"), ["/days"]);
    reschedule(&other, id, "2030-01-08T10:00:00Z").await.problem(403, "forbidden");
    for start in ["2030-01-08T10:00:00Z", "soon"] {
        let refused = reschedule(&patient, late, start).await.problem(403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("too late"), "{refused}");
    }
    other.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    let busy = reschedule(&patient, id, "2030-01-08T11:00:00Z").await.problem(409, "doctor-busy");
    assert_eq!(busy["alternatives"].as_array().unwrap().len(), 3);
    assert_eq!(reschedule(&patient, id, "2030-01-08T07:00:00Z").await.pointers("invalid-booking"), ["/start_date"]);
    assert_eq!(reschedule(&patient, id, "soon").await.pointers("invalid-input"), ["/start_date"]);
    let rescheduled = reschedule(&patient, id, "2030-01-08T10:00:00Z").await.expect(200);
    assert_eq!(rescheduled["start_date"], "2030-01-08T10:00:00+00:00");
    let entry = &admin.get(&format!("/audit?appointment_id={id}&limit=1")).await.expect(200)[0];
    assert_eq!((&entry["action"], &entry["actor_id"]), (&json!("reschedule"), &json!(patient.id)));

    // A second too late.
    let second = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    clinic.pass(TimeDelta::seconds(1));
    reschedule(&patient, second, "2030-01-08T12:00:00Z").await.problem(403, "forbidden");
    reschedule(&doctor, second, "2030-01-08T12:00:00Z").await.expect(200);
    clinic.pass(TimeDelta::minutes(15));
    reschedule(&patient, late, "2030-01-08T13:00:00Z").await.problem(409, "appointment-started");
    admin.patch("/clinic", json!({ "patient_reschedule_notice": null })).await.expect(200);
    reschedule(&patient, id, "2030-01-08T13:00:00Z").await.problem(403, "forbidden");
}

#[tokio::test]
async fn moved_from_is_the_start_before_the_last_reschedule() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    admin.patch("/clinic", json!({ "time_zone": "Europe/Berlin" })).await.expect(200);
    let other = patient.book(&doctor, "2030-01-09T09:00:00Z", 30).await;
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let shown = async |id: i64| {
        let lists = [format!("/patients/{}/history", patient.id), "/appointments".to_owned()];
        let one = patient.get(&format!("/appointments/{id}")).await.expect(200);
        for list in lists {
            assert!(patient.get(&list).await.expect(200).as_array().unwrap().contains(&one), "{list}: {one}");
        }
        one["moved_from"].clone()
    };
    assert_eq!(shown(id).await, json!(null));

    let path = format!("/appointments/{id}/reschedule");
    // A new duration alone moves nothing.
    let longer = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 45 });
    assert_eq!(doctor.post(&path, longer).await.expect(200)["moved_from"], json!(null));
    let moved = reschedule(&doctor, id, "2030-01-08T12:00:00Z").await.expect(200);
    assert_eq!(moved["moved_from"], "2030-01-08T11:00:00+01:00");
    let back = reschedule(&doctor, id, "2030-01-08T10:00:00Z").await.expect(200);
    assert_eq!(back["moved_from"], "2030-01-08T13:00:00+01:00");
    let shorter = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 15 });
    assert_eq!(doctor.post(&path, shorter).await.expect(200)["moved_from"], "2030-01-08T13:00:00+01:00");
    assert_eq!(doctor.cancel(id).await.expect(200)["moved_from"], "2030-01-08T13:00:00+01:00");
    assert_eq!((shown(id).await, shown(other).await), (json!("2030-01-08T13:00:00+01:00"), json!(null)));
}

/// Only a link in a mail sets `confirmed_at`, so the test writes it into the database.
#[tokio::test]
async fn rescheduling_clears_the_confirmation() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let shown = async || patient.get(&format!("/appointments/{id}")).await.expect(200)["confirmed_at"].clone();
    assert_eq!(shown().await, json!(null));
    let confirm = "UPDATE appointments SET confirmed_at = 1893990600, version = version + 1, operation_id = :operation";
    clinic.sql(confirm).await.unwrap();
    let confirmed = json!("2030-01-07T04:30:00+00:00");
    assert_eq!(shown().await, confirmed);
    for list in ["/appointments".to_owned(), format!("/patients/{}/history", patient.id)] {
        assert_eq!(patient.get(&list).await.expect(200)[0]["confirmed_at"], confirmed, "{list}");
    }
    let export = patient.get("/me/export").await.expect(200);
    assert_eq!(export["appointments"][0]["confirmed_at"], confirmed);
    let rescheduled = reschedule(&doctor, id, "2030-01-09T11:00:00Z").await.expect(200);
    assert_eq!(rescheduled["confirmed_at"], json!(null));
    assert_eq!(shown().await, json!(null));
}

#[tokio::test]
async fn rescheduled_appointment_does_not_conflict_with_itself() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let mut ids = Vec::new();
    for hour in ["08", "10", "12", "14"] {
        ids.push(patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), 120).await);
    }
    // The appointment is not counted twice on a full day.
    let rescheduled = reschedule(&doctor, ids[3], "2030-01-08T14:15:00Z").await.expect(200);
    assert_eq!(rescheduled["start_date"], "2030-01-08T14:15:00+00:00");
    reschedule(&doctor, ids[3], "2030-01-08T14:00:00Z").await.expect(200);
}

#[tokio::test]
async fn rescheduling_has_the_conflicts_of_a_booking() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    other.book(&doctor, "2030-01-08T10:30:00Z", 30).await;
    patient.book(&other_doctor, "2030-01-08T12:00:00Z", 30).await;

    let busy = reschedule(&doctor, id, "2030-01-08T10:15:00Z").await.problem(409, "doctor-busy");
    let alternatives = busy["alternatives"].as_array().unwrap();
    // The appointment does not conflict with itself.
    assert!(alternatives.contains(&json!({ "start_date": "2030-01-08T10:00:00+00:00", "duration": 30 })), "{busy}");
    reschedule(&doctor, id, "2030-01-08T12:15:00Z").await.problem(409, "patient-busy");
    for start in ["2030-01-08T07:00:00Z", "2030-01-06T10:00:00Z", "2032-01-08T10:00:00Z"] {
        assert_eq!(reschedule(&doctor, id, start).await.pointers("invalid-booking"), ["/start_date"]);
    }
    let path = format!("/appointments/{id}/reschedule");
    let short = doctor.post(&path, json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 14 })).await;
    assert_eq!(short.pointers("invalid-booking"), ["/duration"]);
    assert_eq!(reschedule(&doctor, id, "soon").await.pointers("invalid-input"), ["/start_date"]);
}

#[tokio::test]
async fn cancelled_or_started_appointment_cannot_be_rescheduled() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let cancelled = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let started = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
    doctor.cancel(cancelled).await.expect(200);

    clinic.pass(TimeDelta::minutes(30));
    reschedule(&doctor, cancelled, "2030-01-09T10:00:00Z").await.problem(409, "appointment-cancelled");
    reschedule(&doctor, started, "2030-01-09T10:00:00Z").await.problem(409, "appointment-started");
}

#[tokio::test]
async fn others_get_403_whether_or_not_the_appointment_exists() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for stranger in [clinic.doctor().await, clinic.patient().await] {
        for start in ["2030-01-09T10:00:00Z", "soon"] {
            let [mut foreign, mut absent] = [
                reschedule(&stranger, id, start).await.problem(403, "forbidden"),
                reschedule(&stranger, 999, start).await.problem(403, "forbidden"),
            ];
            foreign["request_id"].take();
            absent["request_id"].take();
            assert_eq!(foreign, absent);
        }
    }
    reschedule(&clinic.admin().await, 999, "2030-01-09T10:00:00Z").await.problem(404, "not-found");
}

/// The rules are those of the present policy. The audit entry has no changes, because the time is the same.
#[tokio::test]
async fn rescheduling_to_the_same_time_obeys_the_rules_and_is_audited() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let start = "2030-01-08T10:00:00Z";
    let id = patient.book(&doctor, start, 30).await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    assert_eq!(reschedule(&doctor, id, start).await.expect(200)["id"], id);
    let entries = admin.get(&format!("/audit?appointment_id={id}")).await.expect(200);
    assert_eq!((&entries[0]["action"], &entries[0]["changes"]), (&json!("reschedule"), &json!({})));

    admin.patch("/clinic", json!({ "max_appointments_per_day": 1 })).await.expect(200);
    reschedule(&doctor, id, start).await.problem(409, "doctor-day-full");
}
