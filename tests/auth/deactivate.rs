//! Cancelling the appointments of an account while deactivating it.

use chrono::TimeDelta;

use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn deactivate(admin: &Actor, account: &Actor, body: Value) {
    let answer = admin.post(&format!("/accounts/{}/deactivate", account.id), body).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

/// Returns the status and reason of an appointment, as an Admin sees them.
async fn status_and_reason(admin: &Actor, id: i64) -> (String, Value) {
    let appointment = admin.get(&format!("/appointments/{id}")).await.expect(200);
    (appointment["status"].as_str().unwrap().to_owned(), appointment["reason"].clone())
}

#[tokio::test]
async fn deactivating_can_cancel_future_appointments_in_the_same_change() {
    for leaving_type in ["Doctor", "Patient"] {
        let clinic = Clinic::at(NOW).await;
        let (mut admin, mut doctor, mut patient) =
            (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
        let (other_doctor, other_patient) = (clinic.doctor().await, clinic.patient().await);
        let started = patient.book(&doctor, "2030-01-07T08:15:00Z", 30).await;
        let ahead = [
            patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await,
            patient.book(&doctor, "2030-03-08T10:00:00Z", 30).await,
        ];
        let cancelled = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
        doctor.post(&format!("/appointments/{cancelled}/cancel"), json!({ "reason": "Ill" })).await.expect(200);
        let unrelated = other_patient.book(&other_doctor, "2030-01-08T10:00:00Z", 30).await;
        clinic.pass(TimeDelta::minutes(30));
        for actor in [&mut admin, &mut doctor, &mut patient] {
            clinic.renew(actor);
        }
        let (leaving, staying) = if leaving_type == "Doctor" { (&doctor, &patient) } else { (&patient, &doctor) };
        deactivate(&admin, leaving, json!({ "appointments": "cancel", "reason": " Has moved away " })).await;

        leaving.get("/me").await.problem(401, "unauthorized");
        for id in ahead {
            assert_eq!(
                status_and_reason(&admin, id).await,
                ("Cancelled".into(), json!("Has moved away")),
                "{leaving_type}"
            );
            let shown = staying.get(&format!("/appointments/{id}")).await;
            assert_eq!((&shown.expect(200)["reason"], shown.version()), (&json!("Has moved away"), 2));
        }
        assert_eq!(status_and_reason(&admin, started).await, ("Booked".into(), Value::Null));
        assert_eq!(status_and_reason(&admin, cancelled).await, ("Cancelled".into(), json!("Ill")));
        assert_eq!(status_and_reason(&admin, unrelated).await, ("Booked".into(), Value::Null));
        if leaving_type == "Patient" {
            other_patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
        }

        // The audit log has an entry for each, with one request id.
        let entries = admin.get("/audit?limit=100").await.expect(200);
        let of_admin: Vec<&Value> =
            entries.as_array().unwrap().iter().filter(|entry| entry["actor_id"] == admin.id).take(3).collect();
        let mut summaries: Vec<_> = of_admin
            .iter()
            .map(|entry| {
                (entry["action"].as_str().unwrap(), entry["account_id"].as_i64(), entry["appointment_id"].as_i64())
            })
            .collect();
        summaries.sort_unstable();
        let [first, second] = ahead.map(|id| ("cancel", None, Some(id)));
        assert_eq!(summaries, [first, second, ("deactivate", Some(leaving.id), None)]);
        assert!(of_admin.iter().all(|entry| entry["request_id"] == of_admin[0]["request_id"]), "{of_admin:?}");
    }
}

#[tokio::test]
async fn deactivating_cancels_appointments_only_on_request() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    deactivate(&admin, &doctor, json!({})).await;
    assert_eq!(status_and_reason(&admin, booked).await.0, "Booked");
    let path = format!("/accounts/{}/deactivate", doctor.id);
    for (body, pointers) in [
        (json!({ "appointments": "keep" }), ["/appointments"]),
        (json!({ "appointments": true }), ["/appointments"]),
        (json!({ "reason": "Ill" }), ["/reason"]),
        (json!({ "appointments": "cancel", "reason": "" }), ["/reason"]),
    ] {
        assert_eq!(admin.post(&path, body.clone()).await.pointers("invalid-input"), pointers, "{body}");
    }
    assert_eq!(status_and_reason(&admin, booked).await.0, "Booked");
    for _ in 0..2 {
        deactivate(&admin, &doctor, json!({ "appointments": "cancel" })).await;
        assert_eq!(status_and_reason(&admin, booked).await, ("Cancelled".into(), Value::Null));
    }
    // Admins have no appointments.
    let other = clinic.admin().await;
    deactivate(&admin, &other, json!({ "appointments": "cancel", "reason": "Ill" })).await;
    other.get("/me").await.problem(401, "unauthorized");
}
