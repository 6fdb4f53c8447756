//! The staff book for patients, move them to other doctors, and correct mistakes of the day.

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn book(staff: &Actor, doctor: &Actor, patient: &Actor, other: Value) -> Answer {
    let mut body = json!({
        "doctor_id": doctor.id, "patient_id": patient.id, "start_date": "2030-01-08T10:00:00Z", "duration": 30,
    });
    for (name, value) in other.as_object().unwrap() {
        body[name] = value.clone();
    }
    staff.post("/appointments", body).await
}

#[tokio::test]
async fn front_desk_books_for_any_patient_with_any_doctor() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for (staff, time) in [(clinic.receptionist().await, "10:00"), (clinic.admin().await, "11:00")] {
        let start = format!("2030-01-08T{time}:00+00:00");
        let answer =
            book(&staff, &doctor, &patient, json!({ "start_date": start, "note": " Brings a letter. " })).await;
        let booked = answer.expect(201);
        assert_eq!((&booked["start_date"], &booked["note"]), (&json!(start), &json!("Brings a letter.")));
        assert_eq!((&booked["patient_phone"], &booked["overridden"]), (&json!(null), &json!(false)));
        assert_eq!(answer.header("location"), format!("/appointments/{}", booked["id"]));
        assert_eq!(doctor.get(answer.header("location")).await.expect(200), booked);
        let mut shown = patient.get(answer.header("location")).await.expect(200);
        shown["patient_phone"] = json!(null);
        assert_eq!(shown, booked, "the patient sees the note");
    }
    book(&patient, &doctor, &patient, json!({})).await.problem(403, "forbidden");
    book(&clinic.anonymous(), &doctor, &patient, json!({})).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn front_desk_learns_what_does_not_exist_and_all_that_is_invalid() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    book(&desk, &doctor, &doctor, json!({})).await.problem(404, "not-found");
    book(&desk, &doctor, &patient, json!({ "patient_id": 999_999 })).await.problem(404, "not-found");
    book(&desk, &patient, &patient, json!({})).await.problem(404, "not-found");
    let answer = book(&desk, &doctor, &patient, json!({ "start_date": "soon", "duration": 7, "note": "" })).await;
    assert_eq!(answer.pointers("invalid-input"), ["/duration", "/note", "/start_date"]);
    let answer = desk.post("/appointments", json!({ "patient_id": "1" })).await;
    assert_eq!(answer.pointers("invalid-input"), ["/doctor_id", "/duration", "/patient_id", "/start_date"]);
}

#[tokio::test]
async fn doctor_books_with_themselves_for_their_patients() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, colleague, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    book(&doctor, &doctor, &patient, json!({})).await.problem(403, "forbidden");
    let first = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    book(&doctor, &doctor, &patient, json!({})).await.expect(201);
    book(&doctor, &colleague, &patient, json!({ "start_date": "2030-01-08T12:00:00Z" }))
        .await
        .problem(403, "forbidden");
    // A stranger and a patient who does not exist have the same response.
    let stranger = clinic.patient().await;
    let answer = book(&doctor, &doctor, &stranger, json!({})).await;
    let absent = book(&doctor, &doctor, &patient, json!({ "patient_id": 999_999 })).await;
    assert_eq!((answer.status, answer.body), (absent.status, absent.body));

    // A cancelled appointment does not make somebody a patient.
    let other = clinic.patient().await;
    let cancelled = other.book(&colleague, "2030-01-08T09:00:00Z", 30).await;
    colleague.cancel(cancelled).await.expect(200);
    book(&colleague, &colleague, &other, json!({})).await.problem(403, "forbidden");
    assert!(first > 0);
}

#[tokio::test]
async fn staff_book_walk_ins_and_two_years_ahead() {
    let clinic = Clinic::at("2030-01-07T10:30:00Z").await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let at = |start: &str| json!({ "start_date": start });
    let answer = book(&desk, &doctor, &patient, at("2030-01-07T09:29:00Z")).await;
    assert_eq!(answer.pointers("invalid-booking"), ["/start_date"]);
    book(&desk, &doctor, &patient, at("2030-01-07T09:30:00Z")).await.expect(201);
    book(&desk, &doctor, &patient, at("2032-01-07T10:00:00Z")).await.expect(201);
    let answer = book(&desk, &doctor, &patient, at("2032-01-07T11:00:00Z")).await;
    assert_eq!(answer.violations("invalid-booking"), [("/start_date".into(), "too_far_ahead".into())]);

    // A patient can do neither.
    for start in ["2030-01-07T10:15:00Z", "2031-06-01T10:00:00Z"] {
        let answer = patient.try_book(&doctor, start, 30).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/start_date"]);
    }
}

