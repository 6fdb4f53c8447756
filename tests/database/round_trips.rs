//! A warm route sends one request to the database, on an open connection.

use std::{collections::BTreeMap, io::Write};

use chrono::TimeDelta;
use rounds_http::{Actor as Role, Route, Sample};

use crate::support::{
    Actor, Answer, Clinic, PASSWORD, Proxy, TestDatabase, Value, filled, insert_appointment_link, insert_failed,
    insert_feed, insert_link, json, name, placeholders, routes,
};

const NOW: &str = "2030-01-07T08:00:00Z";
const EMAIL: &str = "ada@example.org";

/// Routes with another number of requests than one, and why.
const EXCEPTIONS: [(&str, u64, &str); 23] = [
    ("GET /.well-known/jwks.json", 0, "the function has the keys"),
    ("GET /healthz", 0, "it answers even if the database does not"),
    ("POST /login", 2, "the attempt is counted before the password is compared, and decided after it"),
    ("POST /login (wrong password)", 2, "the failed sign-in is audited"),
    ("POST /login (unknown email)", 2, "the same, so that the two cases cannot be distinguished"),
    (
        "POST /doctors/{doctor_id}/book (first of its year)",
        3,
        "the days of the year are added, and the booking is repeated",
    ),
    ("POST /me/password", 3, "the email is read; then as POST /login"),
    ("POST /me/email", 3, "the same"),
    ("POST /reset_password", 2, "the link is found before the new password is hashed"),
    ("POST /reset_password (unknown link)", 2, "the failed attempt is counted"),
    ("POST /links/{token}/confirm", 2, "the link is found first, and checked again in the transaction of the change"),
    ("POST /links/{token}/cancel", 2, "the same"),
    ("POST /links/{token}/reschedule", 2, "the same"),
    ("POST /verify_email (new email)", 2, "the program computes the keys of the new email"),
    ("POST /patients/{patient_id}/invite", 2, "the program computes the keys of the patient's email"),
    (
        "DELETE /patients/{patient_id}/guardians/{account_id}",
        2,
        "the sample's account is no guardian, so the patient and the account are looked up",
    ),
    ("POST /register (refused)", 2, "the refused registration is counted"),
    ("PATCH /clinic (another zone)", 2, "the affected appointments are counted"),
    ("POST /doctors/{doctor_id}/book (refused)", 2, "the schedule is read to find all reasons and alternatives"),
    (
        "POST /appointments/{appointment_id}/reschedule (refused)",
        3,
        "the appointment is read first; then as a refused booking",
    ),
    ("POST /appointments/series (refused)", 2, "the schedule is read to find all reasons and alternatives"),
    ("POST /appointments/series (skip_conflicts)", 2, "the schedule is read to find those that can be booked"),
    ("POST /appointments/{appointment_id}/cancel (again)", 2, "the appointment is read to find the reason"),
];

struct Measured {
    clinic: Clinic,
    proxy: Proxy,
    /// An anonymous client, a Patient, a Doctor, a Receptionist and an Admin.
    actors: [Actor; 5],
    /// The id of an appointment that has started.
    started: i64,
    days: i64,
    rows: BTreeMap<String, (u64, u64)>,
}

impl Measured {
    async fn begin() -> Self {
        let server = TestDatabase::server();
        let proxy = Proxy::start(&server.url()).await;
        let clinic = Clinic::over(server, &proxy.url(), NOW).await;
        clinic.without_open_booking_limit().await;
        let (doctor, anyone) = (clinic.doctor().await, clinic.anonymous());
        let account = json!({ "name": "Ada", "email": EMAIL, "password": PASSWORD, "account_type": "Patient" });
        let id = anyone.post("/register", account).await.expect(201)["id"].as_i64().unwrap();
        let patient = Actor { id, ..clinic.login(EMAIL, PASSWORD).await };
        let started = patient.book(&doctor, "2030-01-07T08:30:00Z", 30).await;
        clinic.pass(TimeDelta::minutes(45));
        // Warm: the calendar is cached.
        patient.get(&format!("/doctors/{}/slots?date=2030-01-08", doctor.id)).await.expect(200);
        let actors = [anyone, patient, doctor, clinic.receptionist().await, clinic.admin().await];
        Self { clinic, proxy, actors, started, days: 1, rows: BTreeMap::new() }
    }

    fn actor(&self, role: Role) -> &Actor {
        &self.actors[match role {
            Role::Anonymous => 0,
            Role::Patient | Role::OtherPatient => 1,
            Role::Doctor | Role::OtherDoctor => 2,
            Role::Receptionist => 3,
            Role::Admin => 4,
        }]
    }

