//! The audit log.

use chrono::TimeDelta;

use crate::support::{Actor, Clinic, PASSWORD, Server, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn entries(admin: &Actor, query: &str) -> Vec<Value> {
    admin.get(&format!("/audit{query}")).await.expect(200).as_array().unwrap().clone()
}

/// The action, actor, appointment and account of an audit entry.
type Entry = (String, Option<i64>, Option<i64>, Option<i64>);

/// Returns these for each entry, newest first.
fn summaries(entries: &[Value]) -> Vec<Entry> {
    let id = |entry: &Value, name: &str| entry[name].as_i64();
    let summary = |entry: &Value| {
        let action = entry["action"].as_str().unwrap().to_owned();
        (action, id(entry, "actor_id"), id(entry, "appointment_id"), id(entry, "account_id"))
    };
    entries.iter().map(summary).collect()
}

#[tokio::test]
async fn every_change_is_audited() {
    let clinic = Clinic::at(NOW).await;
    let (mut admin, mut doctor) = (clinic.admin().await, clinic.doctor().await);
    let anyone = clinic.anonymous();
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let ada = anyone.post("/register", account.clone()).await.expect(201)["id"].as_i64().unwrap();
    anyone.post("/register", account.clone()).await.problem(409, "email-taken");
    anyone
        .post("/login", json!({ "email": "ada@example.org", "password": "wrong" }))
        .await
        .problem(401, "unauthorized");
    let patient = Actor { id: ada, ..clinic.login("ada@example.org", PASSWORD).await };
    let (d, id) = (format!("/doctors/{}", doctor.id), doctor.id);
    let one = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    patient.try_book(&doctor, "2030-01-07T09:00:00Z", 30).await.problem(409, "doctor-busy");
    let two = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let mut expected = vec![
        ("register", Some(ada), None, Some(ada)),
        ("login_failed", None, None, Some(ada)),
        ("login", Some(ada), None, Some(ada)),
        ("book", Some(ada), Some(one), None),
        ("book", Some(ada), Some(two), None),
    ];
    let at = json!({ "start_date": "2030-01-08T10:00:00Z" });
    doctor.post(&format!("/appointments/{two}/reschedule"), at).await.expect(200);
    admin.cancel(two).await.expect(200);
    admin.cancel(two).await.expect(200);
    expected.extend([("reschedule", Some(id), Some(two), None), ("cancel", Some(admin.id), Some(two), None)]);
    doctor.patch(&d, json!({ "specialty": "Cardiology" })).await.expect(200);
    let hours = json!([{ "weekday": "Mon", "start": "08:00", "end": "20:00" }]).to_string();
    let json = [("content-type", "application/json")];
    assert_eq!(admin.send("PUT", &format!("{d}/working_hours"), Some(&hours), &json).await.status, 200);
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z" });
    let off = doctor.post(&format!("{d}/time_off"), off).await.expect(201)["id"].clone();
    assert_eq!(doctor.send("DELETE", &format!("{d}/time_off/{off}"), None, &[]).await.status, 204);
    for _ in 0..2 {
        // The second request changes nothing.
        admin.patch("/clinic", json!({ "name": "A clinic", "time_zone": "Europe/Berlin" })).await.expect(200);
    }
    patient.patch("/me", json!({ "name": "Ada L." })).await.expect(200);
    let change = json!({ "old_password": PASSWORD, "new_password": "another long password" });
    assert_eq!(patient.post("/me/password", change).await.status, 204);
    expected.extend([
        ("profile", Some(id), None, Some(id)),
        ("working_hours", Some(admin.id), None, Some(id)),
        ("time_off", Some(id), None, Some(id)),
        ("time_off_end", Some(id), None, Some(id)),
        ("policy", Some(admin.id), None, None),
        ("profile", Some(ada), None, Some(ada)),
        ("password", Some(ada), None, Some(ada)),
    ]);
    clinic.pass(TimeDelta::hours(2));
    clinic.renew(&mut doctor);
    clinic.renew(&mut admin);
    for (mark, status) in [("done", 200), ("no_show", 200)] {
        assert_eq!(doctor.send("POST", &format!("/appointments/{one}/{mark}"), None, &[]).await.status, status);
        expected.push((mark, Some(id), Some(one), None));
    }
    let reset = json!({ "new_password": "a third long password" });
    for (verb, body) in [("password", reset), ("deactivate", json!({})), ("activate", json!({})), ("erase", json!({}))]
    {
        assert_eq!(admin.post(&format!("/accounts/{ada}/{verb}"), body).await.status, 204);
        expected.push((verb, Some(admin.id), None, Some(ada)));
    }

    let entries = entries(&admin, &format!("?limit={}", expected.len())).await;
    let expected: Vec<_> = expected.into_iter().map(|(action, a, b, c)| (action.to_owned(), a, b, c)).rev().collect();
    assert_eq!(summaries(&entries), expected);
    assert_eq!(entries.last().unwrap()["at"], "2030-01-07T09:00:00+01:00");
    assert_eq!(entries[0]["at"], "2030-01-07T11:00:00+01:00");
    assert!(entries.iter().all(|entry| entry["request_id"].is_string()), "{entries:?}");
}

#[tokio::test]
async fn audit_entry_has_the_request_id_of_the_log() {
    let server = Server::start(1).await;
    let clinic = server.clinic();
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, &format!("{}T10:00:00Z", clinic.day()), 30).await;
    let of_booking = entries(&admin, &format!("?appointment_id={booked}")).await;
    assert_eq!(of_booking.len(), 1);
    let id = of_booking[0]["request_id"].as_str().unwrap();
    assert!(!id.is_empty());
    assert!(server.log().lines().any(|line| line.contains(id) && line.contains("/doctors/{doctor_id}/book")));
}