#[tokio::test]
async fn front_desk_overrides_hours_and_daily_limits_with_a_reason() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    admin.patch("/clinic", json!({ "max_appointments_per_day": 1 })).await.expect(200);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let late = json!({ "start_date": "2030-01-08T20:00:00Z" });
    assert_eq!(book(&desk, &doctor, &patient, late.clone()).await.pointers("invalid-booking"), ["/start_date"]);
    let overriding = |mut with: Value| {
        with["override"] = json!(true);
        with
    };
    let answer = book(&desk, &doctor, &patient, overriding(late.clone())).await;
    assert_eq!(answer.violations("invalid-input"), [("/reason".into(), "required".into())]);
    let mut with_reason = overriding(late);
    with_reason["reason"] = json!("An emergency");
    let booked = book(&desk, &doctor, &patient, with_reason.clone()).await.expect(201);
    assert_eq!(booked["overridden"], true);
    // The log has the override, and not the reason.
    let entry = admin.get(&format!("/audit?appointment_id={}", booked["id"])).await.expect(200)[0].clone();
    assert_eq!(entry["changes"], json!({ "override": [false, true], "reason": null }));

    // Never over another appointment, over time off, or by a Doctor.
    with_reason["start_date"] = json!("2030-01-08T20:15:00Z");
    book(&desk, &doctor, &clinic.patient().await, with_reason.clone()).await.problem(409, "doctor-busy");
    book(&doctor, &doctor, &patient, with_reason.clone()).await.problem(403, "forbidden");
    let off = json!({ "start_date": "2030-01-09T00:00:00Z", "end_date": "2030-01-10T00:00:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
    with_reason["start_date"] = json!("2030-01-09T10:00:00Z");
    let answer = book(&desk, &doctor, &patient, with_reason).await;
    assert_eq!(answer.violations("invalid-booking"), [("/start_date".into(), "during_time_off".into())]);
    let answer = book(&desk, &doctor, &patient, json!({ "reason": "No override" })).await;
    assert_eq!(answer.pointers("invalid-input"), ["/reason"]);
}

#[tokio::test]
async fn retry_of_the_desk_returns_the_first_booking() {
    let clinic = Clinic::at(NOW).await;
    let (desk, other_desk) = (clinic.receptionist().await, clinic.receptionist().await);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let send = async |desk: &Actor, note: &str| {
        let body = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "duration": 30, "note": note,
            "start_date": "2030-01-08T10:00:00Z" });
        let headers = [("content-type", "application/json"), ("idempotency-key", "a call")];
        desk.send("POST", "/appointments", Some(&body.to_string()), &headers).await
    };
    let booked = send(&desk, "first").await.expect(201);
    let retried = send(&desk, "first").await;
    assert_eq!((retried.expect(201), retried.header("idempotency-replayed")), (booked, "true"));
    send(&desk, "second").await.problem(422, "idempotency-key-reused");
    // Keys belong to accounts.
    send(&other_desk, "first").await.problem(409, "doctor-busy");
}

#[tokio::test]
async fn staff_move_an_appointment_to_another_doctor() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    let (doctor, colleague) = (clinic.doctor().await, clinic.doctor().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    clinic.patient().await.book(&colleague, "2030-01-08T11:00:00Z", 30).await;

    let to = |start: &str| json!({ "start_date": start, "doctor_id": colleague.id });
    let path = format!("/appointments/{id}/reschedule");
    desk.post(&path, to("2030-01-08T11:15:00Z")).await.problem(409, "doctor-busy");
    let moved = desk.post(&path, to("2030-01-08T10:00:00Z")).await.expect(200);
    assert_eq!((&moved["doctor_id"], &moved["id"]), (&json!(colleague.id), &json!(id)));
    // The time of the first doctor is free again, and only the new one sees the appointment.
    clinic.patient().await.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    doctor.get(&format!("/appointments/{id}")).await.problem(403, "forbidden");
    let entry = clinic.admin().await.get(&format!("/audit?appointment_id={id}")).await.expect(200)[0].clone();
    assert_eq!(entry["changes"], json!({ "doctor_id": [doctor.id, colleague.id] }));

    // A doctor gives it to another one. A patient cannot.
    clinic.admin().await.patch("/clinic", json!({ "patient_reschedule_notice": 0 })).await.expect(200);
    let back = json!({ "start_date": "2030-01-09T10:00:00Z", "doctor_id": doctor.id });
    patient.post(&path, back.clone()).await.problem(403, "forbidden");
    assert_eq!(colleague.post(&path, back).await.expect(200)["doctor_id"], doctor.id);
}

#[tokio::test]
async fn availability_of_an_appointment_to_move_is_that_of_any_doctor_for_the_staff() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    let (doctor, colleague) = (clinic.doctor().await, clinic.doctor().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 60).await;
    clinic.patient().await.book(&colleague, "2030-01-08T08:00:00Z", 60).await;
    let path = format!("/doctors/{}/availability?date=2030-01-08&moving={id}", colleague.id);
    let slots = desk.get(&path).await.expect(200);
    assert_eq!(slots[0], json!({ "start_date": "2030-01-08T09:00:00+00:00", "duration": 60 }));
    // The present time of the appointment is free for its patient.
    assert!(slots.as_array().unwrap().iter().any(|slot| slot["start_date"] == "2030-01-08T10:00:00+00:00"));
    clinic.admin().await.patch("/clinic", json!({ "patient_reschedule_notice": 0 })).await.expect(200);
    assert_eq!(patient.get(&path).await.pointers("invalid-input"), ["/moving"]);
}

