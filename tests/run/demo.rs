//! The demo clinic.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rounds_data::Database;
use rounds_local::{demo_accounts, load_demo};

use crate::support::{Actor, Clinic, TestDatabase, Value, json, new_operation};

const PASSWORD: &str = "demo-password";

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Returns the demo clinic at the time of its loading.
async fn loaded(now: &str) -> Clinic {
    loaded_in(now, "UTC").await
}

/// Returns the demo clinic in a time zone.
async fn loaded_in(now: &str, zone: &str) -> Clinic {
    let database = TestDatabase::of_this_run();
    let opened = Database::create_at(&database.url()).unwrap();
    opened.migrate().await.unwrap();
    let zone = format!("calendar_version = calendar_version + (time_zone <> '{zone}'), time_zone = '{zone}'");
    change_clinic(&database, &zone).await;
    load_demo(&opened, false, at(now)).await.unwrap();
    let url = database.url();
    Clinic::over(database, &url, now).await
}

/// Changes the clinic as another program would.
async fn change_clinic(database: &TestDatabase, set: &str) {
    let operation = new_operation();
    let change = format!(
        "INSERT INTO operations (id, at) VALUES ({operation}, 1);
         UPDATE clinic SET {set}, operation_id = {operation}"
    );
    database.connect().await.execute_batch(&change).await.unwrap();
}

async fn sign_in(clinic: &Clinic, name: &str) -> Actor {
    clinic.login(&format!("{name}@rounds.example"), PASSWORD).await
}

/// Returns all rows of a list.
async fn all(actor: &Actor, path: &str) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let answer = actor.get(&path).await;
        rows.extend(answer.expect(200).as_array().unwrap().clone());
        next = answer.next();
    }
    rows
}

/// Returns the number of appointments with this status.
fn with_status(appointments: &[Value], status: &str) -> usize {
    appointments.iter().filter(|appointment| appointment["status"] == status).count()
}

/// When an appointment starts and ends.
fn time(appointment: &Value) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = at(appointment["start_date"].as_str().unwrap());
    (start, start + TimeDelta::minutes(appointment["duration"].as_i64().unwrap()))
}