    /// Sends a sample as an actor with access, and prepares what it needs.
    async fn sample(&mut self, route: &Route, sample: &Sample) {
        let [_, patient, doctor, _, admin] = self.actors.clone();
        self.days += 1;
        let day = (self.clinic.now() + TimeDelta::days(self.days)).format("%Y-%m-%d").to_string();
        let (placeholders, booking) = (placeholders(route, sample), format!("{day}T15:00:00Z"));
        let mut values = vec![
            ("doctor_id", doctor.id.to_string()),
            ("patient_id", patient.id.to_string()),
            ("started", self.started.to_string()),
            ("email", EMAIL.to_owned()),
            ("password", PASSWORD.to_owned()),
            ("new_email", format!("{day}@example.org")),
        ];
        if placeholders.contains("appointment_id") || placeholders.contains("appointment") {
            let booked = patient.book(&doctor, &booking, 30).await.to_string();
            values.extend([("appointment_id", booked.clone()), ("appointment", booked)]);
        }
        if placeholders.contains("account_id") {
            values.push(("account_id", self.clinic.patient().await.id.to_string()));
        }
        if placeholders.contains("without_login") {
            let new = json!({ "name": "Ada", "email": format!("{day}-patient@example.org") });
            let added = admin.post("/patients", new).await.expect(201);
            values.push(("without_login", added["id"].to_string()));
        }
        if placeholders.contains("deactivated") {
            let account = self.clinic.patient().await.id.to_string();
            let path = format!("/accounts/{account}/deactivate");
            assert_eq!(admin.send("POST", &path, None, &[]).await.status, 204);
            values.push(("deactivated", account));
        }
        if placeholders.contains("type_id") {
            let new = json!({ "name": "Check-up", "duration": 30 });
            let added = admin.post("/appointment_types", new).await.expect(201);
            values.push(("type_id", added["id"].to_string()));
        }
        if placeholders.contains("closure_id") {
            let new = json!({ "start_date": format!("{day}T00:00:00Z"), "end_date": booking, "name": "Holiday" });
            let added = admin.post("/closures", new).await.expect(201);
            values.push(("closure_id", added["id"].to_string()));
        }
        if placeholders.contains("time_off_id") {
            let off = json!({ "start_date": format!("{day}T00:00:00Z"), "end_date": booking });
            let created = doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
            values.push(("time_off_id", created["id"].to_string()));
        }
        if placeholders.contains("verification") || placeholders.contains("reset") {
            let patient = self.clinic.patient().await;
            let connection = self.clinic.database().connect().await;
            for (placeholder, kind) in [("verification", "verify_email"), ("reset", "reset_password")] {
                values.push((placeholder, insert_link(&connection, patient.id, kind).await));
            }
        }
        if placeholders.contains("token") {
            let policy = json!({ "patient_cancel_notice": 0, "patient_reschedule_notice": 0 });
            admin.patch("/clinic", policy).await.expect(200);
            let booked = self.clinic.patient().await.book(&doctor, &booking, 30).await;
            let connection = self.clinic.database().connect().await;
            values.push(("token", insert_appointment_link(&connection, booked).await));
        }
        if placeholders.contains("file") {
            let connection = self.clinic.database().connect().await;
            values.push(("file", insert_feed(&connection, patient.id).await));
        }
        if placeholders.contains("message_id") {
            let connection = self.clinic.database().connect().await;
            values.push(("message_id", insert_failed(&connection, patient.id).await.to_string()));
        }
        values.push(("day", day));
        let (path, body) = filled(route, sample, &values);
        let actor = self.actor(sample.access.unwrap_or(route.access).any_allowed()).clone();
        let answer = self.send(&name(route, sample), &actor, &path, body).await;
        assert_eq!(answer.status, route.status, "{}: {}", route.name(), answer.body);
    }

    /// Sends a request, and records its requests and new connections to the database.
    async fn send(&mut self, name: &str, actor: &Actor, path: &str, body: Option<Value>) -> Answer {
        self.proxy.take_counts();
        let method = name.split(' ').next().unwrap();
        let headers: &[_] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
        let answer = actor.send(method, path, body.map(|body| body.to_string()).as_deref(), headers).await;
        self.rows.insert(name.to_owned(), self.proxy.take_counts());
        answer
    }

