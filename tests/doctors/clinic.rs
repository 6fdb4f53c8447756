use chrono::TimeDelta;
use rounds_data::Database;

use crate::support::{Actor, Answer, Clinic, TestDatabase, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn patch(actor: &Actor, body: Value) -> Answer {
    actor.send("PATCH", "/clinic", Some(&body.to_string()), &[("content-type", "application/json")]).await
}

#[tokio::test]
async fn anyone_can_read_the_clinic() {
    let clinic = Clinic::at(NOW).await;
    let mut shown = clinic.anonymous().get("/clinic").await.expect(200);
    assert!(shown["name"].take().is_string());
    let id = shown["id"].take();
    assert!(
        id.as_str().unwrap().len() == 32 && id != Clinic::at(NOW).await.anonymous().get("/clinic").await.json()["id"]
    );
    assert_eq!(shown["time_zone_data"].take(), rounds_domain::TIME_ZONE_DATA);
    let expected = json!({
        "id": null, "name": null, "time_zone": "UTC", "time_zone_data": null, "min_duration": 15, "max_duration": 120, "max_appointments_per_day": 12,
        "max_booked_mins_per_day": 480, "booking_horizon_days": 365, "booking_notice": 0, "slot_step": 15, "patient_cancel_notice": null,
        "patient_reschedule_notice": null, "max_open_bookings": 10, "require_verified_email": false, "phone": null,
        "email": null, "address": null, "language": "en", "reminder_minutes": [1440], "quiet_hours": null,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn only_admins_can_change_the_clinic() {
    let clinic = Clinic::at(NOW).await;
    let before = clinic.anonymous().get("/clinic").await.expect(200);
    for actor in [clinic.doctor().await, clinic.patient().await] {
        patch(&actor, json!({ "slot_step": 10 })).await.problem(403, "forbidden");
    }
    patch(&clinic.anonymous(), json!({ "slot_step": 10 })).await.problem(401, "unauthorized");
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200), before);

    let changed = patch(&clinic.admin().await, json!({ "slot_step": 10, "name": "Lakeside" })).await.expect(200);
    let mut expected = before;
    expected["slot_step"] = json!(10);
    expected["name"] = json!("Lakeside");
    assert_eq!(changed, expected);
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200), expected);
}

#[tokio::test]
async fn changed_durations_and_horizon_apply_to_the_next_booking() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let change = json!({ "min_duration": 20, "max_duration": 150, "booking_horizon_days": 10 });
    patch(&admin, change).await.expect(200);

    for duration in [19, 151] {
        let answer = patient.try_book(&doctor, "2030-01-08T10:00:00Z", duration).await;
        assert_eq!(answer.pointers("invalid-booking"), ["/duration"]);
    }
    let late = patient.try_book(&doctor, "2030-01-17T08:01:00Z", 30).await;
    assert_eq!(late.pointers("invalid-booking"), ["/start_date"]);
    patient.book(&doctor, "2030-01-08T08:00:00Z", 20).await;
    patient.book(&doctor, "2030-01-08T10:00:00Z", 150).await;
    patient.book(&doctor, "2030-01-17T08:00:00Z", 30).await;
}

#[tokio::test]
async fn changed_limits_apply_to_the_next_booking() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;

    for low in [json!({ "max_appointments_per_day": 1 }), json!({ "max_appointments_per_day": 2 })] {
        patch(&admin, low).await.expect(200);
        patient.try_book(&doctor, "2030-01-08T12:00:00Z", 30).await.problem(409, "doctor-day-full");
    }
    patch(&admin, json!({ "max_appointments_per_day": 12, "max_booked_mins_per_day": 80 })).await.expect(200);
    patient.try_book(&doctor, "2030-01-08T12:00:00Z", 30).await.problem(409, "doctor-day-full");
    for id in [first, second] {
        assert_eq!(doctor.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Booked");
    }
    patient.book(&doctor, "2030-01-08T12:00:00Z", 20).await;
}

#[tokio::test]
async fn all_violations_of_a_change_are_named_at_once() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let before = admin.get("/clinic").await.expect(200);
    let numbers = ["max_appointments_per_day", "max_booked_mins_per_day", "max_duration", "min_duration", "slot_step"];

    for wrong in [json!(-1), json!("15"), json!(1.5), json!(true), json!([15])] {
        let mut body = json!({ "time_zone": "Mars/Olympus", "booking_horizon_days": 0, "name": 5 });
        numbers.iter().for_each(|name| body[*name] = wrong.clone());
        body["patient_cancel_notice"] = wrong.clone();
        body["patient_reschedule_notice"] = wrong;
        let mut pointers: Vec<_> = body.as_object().unwrap().keys().map(|name| format!("/{name}")).collect();
        pointers.sort();
        assert_eq!(patch(&admin, body).await.pointers("invalid-input"), pointers);
    }
    assert_eq!(admin.get("/clinic").await.expect(200), before);
}

