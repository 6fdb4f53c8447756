//! The statements of docs/security.md about every route.

use std::collections::BTreeMap;

use rounds_data::Limits;
use rounds_http::{Route, Verb};

use crate::support::{Actor, Clinic, PASSWORD, Value, filled, insert_appointment_link, insert_feed, json, routes};

const NOW: &str = "2030-01-07T08:00:00Z";

/// The public routes, whose responses any cache may store for some time.
const PUBLIC: [&str; 7] = [
    "GET /",
    "GET /web/{file}",
    "GET /docs",
    "GET /docs/{asset}",
    "GET /openapi.json",
    "GET /problems/{problem}",
    "GET /.well-known/jwks.json",
];

/// A clinic on disk, an Admin, a Doctor, a Patient and their appointment.
async fn world() -> (Clinic, [Actor; 3], i64) {
    let clinic = Clinic::on_disk(NOW).await;
    let actors = [clinic.admin().await, clinic.doctor().await, clinic.patient().await];
    let booked = actors[2].book(&actors[1], "2030-01-08T09:00:00Z", 30).await;
    (clinic, actors, booked)
}

/// Each route with the path of its first sample, filled with the ids of the given actors and appointment.
async fn sample_paths(
    clinic: &Clinic,
    [_, doctor, patient]: &[Actor; 3],
    appointment: i64,
) -> Vec<(&'static Route, String)> {
    let connection = clinic.database().connect().await;
    let values = [
        ("doctor_id", doctor.id.to_string()),
        ("patient_id", patient.id.to_string()),
        ("account_id", patient.id.to_string()),
        ("deactivated", patient.id.to_string()),
        ("without_login", patient.id.to_string()),
        ("appointment_id", appointment.to_string()),
        ("started", appointment.to_string()),
        ("time_off_id", "1".to_owned()),
        ("closure_id", "1".to_owned()),
        ("type_id", "1".to_owned()),
        ("day", "2030-01-08".to_owned()),
        ("email", patient.email.clone()),
        ("new_email", "new@example.org".to_owned()),
        ("password", PASSWORD.to_owned()),
        ("verification", "A".repeat(43)),
        ("reset", "A".repeat(43)),
        ("message_id", "1".to_owned()),
        ("token", insert_appointment_link(&connection, appointment).await),
        ("file", insert_feed(&connection, patient.id).await),
    ];
    routes().iter().map(|route| (route, filled(route, &route.samples[0], &values).0)).collect()
}