/// On every weekday, around midnight and during work, and also in a week in which the clocks change.
#[tokio::test]
async fn every_day_of_the_demo_has_appointments_before_and_after_now() {
    for (now, zone) in [
        ("2030-01-07T00:00:30Z", "UTC"),
        ("2030-01-08T09:10:00Z", "UTC"),
        ("2030-01-09T12:30:00Z", "Asia/Tokyo"),
        ("2030-01-10T15:05:00Z", "UTC"),
        ("2030-01-11T23:59:59Z", "UTC"),
        ("2030-03-30T10:00:00Z", "Europe/Berlin"),
        ("2030-03-31T11:40:00Z", "Europe/Berlin"),
    ] {
        let clinic = loaded_in(now, zone).await;
        let admin = sign_in(&clinic, "admin").await;
        let appointments = all(&admin, "/appointments?limit=100").await;
        assert!((65..=130).contains(&appointments.len()), "{now}: {}", appointments.len());
        for appointment in &appointments {
            let ((start, end), status) = (time(appointment), appointment["status"].as_str().unwrap());
            let expected: &[&str] = match clinic.now() {
                now if end <= now => &["Done", "NoShow", "Cancelled"],
                _ => &["Booked", "Cancelled"],
            };
            assert!(expected.contains(&status), "{now}: {appointment}");
            assert_eq!(appointment["reason"].is_string(), status == "Cancelled", "{appointment}");
            assert!(start > clinic.now() - TimeDelta::days(7) && start < clinic.now() + TimeDelta::days(14));
        }
        assert!((1..=2).contains(&with_status(&appointments, "NoShow")), "{now}");
        assert!((5..=12).contains(&with_status(&appointments, "Cancelled")), "{now}");
        let moved: Vec<_> = appointments.iter().filter(|appointment| !appointment["moved_from"].is_null()).collect();
        assert_eq!((moved.len(), &moved[0]["status"]), (1, &json!("Booked")), "{now}");
        assert_ne!(moved[0]["moved_from"], moved[0]["start_date"]);
        let today = all(&admin, &format!("/appointments?date={now}")).await;
        assert!(today.len() > with_status(&today, "Cancelled"), "{now}: {today:?}");
        let people: HashSet<_> = appointments.iter().map(|row| row["patient_name"].to_string()).collect();
        assert_eq!(people.len(), 13, "{now}: {people:?}");

        let sam = sign_in(&clinic, "sam").await;
        let own = all(&sam, "/appointments").await;
        let statuses: Vec<_> = own.iter().map(|appointment| appointment["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["Done", "Done", "Booked", "Booked"], "{now}");
    }
}

#[tokio::test]
async fn doctors_of_the_demo_can_be_found_and_booked() {
    let clinic = loaded("2030-01-09T12:00:00Z").await;
    let anyone = clinic.anonymous();
    let shown = anyone.get("/clinic").await.expect(200);
    assert_eq!(shown["name"], "Harbour Street Clinic");
    assert_eq!((&shown["patient_cancel_notice"], &shown["patient_reschedule_notice"]), (&json!(1440), &json!(1440)));
    for contact in ["phone", "email", "address"] {
        assert!(shown[contact].is_string(), "{shown}");
    }
    let doctors = all(&anyone, "/doctors").await;
    assert_eq!(doctors.len(), 3);
    let first = all(&anyone, "/availability?date=2030-01-09&days=7&per_doctor=1").await;
    assert_eq!(first.len(), 3);
    for doctor in &doctors {
        let path = format!("/doctors/{}", doctor["id"]);
        assert!(anyone.get(&path).await.expect(200)["details"].as_str().unwrap().contains("Please"));
        let hours = all(&anyone, &format!("{path}/working_hours")).await;
        let weekdays: HashSet<_> = hours.iter().map(|hours| hours["weekday"].to_string()).collect();
        assert!(weekdays.len() >= 4 && hours.len() > weekdays.len(), "{hours:?}");
    }
    let lindqvist = sign_in(&clinic, "lindqvist").await;
    let off = all(&lindqvist, &format!("/doctors/{}/time_off", doctors[1]["id"])).await;
    assert_eq!((off.len(), &off[0]["start_date"]), (1, &json!("2030-01-16T00:00:00+00:00")));
    let sam = sign_in(&clinic, "sam").await;
    let upcoming = &all(&sam, "/appointments?status=Booked").await[0];
    sam.cancel(upcoming["id"].as_i64().unwrap()).await.expect(200);
}

/// Returns the id of the doctor of general practice.
async fn general_practitioner(clinic: &Clinic) -> i64 {
    all(&clinic.anonymous(), "/doctors?q=general").await[0]["id"].as_i64().unwrap()
}

/// The audit log says who made each change, newest first, and nobody gets a message about the past.
#[tokio::test]
async fn past_of_the_demo_is_audited_and_sends_no_messages() {
    let clinic = loaded("2030-01-09T12:00:00Z").await;
    let entries = all(&sign_in(&clinic, "admin").await, "/audit?limit=100").await;
    let loaded: Vec<_> = entries.iter().filter(|entry| entry["action"] != "login").collect();
    let times: Vec<_> = loaded.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert!(times.iter().all(|time| at(time) <= clinic.now()));
    for action in ["register", "policy", "working_hours", "time_off", "book", "reschedule", "cancel", "done", "no_show"]
    {
        assert!(loaded.iter().any(|entry| entry["action"] == action), "{action}");
    }
    let booked = loaded.iter().find(|entry| entry["action"] == "book").unwrap();
    assert!(booked["actor_name"].is_string(), "{booked}");

    assert!(clinic.mails().await.is_empty());
    let doctor = Actor { id: general_practitioner(&clinic).await, ..clinic.anonymous() };
    sign_in(&clinic, "sam").await.book(&doctor, "2030-01-17T11:00:00Z", 15).await;
    assert_eq!(clinic.mails().await.len(), 1);
}

#[tokio::test]
async fn demo_is_loaded_once_by_processes_that_load_it_at_once() {
    let database = TestDatabase::of_this_run();
    Database::create_at(&database.url()).unwrap().migrate().await.unwrap();
    let handles: Vec<_> = (0..4).map(|_| Database::create_at(&database.url()).unwrap()).collect();
    let now = Utc::now();
    let loads = handles.iter().map(|handle| load_demo(handle, false, now));
    for loaded in futures_util::future::join_all(loads).await {
        loaded.unwrap();
    }
    let counts = async |table: &str| {
        let connection = database.connect().await;
        let mut rows = connection.query(&format!("SELECT count(*) FROM {table}"), ()).await.unwrap();
        rows.next().await.unwrap().unwrap().get::<i64>(0).unwrap()
    };
    assert_eq!((counts("people").await, counts("logins").await), (17, 17));
    let appointments = counts("appointments").await;
    load_demo(&handles[0], true, now).await.unwrap();
    assert_eq!(counts("appointments").await, appointments);
    let accounts = demo_accounts(&handles[0]).await.unwrap();
    assert_eq!(accounts.len(), 5);
    assert_eq!(accounts[4].email, "sam@rounds.example");
}

/// A refused event leaves nothing behind.
#[tokio::test]
async fn demo_is_loaded_completely_or_not_at_all() {
    let database = TestDatabase::of_this_run();
    let opened = Database::create_at(&database.url()).unwrap();
    opened.migrate().await.unwrap();
    // No doctor can have an appointment.
    change_clinic(&database, "max_appointments_per_day = 0").await;
    let refused = load_demo(&opened, false, Utc::now()).await.unwrap_err();
    assert!(refused.starts_with("cannot load the demo clinic: "), "{refused}");
    let connection = database.connect().await;
    let mut rows = connection.query("SELECT count(*) FROM people", ()).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().get::<i64>(0).unwrap(), 0);
}
