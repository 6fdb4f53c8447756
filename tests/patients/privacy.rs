//! Who sees what of a patient, and from when on no more.

use super::{NOW, add, add_dependant, book_for, ids, set_guardian, show};
use crate::support::{Actor, Clinic, TestDatabase, Value, json};

#[tokio::test]
async fn guardian_acts_for_a_dependant_until_taken_away() {
    let clinic = Clinic::at(NOW).await;
    let policy = json!({ "patient_cancel_notice": 0, "patient_reschedule_notice": 0 });
    clinic.admin().await.patch("/clinic", policy).await.expect(200);
    let (desk, doctor, parent) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let (new, key) =
        (json!({ "name": "Kid" }).to_string(), [("content-type", "application/json"), ("idempotency-key", "k")]);
    let add = async || parent.send("POST", "/me/patients", Some(&new), &key).await;
    let kid = add().await.expect(201)["id"].as_i64().unwrap();
    let book = async |start: &str| {
        let body = json!({ "patient_id": kid, "start_date": start, "duration": 30 });
        parent.post(&format!("/doctors/{}/book", doctor.id), body).await
    };
    let booked = book("2030-01-08T10:00:00Z").await.expect(201).as_i64().unwrap();
    let path = format!("/appointments/{booked}");
    let reads = [
        format!("/patients/{kid}"),
        format!("/patients/{kid}/history"),
        path.clone(),
        format!("{path}/calendar"),
        format!("/doctors/{}/availability?date=2030-01-08&patient_id={kid}", doctor.id),
        format!("/availability?date=2030-01-08&patient_id={kid}"),
    ];
    for read in &reads {
        assert_eq!(parent.get(read).await.status, 200, "{read}");
    }
    assert_eq!(ids(&parent.get("/appointments").await.expect(200)), [booked]);
    let url = parent.post("/me/feed", json!({})).await.expect(201)["url"].as_str().unwrap().to_owned();
    let feed = url[url.find("/feeds/").unwrap()..].to_owned();
    assert!(clinic.anonymous().get(&feed).await.body.contains("BEGIN:VEVENT"));
    parent.patch(&path, json!({ "note": "Sleepy" })).await.expect(200);

    assert_eq!(set_guardian(&desk, "DELETE", kid, parent.id).await.status, 204);
    for read in &reads {
        parent.get(read).await.problem(403, "forbidden");
    }
    assert!(ids(&parent.get("/appointments").await.expect(200)).is_empty());
    assert!(ids(&parent.get(&format!("/appointments?patient_id={kid}")).await.expect(200)).is_empty());
    assert_eq!(ids(&parent.get("/me/patients").await.expect(200)), [parent.id]);
    book("2030-01-08T11:00:00Z").await.problem(403, "forbidden");
    parent.cancel(booked).await.problem(403, "forbidden");
    parent.patch(&path, json!({ "note": null })).await.problem(403, "forbidden");
    parent.patch(&format!("/patients/{kid}"), json!({ "name": "Eve" })).await.problem(403, "forbidden");
    let moved = json!({ "start_date": "2030-01-08T12:00:00Z" });
    parent.post(&format!("{path}/reschedule"), moved).await.problem(403, "forbidden");
    add().await.problem(403, "forbidden");
    let calendar = clinic.anonymous().get(&feed).await;
    assert!(calendar.status == 200 && !calendar.body.contains("BEGIN:VEVENT"), "{}", calendar.body);
    let export = parent.get("/me/export").await.expect(200);
    assert_eq!((&export["dependants"], &export["appointments"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn phones_and_notes_are_in_no_response_to_other_patients() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let stranger = clinic.patient().await;
    let ada = json!({
        "name": "Adalovelace", "phone": "+442079460000", "email": "ada@example.org", "birth_date": "1984-03-07",
        "notes": "Secretnotes" });
    let ada = add(&desk, ada).await;
    let booked = book_for(&desk, &doctor, ada, "2030-01-08T10:00:00Z").await;
    desk.patch(&format!("/appointments/{booked}"), json!({ "note": "Appointmentnote" })).await.expect(200);
    let personal = ["Adalovelace", "2079460000", "ada@example.org", "1984-03-07", "Secretnotes", "Appointmentnote"];
    for actor in [&stranger, &colleague] {
        for path in [
            format!("/patients/{ada}"),
            format!("/patients/{ada}/history"),
            format!("/appointments/{booked}"),
            "/appointments".to_owned(),
            "/patients".to_owned(),
            "/patients?q=ada".to_owned(),
            "/patients?birth_date=1984-03-07".to_owned(),
            "/me/patients".to_owned(),
            "/me/export".to_owned(),
            format!("/doctors/{}/slots?date=2030-01-08", doctor.id),
            format!("/doctors/{}/availability?date=2030-01-08&patient_id={ada}", doctor.id),
        ] {
            let answer = actor.get(&path).await;
            // A problem does not repeat the request.
            let found: Vec<_> = personal.iter().filter(|word| answer.body.contains(**word)).collect();
            assert!(found.is_empty(), "{path}: {found:?}");
        }
    }
    // The doctor of the appointment sees the phone and the notes.
    let shown = doctor.get(&format!("/appointments/{booked}")).await.expect(200);
    assert_eq!(shown["patient_phone"], "+442079460000");
    assert_eq!(show(&doctor, ada).await.expect(200)["notes"], "Secretnotes");
}

#[tokio::test]
async fn reads_of_patients_are_in_the_request_log() {
    let server = crate::support::Server::start_on(TestDatabase::served(), 1).await;
    let clinic = server.clinic();
    let (admin, parent) = (clinic.admin().await, clinic.patient().await);
    let kid = add_dependant(&parent, "Kid").await;
    let read = async |actor: &Actor, path: &str| {
        let answer = actor.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    };
    read(&admin, &format!("/patients/{kid}")).await;
    read(&admin, "/patients?q=kid").await;
    read(&parent, &format!("/patients/{kid}")).await;
    read(&parent, "/me/patients").await;
    let log = server.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let accessed = |route: &str| -> Vec<Value> {
        lines.iter().filter(|line| line["route"] == route).map(|line| line["read_accounts"].clone()).collect()
    };
    assert_eq!(accessed("GET /patients/{patient_id}"), [json!(kid.to_string()), Value::Null]);
    assert_eq!(accessed("GET /patients"), [json!(kid.to_string())]);
    assert_eq!(accessed("GET /me/patients"), [Value::Null]);
}
