//! Lost answers, and requests that arrive late or twice: a change is made once or not at all, and later acknowledged
//! changes stay.

use std::time::Duration;

use rounds_data::Database;

use crate::support::{Actor, Answer, Clinic, Proxy, TestDatabase, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const NINE: &str = "2030-01-08T09:00:00Z";

/// Returns a clinic in this process that reaches its server through a proxy.
async fn behind_a_proxy() -> (Clinic, Proxy) {
    let server = TestDatabase::server();
    let proxy = Proxy::start(&server.url()).await;
    (Clinic::over(server, &proxy.url(), NOW).await, proxy)
}

async fn send(actor: &Actor, route: &str, body: Value) -> Answer {
    let (method, path) = route.split_once(' ').unwrap();
    actor.send(method, path, Some(&body.to_string()), &[("content-type", "application/json")]).await
}

/// Changes an appointment with `If-Match`.
async fn change(actor: &Actor, path: &str, body: Value, version: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", version)];
    actor.send("POST", path, Some(&body.to_string()), &headers).await
}

#[tokio::test]
async fn write_with_a_lost_answer_is_made_once_and_confirmed() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}", doctor.id);
    let at = |time: &str| json!({ "start_date": format!("2030-01-08T{time}:00Z"), "duration": 30 });

    proxy.lose(1);
    let booked = patient.post(&format!("{path}/book"), at("09:00")).await.expect(201);
    let appointments = admin.get("/appointments").await.expect(200);
    assert_eq!(appointments.as_array().unwrap().len(), 1);
    assert_eq!(appointments[0]["id"], booked);

    let appointment = format!("/appointments/{booked}");
    let if_match = |version: &'static str| [("content-type", "application/json"), ("if-match", version)];
    let to_ten = at("10:00").to_string();
    proxy.lose(1);
    let rescheduled =
        doctor.send("POST", &format!("{appointment}/reschedule"), Some(&to_ten), &if_match("\"1\"")).await;
    assert_eq!(
        (rescheduled.expect(200)["start_date"].as_str(), rescheduled.version()),
        (Some("2030-01-08T10:00:00+00:00"), 2)
    );
    proxy.lose(1);
    let cancelled = doctor.send("POST", &format!("{appointment}/cancel"), Some("{}"), &if_match("\"2\"")).await;
    assert_eq!((cancelled.expect(200)["status"].as_str(), cancelled.version()), (Some("Cancelled"), 3));

    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    proxy.lose(1);
    let created = doctor.post(&format!("{path}/time_off"), off).await.expect(201);
    let listed = doctor.get(&format!("{path}/time_off")).await.expect(200);
    assert_eq!(listed, json!([created]));
    proxy.lose(1);
    let deleted = doctor.send("DELETE", &format!("{path}/time_off/{}", created["id"]), None, &[]).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);

    proxy.lose(1);
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    clinic.anonymous().post("/register", account.clone()).await.expect(201);
    clinic.anonymous().post("/register", account).await.problem(409, "email-taken");
    let json_body = [("content-type", "application/json")];
    for (path, body) in
        [("/clinic".to_owned(), json!({ "name": "Moved" })), (path.clone(), json!({ "details": "Back" }))]
    {
        proxy.lose(1);
        admin.send("PATCH", &path, Some(&body.to_string()), &json_body).await.expect(200);
    }
    proxy.lose(1);
    admin.send("PUT", &format!("{path}/working_hours"), Some("[]"), &json_body).await.expect(200);
}

#[tokio::test]
async fn refused_booking_with_a_lost_answer_is_still_refused() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    other.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    proxy.lose(1);
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    let id = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    patient.try_book(&doctor, "2030-01-08T10:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.get(&format!("/appointments/{id}")).await.expect(200);
}

