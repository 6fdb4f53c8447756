//! Unknown members and parameters, and spellings that are not accepted. `permissions.rs` checks that every route refuses
//! unknown ones, for all actors that may use it.

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const JSON: (&str, &str) = ("content-type", "application/json");

/// The pointer and the detail of each violation in a response.
#[track_caller]
fn errors(answer: &Answer) -> Vec<(String, String)> {
    let problem = answer.problem(422, "invalid-input");
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|error| (text(error, "pointer"), text(error, "detail"))).collect()
}

/// Asserts that a response has exactly one violation, with this pointer and detail.
#[track_caller]
fn has_violation(answer: &Answer, pointer: &str, detail: &str) {
    assert_eq!(errors(answer), [(pointer.to_owned(), detail.to_owned())]);
}

/// The detail of a violation that suggests another name.
fn suggests(name: &str) -> String {
    format!("is unknown; the nearest known name is \"{name}\"")
}

#[tokio::test]
async fn suggests_name_for_misspelled_member() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let (me, before) = (patient.get("/me").await.expect(200), clinic.anonymous().get("/clinic").await.expect(200));

    has_violation(
        &admin.patch("/clinic", json!({ "timezone": "Asia/Tokyo" })).await,
        "/timezone",
        &suggests("time_zone"),
    );
    has_violation(&admin.patch("/clinic", json!({ "slotStep": null })).await, "/slotStep", &suggests("slot_step"));
    has_violation(&patient.patch("/me", json!({ "email": "new@example.org" })).await, "/email", "is unknown");
    let path = format!("/doctors/{}", doctor.id);
    has_violation(
        &doctor.patch(&path, json!({ "speciality": "Cardiology" })).await,
        "/speciality",
        &suggests("specialty"),
    );
    let body = json!({ "reasons": "I am ill." });
    has_violation(&doctor.post(&format!("/appointments/{id}/cancel"), body).await, "/reasons", &suggests("reason"));

    // Bookings and reschedules report these together with violations of the booking rules.
    let body = json!({ "start_date": "2030-01-08T11:00:00Z", "durations": 60 });
    let rescheduled = doctor.post(&format!("/appointments/{id}/reschedule"), body).await;
    assert_eq!(rescheduled.pointers("invalid-input"), ["/durations"]);
    assert!(rescheduled.body.contains("the nearest known name is \\\"duration\\\""), "{}", rescheduled.body);
    let booking = json!({ "start_date": "2030-01-08T03:00:00Z", "duration": 30, "Duration": 60, "a/b~": 1 });
    let booked = patient.post(&format!("/doctors/{}/book", doctor.id), booking).await;
    assert_eq!(booked.pointers("invalid-input"), ["/Duration", "/a~1b~0", "/start_date"]);

    let week = json!([{ "weekday": "Mon", "start": "08:00", "end": "12:00" },
                      { "weekday": "Tue", "start": "08:00", "ends": "12:00" }]);
    let path = format!("/doctors/{}/working_hours", doctor.id);
    let week = doctor.send("PUT", &path, Some(&week.to_string()), &[JSON]).await;
    assert_eq!(week.pointers("invalid-input"), ["/1/end", "/1/ends"]);
    assert!(errors(&week).contains(&("/1/ends".to_owned(), suggests("end"))), "{}", week.body);

    // Nothing was changed.
    assert_eq!(patient.get("/me").await.expect(200), me);
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200), before);
    let appointment = patient.get(&format!("/appointments/{id}")).await.expect(200);
    assert_eq!(
        (&appointment["status"], &appointment["start_date"]),
        (&json!("Booked"), &json!("2030-01-08T10:00:00+00:00"))
    );
}

