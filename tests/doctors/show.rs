use super::hire;
use crate::support::{Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

#[tokio::test]
async fn anyone_can_read_a_doctors_profile() {
    let clinic = Clinic::shared().await;
    let doctor = json!({ "name": "Dr. Noor 🩺", "email": "noor@example.org", "password": "a long password",
        "account_type": "Doctor", "specialty": "Geriatrics", "details": "Room 4.\nSpeaks Arabic, \"some\" Dutch." });
    let id = clinic.admin().await.post("/register", doctor).await.expect(201)["id"].clone();

    let profile = clinic.anonymous().get(&format!("/doctors/{id}")).await.expect(200);
    let details = "Room 4.\nSpeaks Arabic, \"some\" Dutch.";
    assert_eq!(profile, json!({ "id": id, "name": "Dr. Noor 🩺", "specialty": "Geriatrics", "details": details }));
}

#[tokio::test]
async fn missing_profile_members_are_null() {
    let clinic = Clinic::at(NOW).await;
    let id = hire(&clinic, "Ann", None).await;
    for actor in [clinic.anonymous(), clinic.patient().await, clinic.doctor().await, clinic.admin().await] {
        let profile = actor.get(&format!("/doctors/{id}")).await.expect(200);
        assert_eq!(profile, json!({ "id": id, "name": "Ann", "specialty": null, "details": null }));
    }
}

#[tokio::test]
async fn only_doctors_have_a_profile() {
    let clinic = Clinic::at(NOW).await;
    for account in [clinic.patient().await, clinic.admin().await] {
        clinic.anonymous().get(&format!("/doctors/{}", account.id)).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn unknown_doctor_id_is_404() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    clinic.anonymous().get(&format!("/doctors/{}", doctor.id)).await.expect(200);

    for id in ["999", "0", "-1", "9223372036854775807", "9223372036854775808", "x", "1.0", "%2B1", "1%20", "%00"] {
        clinic.anonymous().get(&format!("/doctors/{id}")).await.problem(404, "not-found");
    }
}
