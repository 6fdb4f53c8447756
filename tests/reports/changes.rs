//! The `changes` of an audit entry: `[before, after]` for each member, and only the names of personal members.

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn send(actor: &Actor, method: &str, path: &str, body: Value) -> Answer {
    let answer = actor.send(method, path, Some(&body.to_string()), &[("content-type", "application/json")]).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.body);
    answer
}

/// Returns the newest audit entry.
async fn newest(admin: &Actor) -> Value {
    admin.get("/audit?limit=1").await.expect(200)[0].clone()
}

async fn changes(admin: &Actor, action: &str) -> Value {
    let entry = newest(admin).await;
    assert_eq!(entry["action"], action, "{entry}");
    entry["changes"].clone()
}

#[tokio::test]
async fn policy_change_is_audited_with_old_and_new_numbers() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let before = admin.get("/clinic").await.expect(200);
    let after = json!({
        "name": "Another", "time_zone": "Europe/Berlin", "min_duration": 20, "max_duration": 90,
        "max_appointments_per_day": 7, "max_booked_mins_per_day": 300, "booking_horizon_days": 30, "booking_notice": 60,
        "slot_step": 5,
        "patient_cancel_notice": 60, "patient_reschedule_notice": 30, "max_open_bookings": null,
        "require_verified_email": true, "phone": "030 123 456", "email": "info@clinic.example",
        "address": "Main Street 1\nBerlin", "language": "de", "reminder_minutes": [2880, 60],
        "quiet_hours": { "start": "21:00", "end": "07:30" },
    });
    for (member, value) in after.as_object().unwrap() {
        send(&admin, "PATCH", "/clinic", json!({ member: value })).await;
        assert_eq!(changes(&admin, "policy").await, json!({ member: [before[member], value] }), "{member}");
    }
    // Every member of the policy is audited.
    for member in
        before.as_object().unwrap().keys().filter(|member| !["id", "time_zone_data"].contains(&member.as_str()))
    {
        assert!(after.get(member).is_some(), "{member}");
    }
}

#[tokio::test]
async fn audit_has_working_hours_and_time_off_in_api_format() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let path = format!("/doctors/{}", doctor.id);
    let before = admin.get(&format!("{path}/working_hours")).await.expect(200);
    let week = json!([{ "weekday": "Mon", "start": "08:00", "end": "12:00" }, { "weekday": "Fri", "start": "13:00", "end": "24:00" }]);
    send(&admin, "PUT", &format!("{path}/working_hours"), week.clone()).await;
    assert_eq!(changes(&admin, "working_hours").await, json!({ "working_hours": [before, week] }));
    // A request that changes nothing has no entry.
    send(&admin, "PUT", &format!("{path}/working_hours"), week.clone()).await;
    send(&doctor, "PUT", &format!("{path}/working_hours"), json!([])).await;
    assert_eq!(changes(&admin, "working_hours").await, json!({ "working_hours": [week, []] }));

    let (start, end) = ("2030-02-01T00:00:00+00:00", "2030-02-08T00:00:00+00:00");
    let off = json!({ "start_date": start, "end_date": end, "reason": "Skiing" });
    let created = send(&doctor, "POST", &format!("{path}/time_off"), off).await.json();
    let entry = newest(&admin).await;
    assert_eq!(
        (&entry["action"], &entry["account_id"], &entry["changes"]),
        (&json!("time_off"), &json!(doctor.id), &json!({ "start_date": [null, start], "end_date": [null, end] }))
    );
    let location = format!("{path}/time_off/{}", created["id"]);
    assert_eq!(admin.send("DELETE", &location, None, &[]).await.status, 204);
    let entry = newest(&admin).await;
    assert_eq!(
        (&entry["action"], &entry["actor_id"], &entry["changes"]),
        (&json!("time_off_end"), &json!(admin.id), &json!({ "start_date": [start, null], "end_date": [end, null] }))
    );
    for (action, count) in [("time_off", 1), ("time_off_end", 1), ("working_hours", 2)] {
        let found = admin.get(&format!("/audit?action={action}")).await.expect(200);
        assert_eq!(found.as_array().unwrap().len(), count, "{action}");
    }
    assert!(!admin.get("/audit").await.body.contains("Skiing"));
}