#[tokio::test]
async fn front_desk_corrects_mistakes_until_the_end_of_the_day() {
    let clinic = Clinic::at("2030-01-07T10:30:00Z").await;
    let (mut desk, mut doctor) = (clinic.receptionist().await, clinic.doctor().await);
    let patient = clinic.patient().await;
    let walk_in = async |desk: &Actor, doctor: &Actor, start: &str| {
        book(desk, doctor, &patient, json!({ "start_date": start, "duration": 15 })).await.expect(201)["id"]
            .as_i64()
            .unwrap()
    };
    let wrong = walk_in(&desk, &doctor, "2030-01-07T10:00:00Z").await;
    doctor.cancel(wrong).await.problem(409, "appointment-started");
    assert_eq!(desk.cancel(wrong).await.expect(200)["status"], "Cancelled");
    let marked = walk_in(&desk, &doctor, "2030-01-07T10:00:00Z").await;
    let old = walk_in(&desk, &doctor, "2030-01-07T10:15:00Z").await;
    let path = |id: i64, verb: &str| format!("/appointments/{id}/{verb}");
    let send = async |actor: &Actor, path: &str| actor.send("POST", path, None, &[]).await;

    assert_eq!(send(&doctor, &path(marked, "no_show")).await.expect(200)["status"], "NoShow");
    desk.cancel(marked).await.problem(409, "appointment-started");
    send(&patient, &path(marked, "reopen")).await.problem(403, "forbidden");
    let reopened = send(&doctor, &path(marked, "reopen")).await.expect(200);
    assert_eq!(reopened["status"], "Booked");
    assert_eq!(send(&doctor, &path(marked, "reopen")).await.expect(200), reopened, "again: unchanged");
    desk.cancel(marked).await.expect(200);
    send(&desk, &path(marked, "reopen")).await.problem(409, "appointment-cancelled");
    let actions = clinic.admin().await.get(&format!("/audit?appointment_id={marked}")).await.expect(200);
    let actions: Vec<_> = actions.as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["cancel", "reopen", "no_show", "book"]);

    assert_eq!(send(&doctor, &path(old, "done")).await.expect(200)["status"], "Done");
    clinic.pass(TimeDelta::hours(14));
    clinic.renew(&mut desk);
    clinic.renew(&mut doctor);
    send(&desk, &path(old, "reopen")).await.problem(409, "appointment-day-over");
}

#[tokio::test]
async fn note_is_changed_by_those_who_see_the_appointment() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30, "note": "My knee" });
    let id = patient.post(&format!("/doctors/{}/book", doctor.id), body).await.expect(201);
    let path = format!("/appointments/{id}");
    assert_eq!(doctor.get(&path).await.expect(200)["note"], "My knee");
    for (actor, note) in [(&patient, json!("My left knee")), (&doctor, json!("Left knee")), (&desk, json!(null))] {
        assert_eq!(actor.patch(&path, json!({ "note": note })).await.expect(200)["note"], note);
    }
    assert_eq!(desk.patch(&path, json!({})).await.pointers("invalid-input"), ["/note"]);
    assert_eq!(desk.patch(&path, json!({ "note": "x".repeat(501) })).await.pointers("invalid-input"), ["/note"]);
    for stranger in [clinic.patient().await, clinic.doctor().await] {
        stranger.patch(&path, json!({ "note": "x" })).await.problem(403, "forbidden");
    }
    // The log has that a note was changed, and not the note.
    let log = clinic.admin().await.get(&format!("/audit?appointment_id={id}")).await.expect(200);
    assert_eq!((&log[0]["action"], &log[0]["changes"]), (&json!("note"), &json!({ "note": null })));
    desk.cancel(id.as_i64().unwrap()).await.expect(200);
    desk.patch(&path, json!({ "note": "x" })).await.problem(409, "appointment-cancelled");
}

#[tokio::test]
async fn patients_book_no_sooner_than_the_notice_of_the_policy() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    clinic.admin().await.patch("/clinic", json!({ "booking_notice": 120 })).await.expect(200);
    let answer = patient.try_book(&doctor, "2030-01-07T09:45:00Z", 30).await;
    assert_eq!(answer.violations("invalid-booking"), [("/start_date".into(), "booking_notice".into())]);
    let first = async |actor: &Actor| {
        let path = format!("/doctors/{}/availability?date=2030-01-07", doctor.id);
        actor.get(&path).await.expect(200)[0]["start_date"].clone()
    };
    assert_eq!(first(&patient).await, "2030-01-07T10:00:00+00:00");
    assert_eq!(first(&clinic.anonymous()).await, "2030-01-07T10:00:00+00:00");
    assert_eq!(first(&desk).await, "2030-01-07T08:15:00+00:00");
    patient.book(&doctor, "2030-01-07T10:00:00Z", 30).await;
    book(&desk, &doctor, &patient, json!({ "start_date": "2030-01-07T08:15:00Z" })).await.expect(201);
}