    /// Sends requests that are not in the samples: refused ones, a change without effect, and the longest queries.
    async fn other_requests(&mut self) {
        let [anyone, patient, doctor, ..] = self.actors.clone();
        let (doctors, month) = (format!("/doctors/{}", doctor.id), "date=2030-01-08&days=31");
        let account = json!({ "name": "Ada", "email": EMAIL, "password": PASSWORD, "account_type": "Patient" });
        self.send("POST /register (refused)", &anyone, "/register", Some(account)).await.expect(409);
        for (which, email) in [("wrong password", EMAIL), ("unknown email", "nobody@example.org")] {
            let guess = json!({ "email": email, "password": "a wrong guess" });
            self.send(&format!("POST /login ({which})"), &anyone, "/login", Some(guess)).await.expect(401);
        }
        let at = |time: &str| Some(json!({ "start_date": format!("2030-03-01T{time}:00Z"), "duration": 30 }));
        let booked = patient.book(&doctor, "2030-03-01T09:00:00Z", 30).await;
        let route = "POST /doctors/{doctor_id}/book (refused)";
        self.send(route, &patient, &format!("{doctors}/book"), at("09:00")).await.expect(409);
        let route = "GET /doctors/{doctor_id}/availability";
        let path = format!("{doctors}/availability?{month}");
        self.send(&format!("{route} (31 days)"), &patient, &path, None).await.expect(200);
        self.send(&format!("{route} (31 days, moving)"), &doctor, &format!("{path}&moving={booked}"), None)
            .await
            .expect(200);
        let path = format!("/availability?{month}&limit=100");
        self.send("GET /availability (31 days)", &patient, &path, None).await.expect(200);
        let path = format!("/availability?{month}&per_doctor=1");
        self.send("GET /availability (31 days, first slots)", &anyone, &path, None).await.expect(200);
        let route = "POST /appointments/{appointment_id}/reschedule (refused)";
        self.send(route, &doctor, &format!("/appointments/{booked}/reschedule"), at("07:00")).await.expect(422);
        let cancel = format!("/appointments/{booked}/cancel");
        doctor.send("POST", &cancel, None, &[]).await.expect(200);
        let route = "POST /appointments/{appointment_id}/cancel (again)";
        self.send(route, &doctor, &cancel, None).await.expect(200);
        self.series_requests().await;
        let unknown = Some(json!({ "token": "x", "new_password": PASSWORD }));
        let route = "POST /reset_password (unknown link)";
        self.send(route, &anyone, "/reset_password", unknown).await.problem(422, "link-expired");
        // The sample of POST /me/password has set this password.
        let new_email = json!({ "email": "new@example.org", "password": "battery staple" });
        assert_eq!(patient.post("/me/email", new_email).await.status, 202);
        let mails = self.clinic.mails().await;
        let new = mails.iter().find(|mail| mail.to == "new@example.org").unwrap();
        let route = "POST /verify_email (new email)";
        let token = Some(json!({ "token": new.token }));
        assert_eq!(self.send(route, &anyone, "/verify_email", token).await.status, 204);
        let zone = Some(json!({ "time_zone": "Africa/Abidjan" }));
        let admin = self.actor(Role::Admin).clone();
        self.send("PATCH /clinic (another zone)", &admin, "/clinic", zone).await.expect(200);
        let route = "POST /doctors/{doctor_id}/book (first of its year)";
        self.send(route, &patient, &format!("{doctors}/book"), at("13:00")).await.expect(201);
    }
}

impl Measured {
    /// Books series, and cancels one.
    async fn series_requests(&mut self) {
        let [_, patient, doctor, desk, _] = self.actors.clone();
        let series = |day: &str, skip_conflicts: bool| {
            Some(
                json!({ "doctor_id": doctor.id, "patient_id": patient.id, "start_date": format!("2030-04-{day}T16:00:00Z"),
                "duration": 30, "every_weeks": 1, "count": 10, "skip_conflicts": skip_conflicts }),
            )
        };
        let path = "/appointments/series";
        let booked = self.send("POST /appointments/series (ten)", &desk, path, series("01", false)).await.expect(201);
        let mut dry_run = series("08", false).unwrap();
        dry_run["dry_run"] = json!(true);
        self.send("POST /appointments/series (dry run)", &desk, path, Some(dry_run)).await.expect(200);
        self.send("POST /appointments/series (refused)", &desk, path, series("08", false)).await.expect(409);
        self.send("POST /appointments/series (skip_conflicts)", &desk, path, series("08", true)).await.expect(201);
        let route = "POST /appointments/{appointment_id}/cancel (following)";
        let path = format!("/appointments/{}/cancel", booked[0]["appointment_id"]);
        self.send(route, &desk, &path, Some(json!({ "following": true }))).await.expect(200);
    }
}

#[tokio::test]
async fn every_route_takes_one_request_and_no_new_connection() {
    let mut measured = Measured::begin().await;
    for route in routes() {
        for sample in &route.samples {
            measured.sample(route, sample).await;
        }
    }
    measured.other_requests().await;

    let mut table = String::from("\nrequests to the database, new connections, by route (warm)\n");
    for (name, (requests, connections)) in &measured.rows {
        let exception = EXCEPTIONS.iter().find(|(excepted, ..)| excepted == name);
        let why = exception.map(|(_, _, why)| format!("  ({why})")).unwrap_or_default();
        table += &format!("  {requests}  {connections}  {name}{why}\n");
    }
    // Written to stderr directly, because the test harness hides the output of passing tests.
    std::io::stderr().write_all(table.as_bytes()).unwrap();

    let without_database = |name: &str| routes().iter().any(|route| route.name() == name && !route.has_database);
    for (name, (requests, connections)) in &measured.rows {
        let exception = EXCEPTIONS.iter().find(|(excepted, ..)| excepted == name);
        let expected = exception.map_or(u64::from(!without_database(name)), |(_, requests, _)| *requests);
        assert_eq!((*requests, *connections), (expected, 0), "{name}");
    }
}
