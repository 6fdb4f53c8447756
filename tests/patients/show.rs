use super::{NOW, add, add_dependant, book_for, set_guardian, show};
use crate::support::{Clinic, json};

#[tokio::test]
async fn notes_are_only_for_the_staff() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin, doctor) = (clinic.receptionist().await, clinic.admin().await, clinic.doctor().await);
    let (patient, guardian) = (clinic.patient().await, clinic.patient().await);
    desk.patch(&format!("/patients/{}", patient.id), json!({ "notes": "Deaf" })).await.expect(200);
    set_guardian(&desk, "PUT", patient.id, guardian.id).await;
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    for staff in [&desk, &admin, &doctor] {
        assert_eq!(show(staff, patient.id).await.expect(200)["notes"], "Deaf");
    }
    for other in [&patient, &guardian] {
        let shown = show(other, patient.id).await.expect(200);
        assert_eq!(shown.get("notes"), None);
        let guardians = json!([{ "account_id": guardian.id, "name": guardian.name().await }]);
        assert_eq!(shown["guardians"], guardians);
    }
}

#[tokio::test]
async fn others_cannot_distinguish_a_patient_from_none() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let patient = clinic.patient().await;
    for stranger in [&doctor, &clinic.patient().await] {
        let (one, none) = (show(stranger, patient.id).await, show(stranger, 999_999).await);
        assert_eq!((one.status, &one.body), (none.status, &none.body));
        one.problem(403, "forbidden");
        let change = json!({ "name": "Eve" });
        for body in [change, json!({ "phone": "no phone" })] {
            let one = stranger.patch(&format!("/patients/{}", patient.id), body.clone()).await;
            let none = stranger.patch("/patients/999999", body).await;
            assert_eq!((one.status, &one.body), (none.status, &none.body));
            one.problem(403, "forbidden");
        }
    }
    for absent in [999_999, doctor.id, desk.id] {
        show(&desk, absent).await.problem(404, "not-found");
        desk.patch(&format!("/patients/{absent}"), json!({ "name": "Eve" })).await.problem(404, "not-found");
    }
    clinic.anonymous().get(&format!("/patients/{}", patient.id)).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn patient_has_an_etag_and_a_doctor_without_appointments_sees_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let id = add(&desk, json!({ "name": "Ada" })).await;
    let answer = show(&desk, id).await;
    let known = [("if-none-match", answer.header("etag"))];
    assert_eq!(desk.send("GET", &format!("/patients/{id}"), None, &known).await.status, 304);
    show(&doctor, id).await.problem(403, "forbidden");
    let booked = book_for(&desk, &doctor, id, "2030-01-08T10:00:00Z").await;
    assert_eq!(show(&doctor, id).await.expect(200)["id"], id);
    desk.cancel(booked).await.expect(200);
    show(&doctor, id).await.problem(403, "forbidden");
}

#[tokio::test]
async fn guardian_sees_a_dependant_as_themselves() {
    let clinic = Clinic::at(NOW).await;
    let parent = clinic.patient().await;
    let kid = add_dependant(&parent, "Kid").await;
    let shown = show(&parent, kid).await.expect(200);
    assert_eq!((&shown["name"], &shown["has_login"]), (&json!("Kid"), &json!(false)));
    show(&clinic.patient().await, kid).await.problem(403, "forbidden");
}
