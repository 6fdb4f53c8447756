//! What stands between a route and the database: one request on a connection that is there
//! already.

use std::{collections::BTreeMap, io::Write};

use chrono::TimeDelta;

use crate::support::{Actor, Clinic, Proxy, TestDatabase, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// More than one request, and why.
const EXCEPTIONS: [(&str, u64, &str); 9] = [
    ("POST /login", 2, "its outcome is known only after Argon2; before it, the attempt is counted"),
    ("POST /login (wrong password)", 2, "it is noted in the trail"),
    ("POST /login (unknown email)", 2, "likewise, so that nobody can tell the two apart"),
    (
        "POST /doctors/{doctor_id}/book (first of its year)",
        3,
        "the clinic's days are added, and the booking is made again",
    ),
    ("POST /me/password", 3, "the email, whose attempts are counted; then as a login"),
    ("POST /register (refused)", 2, "that the email is taken is counted"),
    ("POST /doctors/{doctor_id}/book (refused)", 2, "the schedule is read for the reasons and the alternatives"),
    ("POST /appointments/{appointment_id}/reschedule (refused)", 3, "the appointment is read first, then likewise"),
    ("POST /appointments/{appointment_id}/cancel (again)", 2, "the appointment is read, to tell why not"),
];

struct Measured {
    clinic: Clinic,
    proxy: Proxy,
    rows: BTreeMap<String, (u64, u64)>,
}

impl Measured {
    /// Sends a request, and notes what it took.
    async fn send(&mut self, route: &str, actor: &Actor, path: &str, body: Option<Value>, status: u16) -> Value {
        self.proxy.passed();
        let method = route.split(' ').next().unwrap();
        let headers: &[_] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
        let answer = actor.send(method, path, body.map(|body| body.to_string()).as_deref(), headers).await;
        assert_eq!(answer.status, status, "{route}: {}", answer.body);
        self.rows.insert(route.to_owned(), self.proxy.passed());
        serde_json::from_str(&answer.body).unwrap_or_default()
    }
}

#[tokio::test]
async fn every_route_takes_one_request_and_no_new_connection() {
    let held = TestDatabase::server();
    let proxy = Proxy::before(&held.url()).await;
    let clinic = Clinic::over(held, &proxy.url(), NOW).await;
    let (mut admin, mut doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    // Warm: the calendar is known.
    patient.get(&format!("/doctors/{}/slots?date=2030-01-08", doctor.id)).await.expect(200);
    let mut measured = Measured { clinic, proxy, rows: BTreeMap::new() };
    let m = &mut measured;
    let (doctors, patients) = (format!("/doctors/{}", doctor.id), format!("/patients/{}", patient.id));
    let at = |time: &str| json!({ "start_date": format!("2030-01-08T{time}:00Z"), "duration": 30 });

    let anyone = m.clinic.anonymous();
    let ada = m.send("POST /register", &anyone, "/register", Some(account.clone()), 201).await["id"].clone();
    m.send("POST /register (refused)", &anyone, "/register", Some(account), 409).await;
    let sign_in = json!({ "email": "ada@example.org", "password": "long enough" });
    m.send("POST /login", &anyone, "/login", Some(sign_in), 200).await;
    for (route, email) in [("wrong password", "ada@example.org"), ("unknown email", "nobody@example.org")] {
        let guess = json!({ "email": email, "password": "a wrong guess" });
        m.send(&format!("POST /login ({route})"), &anyone, "/login", Some(guess), 401).await;
    }
    m.send("GET /", &anyone, "/", None, 200).await;
    m.send("GET /web/{file}", &anyone, "/web/nothing.js", None, 404).await;
    m.send("GET /docs", &anyone, "/docs", None, 200).await;
    m.send("GET /docs/{asset}", &anyone, "/docs/page.js", None, 200).await;
    m.send("GET /openapi.json", &anyone, "/openapi.json", None, 200).await;
    m.send("GET /problems/{problem}", &anyone, "/problems/forbidden", None, 200).await;
    m.send("GET /.well-known/jwks.json", &anyone, "/.well-known/jwks.json", None, 200).await;
    let signed_in = m.clinic.login("ada@example.org", "long enough").await;
    m.send("GET /me", &signed_in, "/me", None, 200).await;
    m.send("PATCH /me", &signed_in, "/me", Some(json!({ "name": "Ada L." })), 200).await;
    m.send("GET /me/export", &signed_in, "/me/export", None, 200).await;
    m.send("POST /me/token", &signed_in, "/me/token", None, 200).await;
    let change = json!({ "old_password": "long enough", "new_password": "even longer" });
    m.send("POST /me/password", &signed_in, "/me/password", Some(change), 204).await;
    m.send("GET /accounts", &admin, "/accounts", None, 200).await;
    m.send("GET /audit", &admin, "/audit", None, 200).await;
    let reset = json!({ "new_password": "the longest of all" });
    for (verb, body) in [("password", Some(reset)), ("deactivate", None), ("activate", None), ("erase", None)] {
        let route = format!("POST /accounts/{{account_id}}/{verb}");
        m.send(&route, &admin, &format!("/accounts/{ada}/{verb}"), body, 204).await;
    }
    m.send("GET /doctors", &patient, "/doctors", None, 200).await;
    m.send("GET /doctors/{doctor_id}", &patient, &doctors, None, 200).await;
    m.send("PATCH /doctors/{doctor_id}", &doctor, &doctors, Some(json!({ "details": "Ahoy" })), 200).await;
    m.send("GET /clinic", &patient, "/clinic", None, 200).await;
    m.send("PATCH /clinic", &admin, "/clinic", Some(json!({ "name": "A clinic" })), 200).await;
    for (route, query) in [("slots", "?date=2030-01-08"), ("availability", "?date=2030-01-08&days=31")] {
        let path = format!("{doctors}/{route}{query}");
        m.send(&format!("GET /doctors/{{doctor_id}}/{route}"), &patient, &path, None, 200).await;
    }
    m.send("GET /availability", &patient, "/availability?date=2030-01-08&days=31&limit=100", None, 200).await;
    m.send("GET /doctors/available", &admin, "/doctors/available?date=2030-01-08", None, 200).await;
    let hours = format!("{doctors}/working_hours");
    m.send("GET /doctors/{doctor_id}/working_hours", &patient, &hours, None, 200).await;
    let week = json!([{ "weekday": "Mon", "start": "00:00", "end": "24:00" }, { "weekday": "Tue", "start": "08:00", "end": "18:00" }]);
    m.send("PUT /doctors/{doctor_id}/working_hours", &doctor, &hours, Some(week), 200).await;
    let off = format!("{doctors}/time_off");
    let time = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
    let taken = m.send("POST /doctors/{doctor_id}/time_off", &doctor, &off, Some(time), 201).await;
    m.send("GET /doctors/{doctor_id}/time_off", &doctor, &off, None, 200).await;
    let ended = format!("{off}/{}", taken["id"]);
    m.send("DELETE /doctors/{doctor_id}/time_off/{time_off_id}", &doctor, &ended, None, 204).await;

    let book = format!("{doctors}/book");
    let route = "POST /doctors/{doctor_id}/book (first of its year)";
    m.send(route, &patient, &book, Some(at("15:00")), 201).await;
    let booked = m.send("POST /doctors/{doctor_id}/book", &patient, &book, Some(at("09:00")), 201).await;
    m.send("POST /doctors/{doctor_id}/book (refused)", &patient, &book, Some(at("09:00")), 409).await;
    let appointment = format!("/appointments/{booked}");
    m.send("GET /appointments", &patient, "/appointments", None, 200).await;
    m.send("GET /appointments/{appointment_id}", &patient, &appointment, None, 200).await;
    m.send("GET /patients/{patient_id}/history", &patient, &format!("{patients}/history"), None, 200).await;
    let moving = format!("{doctors}/availability?date=2030-01-08&days=31&moving={booked}");
    m.send("GET /doctors/{doctor_id}/availability (moving)", &doctor, &moving, None, 200).await;
    let reschedule = format!("{appointment}/reschedule");
    let route = "POST /appointments/{appointment_id}/reschedule";
    m.send(route, &doctor, &reschedule, Some(at("10:00")), 200).await;
    m.send(&format!("{route} (refused)"), &doctor, &reschedule, Some(at("07:00")), 422).await;
    let cancel = format!("{appointment}/cancel");
    m.send("POST /appointments/{appointment_id}/cancel", &doctor, &cancel, None, 200).await;
    m.send("POST /appointments/{appointment_id}/cancel (again)", &doctor, &cancel, None, 200).await;
    for report in ["by_top_appointments", "with_six_hours_plus"] {
        let path = format!("/doctors/{report}?date=2030-01-08");
        m.send(&format!("GET /doctors/{report}"), &admin, &path, None, 200).await;
    }
    let today = json!({ "start_date": "2030-01-07T08:30:00Z", "duration": 30 });
    let booked = patient.post(&book, today).await.expect(201);
    m.clinic.pass(TimeDelta::minutes(45));
    m.clinic.renew(&mut doctor);
    m.clinic.renew(&mut admin);
    for mark in ["done", "no_show"] {
        let route = format!("POST /appointments/{{appointment_id}}/{mark}");
        m.send(&route, &doctor, &format!("/appointments/{booked}/{mark}"), None, 200).await;
    }

    let mut table = String::from("\nrequests to the database, new connections, by route (warm)\n");
    for (route, (requests, connections)) in &m.rows {
        let exception = EXCEPTIONS.iter().find(|(excepted, ..)| excepted == route);
        let why = exception.map(|(_, _, why)| format!("  ({why})")).unwrap_or_default();
        table += &format!("  {requests}  {connections}  {route}{why}\n");
    }
    // Past the test harness, which keeps what a passing test prints to itself.
    std::io::stderr().write_all(table.as_bytes()).unwrap();

    for (route, (requests, connections)) in &m.rows {
        let expected = EXCEPTIONS
            .iter()
            .find(|(excepted, ..)| excepted == route)
            .map_or(at_most_one(route), |(_, requests, _)| *requests);
        assert_eq!((*requests, *connections), (expected, 0), "{route}");
    }
    assert_eq!(m.proxy.streams(), 0, "nothing stays behind on the server");
    for route in routes(&m.clinic).await {
        assert!(m.rows.contains_key(&route), "{route} is not measured");
    }
}

/// What is at hand needs no database.
fn at_most_one(route: &str) -> u64 {
    let at_hand = [
        "GET /",
        "GET /.well-known/jwks.json",
        "GET /docs",
        "GET /docs/{asset}",
        "GET /openapi.json",
        "GET /problems/{problem}",
        "GET /web/{file}",
    ];
    u64::from(!at_hand.contains(&route))
}

/// Every route there is, as the functions themselves tell.
pub(crate) async fn routes(clinic: &Clinic) -> Vec<String> {
    let mut paths: Vec<_> = auth::routes().iter().map(|route| route.0).collect();
    paths.extend(doctors::routes().iter().map(|route| route.0));
    paths.extend(appointments::routes().iter().map(|route| route.0));
    paths.extend(reports::routes().iter().map(|route| route.0));
    paths.extend(::docs::routes().iter().map(|route| route.0));
    paths.extend(::web::routes().iter().map(|route| route.0));
    let mut found = Vec::new();
    for path in paths {
        let filled: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        let answer = clinic.anonymous().send("OPTIONS", &filled.join("/"), None, &[]).await;
        let methods = answer.header("allow").split(',').filter(|method| !["HEAD", "OPTIONS"].contains(method));
        found.extend(methods.map(|method| format!("{method} {path}")));
    }
    assert!(found.len() > 20, "{found:?}");
    found
}
