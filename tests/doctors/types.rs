//! Appointment types: their durations, their buffers, and who can book them.

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn add(clinic: &Clinic, new: Value) -> i64 {
    clinic.admin().await.post("/appointment_types", new).await.expect(201)["id"].as_i64().unwrap()
}

async fn book(patient: &Actor, doctor: &Actor, start: &str, r#type: i64) -> Answer {
    let body = json!({ "start_date": start, "type_id": r#type });
    patient.post(&format!("/doctors/{}/book", doctor.id), body).await
}

async fn starts(actor: &Actor, path: &str) -> Vec<String> {
    let slots = actor.get(path).await.expect(200);
    slots.as_array().unwrap().iter().map(|slot| slot["start_date"].as_str().unwrap()[11..16].to_owned()).collect()
}

#[tokio::test]
async fn admin_adds_and_changes_types() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let answer = admin.post("/appointment_types", json!({ "name": " Check-up ", "duration": 30 })).await;
    let mut r#type = answer.expect(201);
    let path = answer.header("location").to_owned();
    let expected = json!({ "id": r#type["id"], "name": "Check-up", "duration": 30, "buffer_before": 0,
        "buffer_after": 0, "bookable_by": "Anyone", "active": true, "doctors": null });
    assert_eq!(r#type, expected);
    for (name, value) in [
        ("name", json!("Vaccination")),
        ("duration", json!(15)),
        ("buffer_before", json!(240)),
        ("buffer_after", json!(5)),
        ("bookable_by", json!("Staff")),
        ("active", json!(false)),
        ("doctors", json!([doctor.id])),
        ("doctors", json!(null)),
    ] {
        r#type[name] = value.clone();
        assert_eq!(admin.patch(&path, json!({ name: value })).await.expect(200), r#type);
    }
    let listed = clinic.anonymous().get("/appointment_types").await.expect(200);
    assert!(listed.as_array().unwrap().contains(&r#type));
    let log = admin.get("/audit?action=type&limit=1").await.expect(200);
    assert_eq!(log[0]["changes"]["doctors"], json!([[doctor.id], null]));
}

#[tokio::test]
async fn invalid_types_are_refused() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    let answer = admin.post("/appointment_types", json!({})).await;
    assert_eq!(answer.pointers("invalid-input"), ["/duration", "/name"]);
    for (name, value) in [
        ("name", json!("")),
        ("name", json!(null)),
        ("duration", json!(14)),
        ("duration", json!(121)),
        ("buffer_before", json!(241)),
        ("buffer_after", json!(-1)),
        ("bookable_by", json!("Nobody")),
        ("active", json!("yes")),
        ("doctors", json!("all")),
    ] {
        let mut new = json!({ "name": "Check-up", "duration": 30 });
        new[name] = value;
        assert_eq!(admin.post("/appointment_types", new).await.pointers("invalid-input"), [format!("/{name}")]);
    }
    let new = json!({ "name": "Check-up", "duration": 30, "doctors": [patient.id] });
    assert_eq!(admin.post("/appointment_types", new).await.pointers("invalid-input"), ["/doctors"]);
    admin.patch("/appointment_types/999999", json!({ "name": "x" })).await.problem(404, "not-found");
    for other in [clinic.receptionist().await, clinic.doctor().await, patient] {
        let new = json!({ "name": "Check-up", "duration": 30 });
        other.post("/appointment_types", new).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn buffers_keep_the_doctor_free_and_bind_no_patient() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    let new = json!({ "name": "Operation", "duration": 60, "buffer_before": 15, "buffer_after": 30 });
    let operation = add(&clinic, new).await;
    let id = book(&patient, &doctor, "2030-01-08T10:00:00Z", operation).await.expect(201);
    let shown = patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!((&shown["duration"], &shown["type_name"]), (&json!(60), &json!("Operation")));

    // 09:45 to 11:30 is busy for the doctor.
    for start in ["09:30", "11:00", "11:15"] {
        other.try_book(&doctor, &format!("2030-01-08T{start}:00Z"), 30).await.problem(409, "doctor-busy");
    }
    // The appointments of the patient are not.
    patient.book(&other_doctor, "2030-01-08T11:00:00Z", 30).await;
    let path = format!("/doctors/{}/availability?date=2030-01-08&duration=15", doctor.id);
    let free = starts(&other, &path).await;
    assert!(free.contains(&"09:30".into()) && free.contains(&"11:30".into()));
    assert!(!["09:45", "10:00", "11:00", "11:15"].iter().any(|start| free.contains(&(*start).into())));
    // Two buffers do not overlap either: 15 minutes after the first, 15 before the second.
    assert!(
        !starts(&other, &format!("/doctors/{}/availability?date=2030-01-08&type_id={operation}", doctor.id))
            .await
            .contains(&"11:30".into())
    );
    book(&other, &doctor, "2030-01-08T11:45:00Z", operation).await.expect(201);
    // `slots` shows no buffers.
    let slots = patient.get(&format!("/doctors/{}/slots?date=2030-01-08", doctor.id)).await.expect(200);
    assert_eq!((&slots[0]["start_date"], &slots[0]["duration"]), (&json!("2030-01-08T10:00:00+00:00"), &json!(60)));
}

#[tokio::test]
async fn buffers_may_lie_outside_the_working_hours() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let long = add(&clinic, json!({ "name": "Long", "duration": 60, "buffer_before": 240, "buffer_after": 240 })).await;
    let path = format!("/doctors/{}/availability?date=2030-01-08&type_id={long}", doctor.id);
    assert_eq!(starts(&patient, &path).await.first().unwrap(), "08:00");
    book(&patient, &doctor, "2030-01-08T08:00:00Z", long).await.expect(201);
    assert_eq!(starts(&clinic.patient().await, &path).await, ["17:00"]);
}

#[tokio::test]
async fn booked_appointment_keeps_what_its_type_had() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, other) = (clinic.patient().await, clinic.patient().await);
    let r#type = add(&clinic, json!({ "name": "Check-up", "duration": 30, "buffer_after": 15 })).await;
    let id = book(&patient, &doctor, "2030-01-08T10:00:00Z", r#type).await.expect(201);
    let change = json!({ "duration": 60, "buffer_after": 0, "doctors": [doctor.id] });
    clinic.admin().await.patch(&format!("/appointment_types/{type}"), change).await.expect(200);
    assert_eq!(patient.get(&format!("/appointments/{id}")).await.expect(200)["duration"], 30);
    other.try_book(&doctor, "2030-01-08T10:30:00Z", 30).await.problem(409, "doctor-busy");

    // A reschedule keeps the duration and the buffer.
    let path = format!("/appointments/{id}/reschedule");
    let body = json!({ "start_date": "2030-01-08T11:00:00Z", "duration": 60 });
    let answer = desk.post(&path, body).await;
    assert_eq!(answer.violations("invalid-booking"), [("/duration".into(), "duration_of_type".into())]);
    desk.post(&path, json!({ "start_date": "2030-01-08T11:00:00Z" })).await.expect(200);
    other.try_book(&doctor, "2030-01-08T11:30:00Z", 30).await.problem(409, "doctor-busy");
    other.book(&doctor, "2030-01-08T11:45:00Z", 30).await;
    // The other doctor does not offer the type.
    let body = json!({ "start_date": "2030-01-08T11:00:00Z", "doctor_id": colleague.id });
    assert_eq!(desk.post(&path, body).await.violations("invalid-booking")[0].1, "type_not_bookable");
}

#[tokio::test]
async fn types_are_booked_by_those_and_with_those_who_may() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    let (doctor, colleague) = (clinic.doctor().await, clinic.doctor().await);
    let staff_only = add(&clinic, json!({ "name": "Review", "duration": 20, "bookable_by": "Staff" })).await;
    let of_doctor = add(&clinic, json!({ "name": "ECG", "duration": 20, "doctors": [doctor.id] })).await;
    let inactive = add(&clinic, json!({ "name": "Old", "duration": 20, "active": false })).await;
    let start = "2030-01-08T10:00:00Z";
    for (doctor, r#type) in [(&doctor, staff_only), (&colleague, of_doctor), (&doctor, inactive)] {
        let violations = book(&patient, doctor, start, r#type).await.violations("invalid-booking");
        assert_eq!(violations, [("/type_id".into(), "type_not_bookable".into())]);
        let path = format!("/doctors/{}/availability?date=2030-01-08&type_id={type}", doctor.id);
        assert_eq!(patient.get(&path).await.pointers("invalid-input"), ["/type_id"]);
    }
    let violations = book(&patient, &doctor, start, 999_999).await.violations("invalid-booking");
    assert_eq!(violations[0], ("/type_id".into(), "unknown_type".into()));
    let body = json!({ "start_date": start, "type_id": of_doctor, "duration": 30 });
    let answer = patient.post(&format!("/doctors/{}/book", doctor.id), body).await;
    assert_eq!(answer.violations("invalid-booking"), [("/duration".into(), "duration_of_type".into())]);

    let body = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "start_date": start, "type_id": staff_only });
    assert_eq!(desk.post("/appointments", body).await.expect(201)["duration"], 20);
    // Over all doctors: only those who offer the type.
    let path = format!("/availability?date=2030-01-09&type_id={of_doctor}&per_doctor=1");
    let offered = clinic.anonymous().get(&path).await.expect(200);
    assert_eq!(offered, json!([{ "doctor_id": doctor.id, "start_date": "2030-01-09T08:00:00+00:00", "duration": 20 }]));
    let path = format!("/availability?date=2030-01-09&type_id={staff_only}");
    assert_eq!(patient.get(&path).await.pointers("invalid-input"), ["/type_id"]);
    assert!(!starts(&desk, &path).await.is_empty());
}