#[tokio::test]
async fn change_with_unknown_outcome_is_503_unconfirmed() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    // The calendar is cached, so the next request is the booking.
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    proxy.lose_and_refuse(10);
    for time in ["2030-01-08T09:00:00Z", "2030-01-08T11:00:00Z"] {
        let unconfirmed = patient.try_book(&doctor, time, 30).await;
        unconfirmed.problem(503, "unconfirmed");
        assert!(unconfirmed.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    proxy.lose_and_refuse(0);
    proxy.lose(0);
    // The first booking was made, although its response was 503. The second request never reached the database.
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
}

#[tokio::test]
async fn reads_are_retried_on_new_connections() {
    let (clinic, proxy) = behind_a_proxy().await;
    let patient = clinic.patient().await;
    proxy.lose(1);
    patient.get("/appointments").await.expect(200);
    proxy.cut();
    patient.get("/appointments").await.expect(200);
    proxy.cut();
    clinic.doctor().await;
}

#[tokio::test]
async fn write_delivered_late_and_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}", doctor.id);
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    // The order at the database is: the lookup (which cancels the change), the late first attempt, the second attempt.
    // The late first attempt must change nothing.
    let late = || proxy.delay([Duration::from_millis(2300), Duration::ZERO, Duration::from_millis(700)]);

    late();
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    late();
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    let created = doctor.post(&format!("{path}/time_off"), off).await.expect(201);
    assert_eq!(doctor.get(&format!("{path}/time_off")).await.expect(200), json!([created]));
    late();
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    let times = patient.get(&format!("{path}/slots?date=2030-01-08")).await.expect(200);
    assert_eq!(times.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn refused_booking_is_not_made_by_a_late_first_attempt() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let blocking = other.book(&doctor, NINE, 30).await;
    let late = proxy.hold_after(0);
    patient.try_book(&doctor, NINE, 30).await.problem(409, "doctor-busy");
    doctor.cancel(blocking).await.expect(200);
    late.deliver().await;
    assert_eq!(patient.get("/appointments").await.expect(200), json!([]));
    other.book(&doctor, NINE, 30).await;
}

#[tokio::test]
async fn late_request_does_not_undo_acknowledged_changes() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (mut admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-07T09:00:00Z", 30).await;
    let (appointment, profile) = (format!("/appointments/{booked}"), format!("/doctors/{}", doctor.id));
    let (done, no_show) = (format!("POST {appointment}/done"), format!("POST {appointment}/no_show"));
    let reschedule = format!("POST {appointment}/reschedule");
    let (patch, put) = (format!("PATCH {profile}"), format!("PUT {profile}/working_hours"));
    let week = |end: &str| json!([{ "weekday": "Mon", "start": "08:00", "end": end }]);
    let at = |minute: &str| json!({ "start_date": format!("2030-01-07T09:{minute}:00Z") });
    let hours = format!("{profile}/working_hours");
    let changes = [
        ("PATCH /clinic", json!({ "name": "First" }), "PATCH /clinic", json!({ "name": "Second" }), "/clinic"),
        (&patch, json!({ "details": "First" }), &patch, json!({ "details": "Second" }), &profile),
        (&put, week("12:00"), &put, week("13:00"), &hours),
        (&reschedule, at("10"), &reschedule, at("20"), &appointment),
        (&done, json!({}), &no_show, json!({}), &appointment),
    ];
    let mut undone = Vec::new();
    for (first, body, second, then, read) in changes {
        if first == done {
            clinic.pass(chrono::TimeDelta::minutes(90));
            clinic.renew(&mut admin);
        }
        let late = proxy.hold_after(0);
        assert_eq!(send(&admin, first, body).await.status, 200, "{first}");
        assert_eq!(send(&admin, second, then).await.status, 200, "{second}");
        let acknowledged = admin.get(read).await.expect(200);
        late.deliver().await;
        if admin.get(read).await.expect(200) != acknowledged {
            undone.push(first);
        }
    }
    assert!(undone.is_empty(), "{undone:?}");
}

#[tokio::test]
async fn late_request_does_not_delete_time_off() {
    let (clinic, proxy) = behind_a_proxy().await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    let first = doctor.post(&path, off.clone()).await.expect(201);
    let late = proxy.hold_after(0);
    let deleted = doctor.send("DELETE", &format!("{path}/{}", first["id"]), None, &[]).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let second = doctor.post(&path, off).await.expect(201);
    late.deliver().await;
    assert_eq!(doctor.get(&path).await.expect(200), json!([second]));
    assert_ne!(first["id"], second["id"], "an id is never used again");
}

#[tokio::test]
async fn booking_delivered_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    proxy.duplicate(u32::MAX);
    let booked = patient.book(&doctor, NINE, 30).await;
    let body = json!({ "start_date": "2030-01-08T10:00:00Z", "duration": 30 }).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let path = format!("/doctors/{}/book", doctor.id);
    let with_a_key = patient.send("POST", &path, Some(&body), &headers).await;
    assert_eq!((with_a_key.status, with_a_key.header("idempotency-replayed")), (201, ""), "{}", with_a_key.body);
    let appointments = patient.get("/appointments").await.expect(200);
    assert_eq!((&appointments[0]["id"], &appointments[1]["id"]), (&json!(booked), &with_a_key.json()));
    patient.try_book(&doctor, NINE, 30).await.problem(409, "doctor-busy");
}