#[tokio::test]
async fn only_public_responses_may_be_cached() {
    let (clinic, actors, appointment) = world().await;
    let mut checked = 0;
    for (route, path) in
        sample_paths(&clinic, &actors, appointment).await.into_iter().filter(|(route, _)| route.verb == Verb::Get)
    {
        let route = route.name();
        let mut succeeded = 0;
        for actor in actors.iter().chain([&clinic.anonymous()]) {
            let answer = actor.get(&path).await;
            succeeded += u32::from(answer.status == 200);
            let caching = answer.header("cache-control");
            if PUBLIC.contains(&route.as_str()) {
                assert!(caching == "no-cache" || caching.starts_with("public, max-age="), "{route}: {caching}");
            } else {
                assert_eq!(caching, "no-store", "{route}");
            }
        }
        assert!(succeeded > 0, "{route} returned 200 to no actor");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

/// The contents of all tables.
async fn contents(clinic: &Clinic) -> BTreeMap<String, String> {
    let mut tables = BTreeMap::new();
    for table in clinic.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").await {
        tables.insert(table.clone(), clinic.dump(&table).await);
    }
    tables
}

#[tokio::test]
async fn safe_methods_change_nothing() {
    let (clinic, actors, appointment) = world().await;
    let paths = sample_paths(&clinic, &actors, appointment).await;
    let before = contents(&clinic).await;
    assert!(before.len() > 8 && !before["audit"].is_empty(), "{:?}", before.keys());
    for (_, path) in paths {
        for method in ["GET", "HEAD", "OPTIONS"] {
            for actor in &actors {
                actor.send(method, &path, None, &[]).await;
            }
        }
    }
    assert_eq!(contents(&clinic).await, before);
}

#[tokio::test]
async fn no_route_accepts_trace() {
    let (clinic, actors, appointment) = world().await;
    for (_, path) in sample_paths(&clinic, &actors, appointment).await {
        actors[0].send("TRACE", &path, None, &[]).await.problem(405, "method-not-allowed");
    }
}

/// Members that an attacker may add to a body in the hope that they are written to the database (mass assignment).
fn injected_members(other: &Actor) -> Vec<(&'static str, Value)> {
    let texts = ["email_key", "password_hash", "search_key", "operation_id", "idempotency_key", "name_key"];
    let numbers = [
        "id",
        "generation",
        "retained_token_id",
        "signed_in_at",
        "erased_at",
        "created_at",
        "version",
        "calendar_version",
    ];
    let mut members: Vec<_> = texts.into_iter().map(|name| (name, json!("planted"))).collect();
    members.extend(numbers.into_iter().map(|name| (name, json!(424_242))));
    members.extend([
        ("account_type", json!("Admin")),
        ("role", json!("Admin")),
        ("active", json!(false)),
        ("email", json!("planted@example.org")),
        ("status", json!("Done")),
        ("patient_id", json!(other.id)),
        ("doctor_id", json!(other.id)),
        ("__proto__", json!({ "account_type": "Admin" })),
    ]);
    members
}

#[tokio::test]
async fn additional_members_write_no_other_columns() {
    let (clinic, [admin, doctor, patient], _) = world().await;
    admin.patch("/clinic", json!({ "max_open_bookings": null })).await.expect(200);
    let other = clinic.patient().await;
    let (me, them) = (format!("/doctors/{}", doctor.id), format!("/accounts/{}/password", other.id));
    let types = "SELECT account_type || ' ' || count(*) FROM people WHERE active = 1 GROUP BY account_type ORDER BY 1";
    let week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let week = json!(week.map(|day| json!({ "weekday": day, "start": "08:00", "end": "18:00" })));
    let (mut sent, mut registered) = (0, 1);
    for (member, value) in injected_members(&other) {
        let day = 9 + sent / 11;
        let at = format!("2030-02-{:02}T09:00:00Z", 1 + day % 28);
        let booked = patient.book(&doctor, &at, 30).await;
        let appointment = format!("/appointments/{booked}");
        let later = format!("{}T11:00:00Z", &at[..10]);
        let off =
            json!({ "start_date": format!("{}T22:00:00Z", &at[..10]), "end_date": format!("{}T23:00:00Z", &at[..10]) });
        let new = json!({ "name": "New", "email": format!("new{sent}@example.org"), "password": PASSWORD, "account_type": "Patient" });
        let attempts = [
            (&clinic.anonymous(), "POST", "/register".to_owned(), new),
            (&patient, "PATCH", "/me".to_owned(), json!({ "name": "Somebody" })),
            (&patient, "POST", "/me/password".to_owned(), json!({ "old_password": "wrong", "new_password": PASSWORD })),
            (&doctor, "PATCH", me.clone(), json!({ "specialty": "Cardiology" })),
            (&doctor, "PUT", format!("{me}/working_hours"), week.clone()),
            (&doctor, "POST", format!("{me}/time_off"), off),
            (
                &patient,
                "POST",
                format!("{me}/book"),
                json!({ "start_date": format!("{}T15:00:00Z", &at[..10]), "duration": 30 }),
            ),
            (&doctor, "POST", format!("{appointment}/reschedule"), json!({ "start_date": later })),
            (&doctor, "POST", format!("{appointment}/cancel"), json!({ "reason": "Ill" })),
            (&admin, "PATCH", "/clinic".to_owned(), json!({ "name": "A clinic", "email": "clinic@example.org" })),
            (&admin, "POST", them.clone(), json!({ "new_password": PASSWORD })),
        ];
        for (actor, method, path, mut body) in attempts {
            sent += 1;
            let object = if body.is_array() { &mut body[0] } else { &mut body };
            if object.get(member).is_some() {
                continue;
            }
            object[member] = value.clone();
            let answer =
                actor.send(method, &path, Some(&body.to_string()), &[("content-type", "application/json")]).await;
            registered += u32::from(path == "/register" && answer.status == 201);
            // A patient or a doctor that the caller may not name is 403 or 404.
            assert!(
                [200, 201, 204, 403, 404, 409, 422, 429].contains(&answer.status),
                "{method} {path} {member}: {answer:?}"
            );
            assert_eq!(
                clinic.rows(types).await,
                ["Admin 1".to_owned(), "Doctor 1".into(), format!("Patient {}", 1 + registered)],
                "{method} {path} {member}"
            );
        }
    }
    let tables = contents(&clinic).await;
    for (table, rows) in &tables {
        assert!(!rows.contains("planted") && !rows.contains("424242"), "{table}: {rows}");
    }
    let changed = format!(
        "SELECT count(*) || '' FROM appointments WHERE patient_id <> {} OR doctor_id <> {} OR status NOT IN ('Booked', 'Cancelled')",
        patient.id, doctor.id
    );
    assert_eq!(clinic.rows(&changed).await, ["0"]);
    assert!(!tables["appointments"].is_empty());
}

#[tokio::test]
async fn rejects_common_passwords_wherever_one_is_set() {
    let common: Vec<_> = include_str!("../../shared/domain/src/common_passwords.txt").lines().collect();
    assert!(common.len() > 3_000 && common.iter().all(|password| password.chars().count() >= 8));
    let (clinic, [admin, _, patient], _) = world().await;
    let newcomer = json!({ "name": "Ada", "email": "ada@example.org", "account_type": "Patient" });
    for password in [common[0], common[common.len() / 2], common[common.len() - 1]] {
        let mut newcomer = newcomer.clone();
        newcomer["password"] = json!(password);
        let refused = [
            clinic.anonymous().post("/register", newcomer).await.pointers("invalid-input"),
            patient
                .post("/me/password", json!({ "old_password": PASSWORD, "new_password": password }))
                .await
                .pointers("invalid-input"),
            admin
                .post(&format!("/accounts/{}/password", patient.id), json!({ "new_password": password }))
                .await
                .pointers("invalid-input"),
        ];
        assert_eq!(refused, [["/password"], ["/new_password"], ["/new_password"]], "{password}");
    }
}

#[tokio::test]
async fn forwarded_headers_do_not_change_source_address() {
    let clinic = Clinic::at(NOW).await;
    let guess = json!({ "email": "nobody@example.org", "password": "a wrong guess" }).to_string();
    let mut statuses = Vec::new();
    for number in 0..=Limits::default().logins_per_email_and_source {
        let source = format!("198.51.100.{number}");
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", source.as_str()),
            ("forwarded", &format!("for={source}")),
            ("x-real-ip", &source),
        ];
        statuses.push(clinic.anonymous().send("POST", "/login", Some(&guess), &headers).await.status);
        clinic.pass(chrono::TimeDelta::seconds(60));
    }
    assert_eq!(statuses.pop(), Some(429), "{statuses:?}");
}