#[tokio::test]
async fn suggests_name_for_misspelled_parameter() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    for (path, pointer, detail) in [
        ("/appointments?state=Booked", "/state", suggests("status")),
        ("/appointments?limit=2&doctor=1", "/doctor", suggests("doctor_id")),
        ("/doctors?specialities=x", "/specialities", suggests("specialty")),
        ("/doctors?page=2", "/page", "is unknown".into()),
        ("/doctors/available?date=2030-01-08&Limit=2", "/Limit", suggests("limit")),
        ("/availability?date=2030-01-08&day=2", "/day", suggests("days")),
        ("/audit?actions=Booked", "/actions", suggests("action")),
        ("/clinic?name=x", "/name", "is unknown: this operation takes no parameters".into()),
    ] {
        has_violation(&admin.get(path).await, pointer, &detail);
        let head = admin.send("HEAD", path, None, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (422, ""));
    }
    // Also for a request with a body, and together with other violations.
    let week = format!("/doctors/{}/working_hours?dry_run=1", doctor.id);
    let week = doctor.send("PUT", &week, Some("[]"), &[JSON]).await;
    has_violation(&week, "/dry_run", "is unknown: this operation takes no parameters");
    assert_eq!(
        admin.get("/appointments?states=x&limit=0&status=x").await.pointers("invalid-input"),
        ["/limit", "/states", "/status"]
    );
}

#[tokio::test]
async fn body_of_dated_get_contains_only_a_date() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let get = async |path: &str, body: &str| admin.send("GET", path, Some(body), &[]).await;
    get("/doctors/available", "{\"date\": \"2030-01-08\"}").await.expect(200);
    has_violation(
        &get("/doctors/available", "{\"date\": \"2030-01-08\", \"dates\": 1}").await,
        "/dates",
        &suggests("date"),
    );
    let limited = get("/doctors/available?date=2030-01-08", "{\"limit\": 1}").await;
    has_violation(&limited, "/limit", "is unknown");
    let other = get("/appointments", "{\"status\": \"Booked\"}").await;
    has_violation(&other, "/status", "is unknown: this operation takes no body");
}

#[tokio::test]
async fn operation_without_body_accepts_only_empty_object() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    clinic.pass(TimeDelta::hours(26));
    let [admin, doctor] = [admin, doctor].map(|mut actor| {
        clinic.renew(&mut actor);
        actor
    });
    let (done, account) = (format!("/appointments/{id}/done"), format!("/accounts/{}/activate", patient.id));
    for (actor, path) in [(&doctor, &done), (&admin, &account)] {
        let send = async |body: &str, content_type: &str| {
            actor.send("POST", path, Some(body), &[("content-type", content_type)]).await
        };
        let rule = "is unknown: this operation takes no body";
        has_violation(&send("{\"reason\": \"x\"}", "application/json").await, "/reason", rule);
        for body in ["[]", "null", "{", "a=b", "{\"a\":1,\"a\":2}"] {
            has_violation(&send(body, "application/x-www-form-urlencoded").await, "", "this operation takes no body");
        }
    }
    assert_eq!(admin.get(&format!("/appointments/{id}")).await.expect(200)["status"], "Booked");
    assert_eq!(admin.get("/accounts?active=false").await.expect(200), json!([]));
    for (actor, path, status) in [(&doctor, &done, 200), (&admin, &account, 204)] {
        assert_eq!(actor.send("POST", path, Some("{}"), &[JSON]).await.status, status);
    }
}

#[tokio::test]
async fn checks_permission_before_type_of_body() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let hours = format!("/doctors/{}/working_hours", doctor.id);
    let many = json!(vec![json!({}); 101]).to_string();
    for (method, path, body, rule) in [
        ("PATCH", "/clinic", "[]", "the body must be a JSON object"),
        ("GET", "/doctors/available?date=2030-01-08", "[]", "the body must be a JSON object"),
        ("PUT", &hours, "{}", "the body must be a JSON array"),
        ("PUT", &hours, &many, "must have at most 100 elements"),
    ] {
        patient.send(method, path, Some(body), &[JSON]).await.problem(403, "forbidden");
        has_violation(&admin.send(method, path, Some(body), &[JSON]).await, "", rule);
    }
}

/// Sends a booking with the given text as its body.
async fn book(patient: &Actor, doctor: &Actor, body: &str) -> Answer {
    patient.send("POST", &format!("/doctors/{}/book", doctor.id), Some(body), &[JSON]).await
}