#[tokio::test]
async fn audit_has_times_and_status_and_only_names_the_reason() {
    let clinic = Clinic::at(NOW).await;
    let (mut admin, mut doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let started = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    let booked = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    assert_eq!(changes(&admin, "book").await, Value::Null);
    let path = |id: i64, verb: &str| format!("/appointments/{id}/{verb}");
    let to = |hour: &str| format!("2030-01-08T{hour}:00:00+00:00");
    send(&doctor, "POST", &path(booked, "reschedule"), json!({ "start_date": to("11") })).await;
    assert_eq!(changes(&admin, "reschedule").await, json!({ "start_date": [to("09"), to("11")] }));
    send(&doctor, "POST", &path(booked, "reschedule"), json!({ "start_date": to("11"), "duration": 45 })).await;
    assert_eq!(changes(&admin, "reschedule").await, json!({ "duration": [30, 45] }));
    send(&doctor, "POST", &path(booked, "cancel"), json!({ "reason": "The patient has the flu" })).await;
    assert_eq!(changes(&admin, "cancel").await, json!({ "status": ["Booked", "Cancelled"], "reason": null }));
    clinic.pass(TimeDelta::minutes(90));
    clinic.renew(&mut admin);
    clinic.renew(&mut doctor);
    doctor.send("POST", &path(started, "done"), None, &[]).await.expect(200);
    assert_eq!(changes(&admin, "done").await, json!({ "status": ["Booked", "Done"] }));
    doctor.send("POST", &path(started, "no_show"), None, &[]).await.expect(200);
    assert_eq!(changes(&admin, "no_show").await, json!({ "status": ["Done", "NoShow"] }));
    assert!(!admin.get("/audit").await.body.contains("flu"));
}

#[tokio::test]
async fn audit_names_personal_members_without_values() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    send(&patient, "PATCH", "/me", json!({ "name": "Grace Hopper" })).await;
    assert_eq!(changes(&admin, "profile").await, json!({ "name": null }));
    send(&patient, "PATCH", "/me", json!({ "phone": "+49 30 123456", "language": "ar" })).await;
    assert_eq!(changes(&admin, "profile").await, json!({ "phone": null, "language": null }));
    // A Doctor's profile is public.
    send(&doctor, "PATCH", &format!("/doctors/{}", doctor.id), json!({ "specialty": "Cardiology" })).await;
    assert_eq!(changes(&admin, "profile").await, json!({ "specialty": [null, "Cardiology"] }));
    let path = |verb: &str| format!("/accounts/{}/{verb}", patient.id);
    send(&admin, "POST", &path("password"), json!({ "new_password": "a third long password" })).await;
    assert_eq!(changes(&admin, "password").await, Value::Null);
    send(&admin, "POST", &path("deactivate"), json!({})).await;
    assert_eq!(changes(&admin, "deactivate").await, json!({ "active": [true, false] }));
    admin.send("POST", &path("activate"), None, &[]).await;
    assert_eq!(changes(&admin, "activate").await, json!({ "active": [false, true] }));
    admin.send("POST", &path("erase"), None, &[]).await;
    assert_eq!(
        changes(&admin, "erase").await,
        json!({ "name": null, "phone": null, "language": null, "active": [true, false] })
    );
    let entries = admin.get("/audit?limit=100").await;
    assert!(!entries.body.contains("Hopper") && !entries.body.contains("123456"), "{}", entries.body);
}

#[tokio::test]
async fn audit_entry_has_the_present_names_of_its_actor_and_account() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    send(&doctor, "PATCH", "/me", json!({ "name": "Dr. Who" })).await;
    assert_eq!(newest(&admin).await["actor_name"], "Dr. Who");
    send(&doctor, "PATCH", "/me", json!({ "name": "Dr. Watson" })).await;
    let entries = admin.get(&format!("/audit?actor_id={}", doctor.id)).await.expect(200);
    for entry in entries.as_array().unwrap() {
        assert_eq!(entry["actor_name"], "Dr. Watson", "{entry}");
    }
    send(&admin, "PATCH", &format!("/doctors/{}", doctor.id), json!({ "specialty": "Cardiology" })).await;
    let entry = newest(&admin).await;
    assert_eq!((&entry["account_id"], &entry["account_name"]), (&json!(doctor.id), &json!("Dr. Watson")));
    assert_ne!(entry["actor_name"], "Dr. Watson");
    // An entry about an appointment is about no account.
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let entry = newest(&admin).await;
    assert_eq!((&entry["account_id"], &entry["account_name"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn failed_sign_in_is_audited_with_source_and_account() {
    let clinic = Clinic::at(NOW).await;
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let ada = anyone.post("/register", account).await.expect(201)["id"].clone();
    let other_source = anyone.at("198.51.100.7");
    for (email, account) in
        [("Ada@Example.org", ada.clone()), ("nobody@example.org", Value::Null), ("no email", Value::Null)]
    {
        let guess = json!({ "email": email, "password": "a wrong guess" });
        other_source.post("/login", guess).await.problem(401, "unauthorized");
        let entry = newest(&admin).await;
        assert_eq!((&entry["action"], &entry["account_id"]), (&json!("login_failed"), &account), "{email}");
        assert_eq!((&entry["source"], &entry["actor_id"]), (&json!("198.51.100.7"), &Value::Null), "{email}");
        assert!(entry["request_id"].is_string(), "{entry}");
    }
    // A wrong old password is audited in the same way.
    let signed_in = clinic.login("ada@example.org", PASSWORD).await;
    assert_eq!(newest(&admin).await["source"], Value::Null);
    let change = json!({ "old_password": "wrong", "new_password": "a third long password" });
    assert_eq!(signed_in.post("/me/password", change).await.status, 422);
    let entry = newest(&admin).await;
    assert_eq!((&entry["action"], &entry["account_id"]), (&json!("login_failed"), &ada));
    let entries = admin.get("/audit?action=login_failed").await;
    assert_eq!(entries.expect(200).as_array().unwrap().len(), 4);
    // The text typed as an email may be a password, so it is not stored.
    assert!(!entries.body.contains("nobody") && !entries.body.contains("guess"), "{}", entries.body);
}