#[tokio::test]
async fn min_duration_cannot_exceed_max_duration() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    for (body, pointer) in [
        (json!({ "min_duration": 60, "max_duration": 30 }), "/min_duration"),
        (json!({ "min_duration": 121 }), "/min_duration"),
        (json!({ "max_duration": 14 }), "/max_duration"),
    ] {
        assert_eq!(patch(&admin, body).await.pointers("invalid-input"), [pointer]);
    }
    let changed = patch(&admin, json!({ "min_duration": 120 })).await.expect(200);
    assert_eq!((&changed["min_duration"], &changed["max_duration"]), (&json!(120), &json!(120)));
}

#[tokio::test]
async fn patient_cancel_notice_can_be_set_kept_and_removed() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let first = patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    let second = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;

    patch(&admin, json!({ "patient_cancel_notice": 60 })).await.expect(200);
    assert_eq!(patch(&admin, json!({ "slot_step": 30 })).await.expect(200)["patient_cancel_notice"], 60);
    patient.cancel(first).await.expect(200);
    let removed = patch(&admin, json!({ "patient_cancel_notice": null })).await.expect(200);
    assert_eq!(removed["patient_cancel_notice"], Value::Null);
    patient.cancel(second).await.problem(403, "forbidden");
}

/// Each setting is kept when another one changes, and `null` removes those that can be missing.
#[tokio::test]
async fn settings_of_messages_can_be_set_kept_and_removed() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let before = admin.get("/clinic").await.expect(200);
    let settings = json!({
        "phone": " 030 123 456, Mon–Fri ", "email": "Info@clinic.example", "address": "Main Street 1\nBerlin",
        "language": "de-ch", "reminder_minutes": [120, 2880, 5], "quiet_hours": { "start": "21:00", "end": "07:30" },
        "patient_reschedule_notice": 90, "require_verified_email": true,
    });
    let mut expected = before.clone();
    for (member, value) in settings.as_object().unwrap() {
        expected[member] = value.clone();
        match member.as_str() {
            "phone" => expected["phone"] = json!("030 123 456, Mon–Fri"),
            "language" => expected["language"] = json!("de-CH"),
            _ => {}
        }
        assert_eq!(patch(&admin, json!({ member: value })).await.expect(200), expected, "{member}");
    }
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200), expected);

    for member in ["phone", "email", "address", "quiet_hours", "patient_reschedule_notice"] {
        expected[member] = Value::Null;
        assert_eq!(patch(&admin, json!({ member: null })).await.expect(200), expected, "{member}");
    }
    let rest = json!({ "language": "en", "reminder_minutes": [1440], "require_verified_email": false });
    assert_eq!(patch(&admin, rest).await.expect(200), before);
    assert_eq!(patch(&admin, json!({ "reminder_minutes": [] })).await.expect(200)["reminder_minutes"], json!([]));
}

#[tokio::test]
async fn invalid_settings_of_messages_are_refused_with_a_code() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let before = admin.get("/clinic").await.expect(200);
    let quiet = |start: &str, end: &str| json!({ "start": start, "end": end });
    for (member, value, pointer, code) in [
        ("phone", json!("1".repeat(51)), "/phone", "too_long"),
        ("phone", json!("\u{200B}"), "/phone", "too_short"),
        ("phone", json!("030\n123"), "/phone", "character"),
        ("phone", json!(30), "/phone", "wrong_type"),
        ("email", json!("clinic"), "/email", "not_an_email"),
        ("address", json!("x".repeat(501)), "/address", "too_long"),
        ("language", json!("deutsch sprache"), "/language", "not_a_language"),
        ("language", Value::Null, "/language", "null"),
        ("require_verified_email", json!(1), "/require_verified_email", "wrong_type"),
        ("require_verified_email", Value::Null, "/require_verified_email", "null"),
        ("reminder_minutes", Value::Null, "/reminder_minutes", "null"),
        ("reminder_minutes", json!(60), "/reminder_minutes", "wrong_type"),
        ("reminder_minutes", json!([5, 10, 15, 20]), "/reminder_minutes", "too_long"),
        ("reminder_minutes", json!([60, 4]), "/reminder_minutes/1", "out_of_range"),
        ("reminder_minutes", json!([43_201]), "/reminder_minutes/0", "out_of_range"),
        ("reminder_minutes", json!([60, "5", 7]), "/reminder_minutes/1", "wrong_type"),
        ("reminder_minutes", json!([60, 90, 60]), "/reminder_minutes/2", "repeated"),
        ("quiet_hours", json!("21:00"), "/quiet_hours", "wrong_type"),
        ("quiet_hours", json!({ "start": "21:00" }), "/quiet_hours/end", "required"),
        ("quiet_hours", quiet("21:00", "24:00"), "/quiet_hours/end", "not_a_time_of_day"),
        ("quiet_hours", quiet("9:00", "10:00"), "/quiet_hours/start", "not_a_time_of_day"),
        ("quiet_hours", quiet("21:00", "21:00"), "/quiet_hours/end", "not_allowed"),
        ("patient_reschedule_notice", json!(525_601), "/patient_reschedule_notice", "out_of_range"),
    ] {
        let problem = patch(&admin, json!({ member: value })).await.problem(422, "invalid-input");
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!((errors.len(), &errors[0]["pointer"], &errors[0]["code"]), (1, &json!(pointer), &json!(code)));
    }
    let unknown = json!({ "quiet_hours": { "start": "21:00", "end": "07:00", "ends": 5 }, "phones": "1" });
    assert_eq!(patch(&admin, unknown).await.pointers("invalid-input"), ["/phones", "/quiet_hours/ends"]);
    assert_eq!(admin.get("/clinic").await.expect(200), before);
}