#[tokio::test]
async fn appointment_change_delivered_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (mut doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let mut answers = Vec::new();
    for (minute, action) in [("10", "done"), ("30", "reschedule"), ("50", "cancel")] {
        let booked = patient.book(&doctor, &format!("2030-01-07T08:{minute}:00Z"), 15).await;
        if action == "done" {
            clinic.pass(chrono::TimeDelta::minutes(15));
            clinic.renew(&mut doctor);
        }
        proxy.duplicate(u32::MAX);
        let later = if action == "reschedule" { json!({ "start_date": "2030-01-08T10:00:00Z" }) } else { json!({}) };
        let answer = change(&doctor, &format!("/appointments/{booked}/{action}"), later, "\"1\"").await;
        proxy.duplicate(0);
        answers.push((action, answer.status, answer.version()));
    }
    let made = |action| (action, 200, 2);
    assert_eq!(answers, ["done", "reschedule", "cancel"].map(made));
}

#[tokio::test]
async fn time_off_change_delivered_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let doctor = clinic.doctor().await;
    let path = format!("/doctors/{}/time_off", doctor.id);
    let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    let earlier = doctor.post(&path, off.clone()).await.expect(201);
    proxy.duplicate(u32::MAX);
    let created = doctor.post(&path, off).await;
    let deleted = doctor.send("DELETE", &format!("{path}/{}", earlier["id"]), None, &[]).await;
    assert_eq!((created.status, deleted.status), (201, 204), "{} {}", created.body, deleted.body);
    assert_eq!(doctor.get(&path).await.expect(200), json!([created.json()]));
}

#[tokio::test]
async fn registration_delivered_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    proxy.duplicate(u32::MAX);
    clinic.anonymous().post("/register", account.clone()).await.expect(201);
    clinic.anonymous().post("/register", account).await.problem(409, "email-taken");
}

#[tokio::test]
async fn settings_change_delivered_twice_is_made_once() {
    let (clinic, proxy) = behind_a_proxy().await;
    let (admin, doctor) = (clinic.admin().await, clinic.doctor().await);
    let path = format!("/doctors/{}", doctor.id);
    proxy.duplicate(u32::MAX);
    let changed = send(&admin, "PATCH /clinic", json!({ "time_zone": "Europe/Berlin" })).await.expect(200);
    assert_eq!(changed["time_zone"], "Europe/Berlin");
    let changed = send(&doctor, &format!("PATCH {path}"), json!({ "details": "Back" })).await.expect(200);
    assert_eq!(changed["details"], "Back");
    send(&doctor, &format!("PUT {path}/working_hours"), json!([])).await.expect(200);
}

#[tokio::test]
async fn change_with_a_lost_answer_does_not_overwrite_a_later_change() {
    let server = TestDatabase::server();
    let proxy = Proxy::start(&server.url()).await;
    // Another instance, which does not wait for the first.
    let direct = Clinic::of(Database::at(&server.url()).unwrap(), NOW);
    let clinic = Clinic::over(server, &proxy.url(), NOW).await;
    let (admin, doctor, patient) = (direct.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, NINE, 30).await;
    let path = format!("/appointments/{booked}/reschedule");
    let at = |time: &str| json!({ "start_date": format!("2030-01-08T{time}:00Z") });
    // The answer is lost. Before the outcome is looked up, the appointment is rescheduled again.
    proxy.lose(1);
    let mut lookup = proxy.hold_after(1);
    let (rescheduled, ()) = tokio::join!(doctor.post(&path, at("10:00")), async {
        lookup.arrived().await;
        admin.post(&path, at("11:00")).await.expect(200);
        lookup.deliver().await;
    });
    // The response has the present state of the appointment.
    assert_eq!(rescheduled.expect(200)["start_date"], "2030-01-08T11:00:00+00:00");
    assert_eq!(rescheduled.version(), 3);
    assert_eq!(doctor.get("/appointments").await.expect(200)[0]["start_date"], "2030-01-08T11:00:00+00:00");
}
