use chrono::TimeDelta;

use crate::support::{Clinic, json};

#[tokio::test]
async fn doctor_patient_and_admin_see_the_same_appointment() {
    let clinic = Clinic::shared().await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let day = clinic.day();
    let id = patient.book(&doctor, &format!("{day}T09:30:00+01:00"), 45).await;
    let (doctor_name, patient_name) = (doctor.name().await, patient.name().await);

    for actor in [&admin, &doctor, &patient] {
        let answer = actor.get(&format!("/appointments/{id}")).await;
        let mut expected = json!({
            "id": id, "doctor_id": doctor.id, "doctor_name": doctor_name, "patient_id": patient.id,
            "patient_name": patient_name, "start_date": format!("{day}T08:30:00+00:00"), "duration": 45,
            "status": "Booked", "confirmed_at": null, "arrived_at": null, "moved_from": null, "series_id": null, "type_id": null, "type_name": null,
            "note": null, "overridden": false,
        });
        if actor.id != patient.id {
            expected["patient_phone"] = json!(null);
        }
        assert_eq!(answer.expect(200), expected);
        assert_eq!(answer.header("content-type"), "application/json");
        let etag = answer.header("etag");
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    }
}

#[tokio::test]
async fn etag_changes_if_the_appointment_changes() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let path = format!("/appointments/{id}");
    let first = doctor.get(&path).await;

    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    assert_eq!(doctor.get(&path).await.header("etag"), first.header("etag"));
    doctor.cancel(id).await.expect(200);
    assert_ne!(doctor.get(&path).await.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn reason_is_shown_if_there_is_one() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let silent = patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;

    doctor.post(&format!("/appointments/{id}/cancel"), json!({ "reason": "Snow" })).await.expect(200);
    doctor.cancel(silent).await.expect(200);
    let shown = patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id": id, "doctor_id": doctor.id, "doctor_name": doctor.name().await, "patient_id": patient.id,
            "patient_name": patient.name().await, "start_date": "2030-01-08T10:00:00+00:00", "duration": 30,
            "status": "Cancelled", "confirmed_at": null, "arrived_at": null, "moved_from": null, "reason": "Snow", "series_id": null, "type_id": null,
            "type_name": null, "note": null, "overridden": false,
        })
    );
    assert_eq!(patient.get(&format!("/appointments/{silent}")).await.expect(200).get("reason"), None);
}

#[tokio::test]
async fn every_answer_with_an_appointment_has_the_present_names() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let moved = patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    let marked = patient.book(&doctor, "2030-01-07T08:15:00Z", 30).await;
    let missed = patient.book(&doctor, "2030-01-07T08:45:00Z", 30).await;
    let cancelled = patient.book(&doctor, "2030-01-07T12:00:00Z", 30).await;
    doctor.patch("/me", json!({ "name": "Dr. Ngozi Bello" })).await.expect(200);
    patient.patch("/me", json!({ "name": "Łucja Żak" })).await.expect(200);
    clinic.pass(TimeDelta::minutes(50));

    let start = json!({ "start_date": "2030-01-08T10:00:00Z" });
    let answers = [
        doctor.get(&format!("/appointments/{moved}")).await,
        doctor.post(&format!("/appointments/{moved}/reschedule"), start).await,
        doctor.send("POST", &format!("/appointments/{marked}/done"), None, &[]).await,
        doctor.send("POST", &format!("/appointments/{missed}/no_show"), None, &[]).await,
        doctor.cancel(cancelled).await,
        doctor.cancel(cancelled).await,
    ];
    let mut shown: Vec<_> = answers.iter().map(|answer| answer.expect(200)).collect();
    for list in ["/appointments".to_owned(), format!("/patients/{}/history", patient.id)] {
        for actor in [&doctor, &patient, &clinic.admin().await] {
            let list = actor.get(&list).await.expect(200);
            assert_eq!(list.as_array().unwrap().len(), 4);
            shown.extend(list.as_array().unwrap().iter().cloned());
        }
    }
    for appointment in shown {
        let names = (&appointment["doctor_name"], &appointment["patient_name"]);
        assert_eq!(names, (&json!("Dr. Ngozi Bello"), &json!("Łucja Żak")), "{appointment}");
    }
}

#[tokio::test]
async fn others_get_403_whether_or_not_an_appointment_exists() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    for stranger in [clinic.doctor().await, clinic.patient().await] {
        let mut there = stranger.get(&format!("/appointments/{id}")).await.problem(403, "forbidden");
        let mut absent = stranger.get("/appointments/999").await.problem(403, "forbidden");
        there["request_id"].take();
        absent["request_id"].take();
        assert_eq!(there, absent);
    }
    for own in [&doctor, &patient] {
        own.get("/appointments/999").await.problem(403, "forbidden");
    }
    clinic.anonymous().get(&format!("/appointments/{id}")).await.problem(401, "unauthorized");
    clinic.anonymous().get("/appointments/999").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn admin_gets_404_for_a_missing_appointment() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let admin = clinic.admin().await;

    for id in ["1", "9223372036854775807", "0", "-1", "+1", "1e3", "9223372036854775808", "x"] {
        admin.get(&format!("/appointments/{id}")).await.problem(404, "not-found");
    }
}