#[tokio::test]
async fn changed_time_zone_keeps_the_booked_times() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;

    patch(&admin, json!({ "time_zone": "Asia/Tokyo" })).await.expect(200);
    let shown = patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(shown["start_date"], "2030-01-08T17:00:00+09:00");
    let outside = patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    assert_eq!(outside.pointers("invalid-booking"), ["/start_date"]);
    patient.book(&doctor, "2030-01-09T08:00:00+09:00", 30).await;
}

/// A release of the IANA time zone database is a year and a letter.
#[test]
fn release_of_the_zone_data_is_a_year_and_a_letter() {
    let (year, letter) = rounds_domain::TIME_ZONE_DATA.split_at(4);
    assert!(year.parse::<u32>().is_ok_and(|year| year >= 2025), "{year}");
    assert!(letter.len() == 1 && letter.bytes().all(|letter| letter.is_ascii_lowercase()), "{letter}");
}

/// Returns `moved` and `outside_hours` of the response to a change, or neither.
async fn affected(admin: &Actor, body: Value) -> Option<(i64, i64)> {
    let changed = patch(admin, body).await.expect(200);
    let number = |member: &str| changed.get(member).map(|number| number.as_i64().unwrap());
    assert_eq!(number("moved").is_some(), number("outside_hours").is_some(), "{changed}");
    number("moved").zip(number("outside_hours"))
}

#[tokio::test]
async fn changed_time_zone_reports_affected_appointments() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, other) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, friend) = (clinic.patient().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-07T08:15:00Z", 30).await;
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    patient.book(&doctor, "2030-01-08T17:15:00Z", 45).await;
    friend.book(&other, "2030-01-08T16:30:00Z", 60).await;
    friend.book(&other, "2030-07-08T17:30:00Z", 30).await;
    let cancelled = patient.book(&other, "2030-01-09T17:30:00Z", 30).await;
    other.cancel(cancelled).await.expect(200);
    // The first appointment has started.
    clinic.pass(TimeDelta::minutes(45));

    // London uses UTC in winter.
    assert_eq!(affected(&admin, json!({ "time_zone": "Europe/London" })).await, Some((1, 1)));
    assert_eq!(affected(&admin, json!({ "time_zone": "Europe/London" })).await, None, "the time zone is the same");
    assert_eq!(affected(&admin, json!({ "slot_step": 30 })).await, None);
    assert_eq!(affected(&admin, json!({ "time_zone": "Europe/Berlin", "slot_step": 15 })).await, Some((4, 3)));
    assert_eq!(affected(&admin, json!({ "time_zone": "Asia/Tokyo" })).await, Some((4, 3)));
    assert_eq!(affected(&admin, json!({ "time_zone": "UTC" })).await, Some((4, 0)));
    // The working hours of each doctor count.
    let late = json!([{ "weekday": "Tue", "start": "17:00", "end": "24:00" }]);
    let hours = format!("/doctors/{}/working_hours", other.id);
    other.send("PUT", &hours, Some(&late.to_string()), &[("content-type", "application/json")]).await.expect(200);
    assert_eq!(affected(&admin, json!({ "time_zone": "Europe/Berlin" })).await, Some((4, 2)));
    // A refused change does not contain them.
    assert_eq!(
        patch(&admin, json!({ "time_zone": "UTC", "slot_step": 0 })).await.pointers("invalid-input"),
        ["/slot_step"]
    );
    assert_eq!(admin.get("/clinic").await.expect(200)["time_zone"], "Europe/Berlin");
}

#[tokio::test]
async fn affected_appointments_compare_with_the_previous_time_zone() {
    let database = TestDatabase::file();
    let url = database.url();
    let clinic = Clinic::over(database, &url, NOW).await;
    let other_instance = Clinic::of(Database::at(&url).unwrap(), NOW);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let (first, second) = (clinic.admin().await, other_instance.separate_admin().await);
    patient.book(&doctor, "2030-01-08T17:00:00Z", 60).await;
    // Both instances cache the time zone, and one is not notified when the other changes it.
    for admin in [&first, &second] {
        assert_eq!(affected(admin, json!({ "time_zone": "UTC" })).await, None);
    }
    assert_eq!(affected(&first, json!({ "time_zone": "Europe/Berlin" })).await, Some((1, 1)));
    assert_eq!(affected(&second, json!({ "time_zone": "UTC" })).await, Some((1, 0)));
    assert_eq!(affected(&first, json!({ "time_zone": "Europe/Berlin" })).await, Some((1, 1)));
    assert_eq!(affected(&second, json!({ "time_zone": "Europe/Berlin" })).await, None);
}
