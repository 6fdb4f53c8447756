//! The code of each violation. Clients translate it, and the page of the problem explains it.

use std::collections::BTreeSet;

use rounds_domain::Code;

use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

fn words() -> BTreeSet<String> {
    Code::ALL.iter().map(|code| code.word().to_owned()).collect()
}

/// Sends an invalid request. Returns the pointer and the code of each violation.
async fn codes(actor: &Actor, route: &str, body: Value) -> Vec<(String, String)> {
    let (method, path) = route.split_once(' ').unwrap();
    let body = (!body.is_null()).then(|| body.to_string());
    let answer = actor.send(method, path, body.as_deref(), &[("content-type", "application/json")]).await;
    assert_eq!(answer.status, 422, "{route}: {}", answer.body);
    let text = |error: &Value, member: &str| error[member].as_str().unwrap().to_owned();
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}

#[tokio::test]
async fn every_code_occurs_in_a_response() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, other) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (patient, anyone) = (clinic.patient().await, clinic.anonymous());
    let off = json!({ "start_date": "2030-01-10T00:00:00Z", "end_date": "2030-01-11T00:00:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
    let closure =
        json!({ "start_date": "2030-01-11T00:00:00Z", "end_date": "2030-01-12T00:00:00Z", "name": "Holiday" });
    admin.post("/closures", closure).await.expect(201);
    let appointment = patient.book(&other, "2030-01-08T10:00:00Z", 30).await;
    let inactive = clinic.doctor().await;
    admin.send("POST", &format!("/accounts/{}/deactivate", inactive.id), None, &[]).await;

    let account = |member: &str, value: &str| {
        let mut account =
            json!({ "name": "Ada", "email": "a@example.org", "password": "long enough", "account_type": "Patient" });
        account[member] = value.into();
        account
    };
    let book = |doctor: &Actor| format!("POST /doctors/{}/book", doctor.id);
    let at = |start: &str, duration: i64| json!({ "start_date": start, "duration": duration });
    let hours = |start: &str, end: &str| json!({ "weekday": "Mon", "start": start, "end": end });
    let week = format!("PUT /doctors/{}/working_hours", doctor.id);
    let wrong = json!({ "old_password": "not the one", "new_password": "long enough" });
    let backwards = json!({ "start_date": "2030-02-02T00:00:00Z", "end_date": "2030-02-01T00:00:00Z" });
    let moving = format!("GET /doctors/{}/availability?date=2030-01-08&moving={appointment}", doctor.id);
    let policy = json!({ "patient_reschedule_notice": 0, "booking_notice": 60 });
    admin.patch("/clinic", policy).await.expect(200);
    let r#type = json!({ "name": "Review", "duration": 20, "bookable_by": "Staff" });
    let r#type = admin.post("/appointment_types", r#type).await.expect(201)["id"].as_i64().unwrap();
    let of_type = |r#type: i64| json!({ "start_date": "2030-01-08T09:00:00Z", "type_id": r#type });
    let by_desk = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "start_date": "2030-01-08T09:00:00Z",
        "type_id": r#type, "duration": 30 });
    let guardian = format!("PUT /patients/{}/guardians/{}", patient.id, patient.id);
    let merge = format!("POST /patients/{}/merge", patient.id);
    let cases = [
        (&patient, "POST /me/password".into(), json!({ "old_password": "x" }), "/new_password", "required"),
        (&patient, "PATCH /me".into(), json!({ "name": null }), "/name", "null"),
        (&patient, "PATCH /me".into(), json!({ "nickname": "A" }), "/nickname", "unknown"),
        (&anyone, "GET /doctors?x=1".into(), Value::Null, "/x", "unknown"),
        (&anyone, "GET /doctors?q=a&q=b".into(), Value::Null, "/q", "repeated"),
        (&patient, "PATCH /me".into(), json!({ "name": 7 }), "/name", "wrong_type"),
        (&patient, "PATCH /me".into(), json!([]), "", "wrong_type"),
        (&anyone, "GET /doctors?limit=0".into(), Value::Null, "/limit", "out_of_range"),
        (&patient, "GET /appointments?status=Gone".into(), Value::Null, "/status", "not_allowed"),
        (&patient, "PATCH /me".into(), json!({ "name": " " }), "/name", "too_short"),
        (&patient, "PATCH /me".into(), json!({ "name": "x".repeat(101) }), "/name", "too_long"),
        (&patient, "PATCH /me".into(), json!({ "name": "a\u{7}b" }), "/name", "character"),
        (&anyone, "POST /register".into(), account("email", "ada"), "/email", "not_an_email"),
        (&anyone, "POST /register".into(), account("password", "12345678"), "/password", "common_password"),
        (&anyone, "POST /register".into(), account("password", "1234"), "/password", "too_short"),
        (&anyone, "POST /register".into(), account("specialty", "Cardiology"), "/specialty", "doctors_only"),
        (&patient, "POST /me/password".into(), wrong, "/old_password", "wrong_password"),
        (&patient, "GET /appointments?doctor_id=x".into(), Value::Null, "/doctor_id", "not_an_id"),
        (&patient, "GET /appointments?from=soon".into(), Value::Null, "/from", "not_a_date"),
        (&anyone, "GET /doctors?after=x".into(), Value::Null, "/after", "not_a_cursor"),
        (&admin, "PATCH /clinic".into(), json!({ "time_zone": "Mars" }), "/time_zone", "not_a_time_zone"),
        (&patient, "PATCH /me".into(), json!({ "phone": "555" }), "/phone", "not_a_phone_number"),
        (&patient, "PATCH /me".into(), json!({ "language": "en_GB" }), "/language", "not_a_language"),
        (
            &admin,
            "PATCH /clinic".into(),
            json!({ "min_duration": 60, "max_duration": 30 }),
            "/min_duration",
            "minimum_over_maximum",
        ),
        // Compared with the minimum in the database.
        (&admin, "PATCH /clinic".into(), json!({ "max_duration": 10 }), "/max_duration", "minimum_over_maximum"),
        (&doctor, week.clone(), json!([hours("8:00", "12:00")]), "/0/start", "not_a_time_of_day"),
        (&doctor, week, json!([hours("08:00", "12:00"), hours("11:00", "13:00")]), "/1", "overlaps"),
        (&doctor, format!("POST /doctors/{}/time_off", doctor.id), backwards, "/end_date", "not_after_start"),
        (&patient, moving, Value::Null, "/moving", "other_doctor"),
        (&patient, "PATCH /me".into(), json!({ "birth_date": "2099-01-01" }), "/birth_date", "not_a_birth_date"),
        (&patient, book(&doctor), at("2030-01-07T08:30:00Z", 30), "/start_date", "booking_notice"),
        (&patient, book(&doctor), of_type(r#type), "/type_id", "type_not_bookable"),
        (&patient, book(&doctor), of_type(999_999), "/type_id", "unknown_type"),
        (&admin, "POST /appointments".into(), by_desk, "/duration", "duration_of_type"),
        (&admin, guardian, Value::Null, "/account_id", "own_guardian"),
        (&admin, merge, json!({ "into": patient.id }), "/into", "same_patient"),
        (&patient, book(&doctor), at("soon", 30), "/start_date", "not_a_timestamp"),
        (&patient, book(&doctor), at("2030-01-08T09:00:30Z", 30), "/start_date", "not_on_a_minute"),
        (&patient, book(&doctor), at("2030-01-06T09:00:00Z", 30), "/start_date", "in_the_past"),
        (&patient, book(&doctor), at("2032-01-08T09:00:00Z", 30), "/start_date", "too_far_ahead"),
        (&patient, book(&doctor), at("2030-01-08T09:00:00Z", 5), "/duration", "duration_not_allowed"),
        (&patient, book(&doctor), at("2030-01-08T03:00:00Z", 30), "/start_date", "outside_working_hours"),
        (&patient, book(&doctor), at("2030-01-10T09:00:00Z", 30), "/start_date", "during_time_off"),
        (&patient, book(&doctor), at("2030-01-11T09:00:00Z", 30), "/start_date", "during_closure"),
        (&patient, book(&inactive), at("2030-01-08T09:00:00Z", 30), "", "doctor_not_active"),
    ];
    let mut seen = BTreeSet::new();
    for (actor, route, body, pointer, code) in cases {
        let violations = codes(actor, &route, body.clone()).await;
        assert_eq!(violations, [(pointer.to_owned(), code.to_owned())], "{route} {body}");
        seen.insert(code.to_owned());
    }
    assert_eq!(seen, words());
}

#[tokio::test]
async fn every_code_has_explanation() {
    let clinic = Clinic::shared().await;
    for problem in ["invalid-input", "invalid-booking"] {
        let page = clinic.anonymous().get(&format!("/problems/{problem}")).await;
        assert!(Code::ALL.iter().all(|code| page.body.contains(&format!("<code>{}</code>", code.word()))), "{problem}");
    }
}