#[tokio::test]
async fn rejects_object_with_repeated_member() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let time = "\"start_date\": \"2030-01-08T10:00:00Z\"";
    for twice in [
        format!("{{{time}, \"duration\": 30, \"duration\": 60}}"),
        format!("{{{time}, \"duration\": 30, \"duration\": 30}}"),
        format!("{{{time}, \"duration\": 30, \"\\u0064uration\": 60}}"),
        format!("{{{time}, \"duration\": 30, \"other\": {{\"a\": 1, \"a\": 2}}}}"),
        format!("{{{time}, \"duration\": [{{\"a\": 1, \"a\": 2}}]}}"),
    ] {
        let problem = book(&patient, &doctor, &twice).await.problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains(" twice"), "{problem}");
    }
    let week = "[{\"weekday\": \"Mon\", \"weekday\": \"Tue\", \"start\": \"08:00\", \"end\": \"12:00\"}]";
    let put = doctor.send("PUT", &format!("/doctors/{}/working_hours", doctor.id), Some(week), &[JSON]).await;
    put.problem(400, "malformed-request");
    let dates = "{\"date\": \"2030-01-08\", \"date\": \"2030-01-08\"}";
    admin.send("GET", "/doctors/available", Some(dates), &[]).await.problem(400, "malformed-request");
    let login = "{\"email\": \"a\", \"password\": \"x\", \"password\": \"y\"}";
    clinic.anonymous().send("POST", "/login", Some(login), &[JSON]).await.problem(400, "malformed-request");

    assert_eq!(admin.get("/appointments").await.expect(200), json!([]));
    // The same name in two objects is not a duplicate.
    let apart = format!("{{{time}, \"duration\": 30, \"a\": {{\"duration\": 1}}}}");
    assert_eq!(book(&patient, &doctor, &apart).await.pointers("invalid-input"), ["/a"]);
}

#[tokio::test]
async fn accepts_only_one_spelling_of_an_id() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z" });
    let off = doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201)["id"].clone();
    let (d, p) = (doctor.id, patient.id);
    for (method, path) in [
        ("GET", format!("/doctors/0{d}")),
        ("GET", format!("/doctors/00{d}/working_hours")),
        ("GET", format!("/doctors/0{d}/slots?date=2030-01-08")),
        ("GET", format!("/appointments/0{id}")),
        ("POST", format!("/appointments/0{id}/cancel")),
        ("GET", format!("/patients/0{p}/history")),
        ("POST", format!("/accounts/0{p}/deactivate")),
        ("DELETE", format!("/doctors/0{d}/time_off/{off}")),
        ("DELETE", format!("/doctors/{d}/time_off/0{off}")),
    ] {
        admin.send(method, &path, None, &[]).await.problem(404, "not-found");
    }
    let rule = "must be an id: a positive integer without leading zeros";
    for (path, name) in [("/appointments", "doctor_id"), ("/appointments", "patient_id"), ("/audit", "account_id")] {
        admin.get(&format!("{path}?{name}={p}")).await.expect(200);
        has_violation(&admin.get(&format!("{path}?{name}=0{p}")).await, &format!("/{name}"), rule);
    }
}

#[tokio::test]
async fn explains_plus_that_was_decoded_as_space() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let slots = format!("/doctors/{}/slots", doctor.id);
    for (path, name) in
        [(slots.as_str(), "date"), ("/appointments", "date"), ("/appointments", "from"), ("/audit", "to")]
    {
        let get = async |value: &str| admin.get(&format!("{path}?{name}={value}")).await;
        get("2030-01-08T10:00:00%2B02:00").await.expect(200);
        for space in ["+", "%20"] {
            let refused = get(&format!("2030-01-08T10:00:00{space}02:00")).await;
            let [(pointer, detail)] = &errors(&refused)[..] else { panic!("{}", refused.body) };
            assert_eq!(pointer, &format!("/{name}"));
            assert!(detail.ends_with("; write a + in the query as %2B"), "{detail}");
        }
        // No explanation if the value would be invalid even with a plus.
        let refused = get("2030-01-08+10:00").await;
        assert!(!refused.body.contains("%2B"), "{}", refused.body);
    }
    let body = "{\"date\": \"2030-01-08T10:00:00 02:00\"}";
    let refused = admin.send("GET", &slots, Some(body), &[]).await;
    assert!(!refused.body.contains("%2B") && refused.pointers("invalid-input") == ["/date"], "{}", refused.body);
}