#[tokio::test]
async fn audit_log_can_be_filtered_and_paged() {
    let clinic = Clinic::at(NOW).await;
    let (mut admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let one = patient.book(&doctor, "2030-01-10T09:00:00Z", 30).await;
    clinic.pass(TimeDelta::days(1));
    let mut doctor = doctor;
    clinic.renew(&mut admin);
    clinic.renew(&mut doctor);
    doctor.cancel(one).await.expect(200);
    let actions = async |query: &str| -> Vec<String> {
        summaries(&entries(&admin, query).await).into_iter().map(|entry| entry.0).collect()
    };
    assert_eq!(actions("").await, ["cancel", "book", "login", "register", "login", "register", "login", "register"]);
    assert_eq!(actions(&format!("?appointment_id={one}")).await, ["cancel", "book"]);
    assert_eq!(actions(&format!("?actor_id={}", doctor.id)).await, ["cancel", "login"]);
    assert_eq!(actions(&format!("?account_id={}", doctor.id)).await, ["login", "register"]);
    assert_eq!(actions(&format!("?appointment_id={one}&actor_id={}", patient.id)).await, ["book"]);
    assert_eq!(actions("?action=register&limit=100").await, ["register"; 3]);
    assert_eq!(actions("?from=2030-01-08").await, ["cancel"]);
    assert_eq!(
        actions("?to=2030-01-07").await,
        ["book", "login", "register", "login", "register", "login", "register"]
    );
    assert_eq!(actions("?from=2030-01-07T08:00:01Z&to=2030-01-08T08:00:00Z").await, [] as [&str; 0]);
    assert_eq!(actions("?actor_id=999").await, [] as [&str; 0]);

    let (mut seen, mut page) = (Vec::new(), Some("/audit?limit=2".to_owned()));
    while let Some(path) = page {
        let answer = admin.get(&path).await;
        seen.extend(answer.expect(200).as_array().unwrap().clone());
        page = answer.next();
    }
    assert_eq!(seen, entries(&admin, "").await);
    let wrong =
        admin.get("/audit?actor_id=0&account_id=x&appointment_id=-1&action=look&from=x&to=2030-02-30&after=x").await;
    let pointers = ["/account_id", "/action", "/actor_id", "/after", "/appointment_id", "/from", "/to"];
    assert_eq!(wrong.pointers("invalid-input"), pointers);
    for actor in [&doctor, &clinic.patient().await] {
        actor.get("/audit").await.problem(403, "forbidden");
    }
    clinic.anonymous().get("/audit").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn audit_log_cannot_be_changed() {
    let clinic = Clinic::on_disk(NOW).await;
    let admin = clinic.admin().await;
    let before = entries(&admin, "").await;
    for statement in [
        "DELETE FROM audit",
        "UPDATE audit SET actor_id = 7",
        "UPDATE audit SET source = NULL",
        "REPLACE INTO audit (id, at, action) VALUES (1, 0, 'login')",
        "INSERT INTO audit (id, at, action) VALUES (1, 0, 'login') ON CONFLICT (id) DO UPDATE SET at = 0",
        "INSERT INTO audit (at, action) VALUES (0, 'look')",
    ] {
        assert!(clinic.sql(statement).await.is_err(), "{statement}");
    }
    assert_eq!(entries(&admin, "").await, before);
}

/// Changes by other programs are audited without an actor.
#[tokio::test]
async fn changes_by_other_programs_are_audited() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-10T09:00:00Z", 30).await;
    doctor.patch("/me", json!({ "name": "Dr. Who" })).await.expect(200);
    let before = entries(&admin, "").await.len();
    for statement in [
        format!(
            "UPDATE appointments SET operation_id = :operation, status = 'Cancelled', version = version + 1 WHERE id = {booked}"
        ),
        format!("UPDATE people SET operation_id = :operation, active = 0 WHERE id = {}", doctor.id),
        format!(
            "UPDATE logins SET operation_id = :operation, password_hash = '$argon2id$x' WHERE person_id = {}",
            doctor.id
        ),
        "UPDATE clinic SET operation_id = :operation, slot_step = 5".into(),
    ] {
        clinic.sql(&statement).await.unwrap();
    }
    let after = entries(&admin, "?limit=100").await;
    let since: Vec<_> =
        after.iter().filter(|entry| entry["request_id"].is_null() && entry["actor_id"].is_null()).collect();
    let mut actions: Vec<_> = since.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(after.len(), before + 4);
    assert_eq!(
        actions,
        ["cancel", "deactivate", "password", "policy", "register", "register", "register"],
        "the registrations are those of the test's accounts"
    );
}
