//! The declared permissions of all routes, checked on the running functions.

use chrono::{TimeDelta, Utc};
use rounds_auth::{PublicKeys, SigningKey};
use rounds_domain::Caller;
use rounds_http::{Actor as Role, Route, Sample};

use crate::support::{
    Actor, Answer, Clinic, PASSWORD, Server, TestDatabase, filled, insert_appointment_link, insert_failed, insert_feed,
    insert_link, json, name, new_operation, placeholders, routes, settings,
};

/// The columns of the permission matrix: the actors of `rounds_http::Actor::ALL`, a deactivated account, and an account
/// with an expired token.
const ACTORS: [&str; 9] = [
    "anonymous",
    "Patient",
    "other-Patient",
    "Doctor",
    "other-Doctor",
    "Receptionist",
    "Admin",
    "deactivated",
    "expired",
];

/// The expected status of a sample for an actor, as the route declares it. Checks of the handler itself are not included.
fn declared(route: &Route, sample: &Sample, actor: usize) -> u16 {
    let access = sample.access.unwrap_or(route.access);
    let refused = match (ACTORS[actor], Role::ALL.get(actor)) {
        ("deactivated", _) => access.requires_valid_token().then_some(401),
        (_, Some(Role::Anonymous)) | ("expired", _) => (!access.allows(Role::Anonymous)).then_some(401),
        (_, Some(role)) => (!access.allows(*role)).then_some(403),
        _ => unreachable!("there are {} actors", ACTORS.len()),
    };
    refused.unwrap_or(route.status)
}

/// An unknown part that is added to a valid request.
#[derive(Clone, Copy, Debug)]
enum Added {
    Nothing,
    Parameter,
    Member,
}

/// The running functions and all actors.
struct World {
    clinic: Clinic,
    actors: Vec<Actor>,
    /// An appointment that has started.
    started: i64,
    /// An appointment that has not started.
    ahead: i64,
    /// The last day that `day` returned, in days from today.
    days: i64,
    /// How many emails were chosen.
    emails: i64,
    /// How many appointments with a link were booked, and the day of the last one.
    links: i64,
    link_day: String,
    /// Whether the policy allows Patients to cancel and reschedule.
    patients_may_change: bool,
    server: Server,
}

impl World {
    async fn begin() -> Self {
        let keys = settings().keys;
        let server = Server::start_with(TestDatabase::of_this_run(), |settings| settings.keys = keys.clone()).await;
        let clinic = server.clinic();
        clinic.without_open_booking_limit().await;
        let (admin, deactivated) = (clinic.admin().await, clinic.separate_admin().await);
        let (patient, other_patient) = (clinic.patient().await, clinic.patient().await);
        let (doctor, other_doctor, receptionist) =
            (clinic.doctor().await, clinic.doctor().await, clinic.receptionist().await);
        let deactivation = format!("/accounts/{}/deactivate", deactivated.id);
        assert_eq!(admin.send("POST", &deactivation, None, &[]).await.status, 204);
        let expired = Actor { token: Some(expired_token(&keys.signing_key, &admin).await), ..clinic.anonymous() };
        let day = clinic.day();
        let ahead = patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
        let started = started(&server, doctor.id, patient.id).await;
        let actors = vec![
            clinic.anonymous(),
            patient,
            other_patient,
            doctor,
            other_doctor,
            receptionist,
            admin,
            deactivated,
            expired,
        ];
        let (links, link_day) = (0, String::new());
        Self {
            clinic,
            actors,
            started,
            ahead,
            days: 20,
            emails: 0,
            links,
            link_day,
            patients_may_change: false,
            server,
        }
    }

    fn actor(&self, name: &str) -> &Actor {
        &self.actors[ACTORS.iter().position(|actor| *actor == name).unwrap()]
    }

    /// Sends a sample as an actor, with an unknown part if `added` names one.
    async fn answer(&mut self, route: &Route, sample: &Sample, actor: usize, added: Added) -> Answer {
        let values = self.values(route, sample).await;
        let (mut path, mut body) = filled(route, sample, &values);
        match added {
            Added::Nothing => {}
            Added::Parameter => path += if path.contains('?') { "&nonsense=1" } else { "?nonsense=1" },
            Added::Member => {
                let body = body.get_or_insert_default();
                *(if body.is_array() { &mut body[0]["nonsense"] } else { &mut body["nonsense"] }) = json!(1)
            }
        }
        let headers: &[_] = if body.is_none() { &[] } else { &[("content-type", "application/json")] };
        let body = body.map(|body| body.to_string());
        self.actors[actor].send(route.verb.as_str(), &path, body.as_deref(), headers).await
    }

    /// The values of a sample's placeholders. They belong to the Doctor and the Patient. If a request uses up a value, each
    /// call creates a new one.
    async fn values(&mut self, route: &Route, sample: &Sample) -> Vec<(&'static str, String)> {
        // The links of mails do what the policy allows Patients. All other samples use the default policy.
        if route.path.starts_with("/links/") != self.patients_may_change {
            self.patients_may_change = !self.patients_may_change;
            let notice = self.patients_may_change.then_some(0);
            let policy = json!({ "patient_cancel_notice": notice, "patient_reschedule_notice": notice });
            self.actor("Admin").patch("/clinic", policy).await.expect(200);
        }
        let mut values = vec![
            ("doctor_id", self.actor("Doctor").id.to_string()),
            ("patient_id", self.actor("Patient").id.to_string()),
            ("appointment_id", self.ahead.to_string()),
            ("appointment", self.ahead.to_string()),
            ("started", self.started.to_string()),
            ("password", PASSWORD.to_owned()),
        ];
        for name in placeholders(route, sample) {
            match name.as_str() {
                // Hours and closures need no day on which nothing else is booked.
                "day" if route.path.contains("special_hours") || route.path == "/closures" => {
                    values.push(("day", self.later_day()));
                }
                "day" => values.push(("day", self.day())),
                "new_email" => {
                    self.emails += 1;
                    values.push(("new_email", format!("new{}@example.org", self.emails)));
                }
                "email" => values.push(("email", self.clinic.patient().await.email)),
                "verification" | "reset" => {
                    let kind = if name == "reset" { "reset_password" } else { "verify_email" };
                    let (account, connection) = (self.clinic.patient().await.id, self.server.database.connect().await);
                    let placeholder = if name == "reset" { "reset" } else { "verification" };
                    values.push((placeholder, insert_link(&connection, account, kind).await));
                }
                "message_id" => {
                    let (account, connection) = (self.clinic.patient().await.id, self.server.database.connect().await);
                    values.push(("message_id", insert_failed(&connection, account).await.to_string()));
                }
                "token" => {
                    let (patient, start) = (self.clinic.patient().await, self.link_start());
                    let booked = patient.book(self.actor("Doctor"), &start, 30).await;
                    let connection = self.server.database.connect().await;
                    values.push(("token", insert_appointment_link(&connection, booked).await));
                }
                "file" => {
                    let connection = self.server.database.connect().await;
                    values.push(("file", insert_feed(&connection, self.actor("Patient").id).await));
                }
                "account_id" => values.push(("account_id", self.clinic.patient().await.id.to_string())),
                "without_login" => {
                    let new = json!({ "name": "Ada", "email": format!("{}@example.org", self.day()) });
                    let added = self.actor("Admin").post("/patients", new).await.expect(201);
                    values.push(("without_login", added["id"].to_string()));
                }
                "deactivated" => {
                    let account = self.clinic.patient().await.id.to_string();
                    let path = format!("/accounts/{account}/deactivate");
                    assert_eq!(self.actor("Admin").send("POST", &path, None, &[]).await.status, 204);
                    values.push(("deactivated", account));
                }
                "closure_id" => {
                    let day = self.later_day();
                    let new = json!({ "start_date": format!("{day}T00:00:00Z"), "end_date": format!("{day}T20:00:00Z"),
                        "name": "Holiday" });
                    let added = self.actor("Admin").post("/closures", new).await.expect(201);
                    values.push(("closure_id", added["id"].to_string()));
                }
                "type_id" => {
                    let new = json!({ "name": "Check-up", "duration": 30 });
                    let added = self.actor("Admin").post("/appointment_types", new).await.expect(201);
                    values.push(("type_id", added["id"].to_string()));
                }
                "time_off_id" => {
                    let day = self.day();
                    let off =
                        json!({ "start_date": format!("{day}T00:00:00Z"), "end_date": format!("{day}T20:00:00Z") });
                    let path = format!("/doctors/{}/time_off", self.actor("Doctor").id);
                    let time_off = self.actor("Doctor").post(&path, off).await.expect(201);
                    values.push(("time_off_id", time_off["id"].to_string()));
                }
                _ => {}
            }
        }
        values
    }

    /// Returns the start of an appointment with a link. Eight are on one day, because the days of a year are not enough.
    fn link_start(&mut self) -> String {
        if self.links % 8 == 0 {
            self.link_day = self.day();
        }
        self.links += 1;
        format!("{}T{:02}:00:00Z", self.link_day, 8 + self.links % 8)
    }

    /// Returns a day in the future that was not returned before.
    fn day(&mut self) -> String {
        self.days += 1;
        (Utc::now() + TimeDelta::days(self.days)).format("%Y-%m-%d").to_string()
    }

    /// Returns a day after those that can be booked.
    fn later_day(&self) -> String {
        (Utc::now() + TimeDelta::days(1000)).format("%Y-%m-%d").to_string()
    }
}

/// A token of an Admin from a sign-in 61 minutes ago.
async fn expired_token(key: &std::path::Path, admin: &Actor) -> String {
    let key = SigningKey::from_pem(&std::fs::read_to_string(key).unwrap()).unwrap();
    let keys = PublicKeys::from_json(&key.public_keys()).unwrap();
    let caller = rounds_auth::verify_token(&keys, admin.token.as_ref().unwrap(), Utc::now()).unwrap();
    let then = Utc::now() - TimeDelta::minutes(61);
    rounds_auth::sign(&key, &Caller { signed_in_at: then, ..caller }, then).unwrap()
}

/// Inserts an appointment that has already started. The API cannot book one, so it is written into the database, with an
/// operation in the past.
pub(crate) async fn started(server: &Server, doctor: i64, patient: i64) -> i64 {
    let connection = server.database.connect().await;
    let hours = format!("UPDATE working_hours SET start_minute = 0, end_minute = 1440 WHERE doctor_id = {doctor}");
    connection.execute_batch(&hours).await.unwrap();
    let now = Utc::now().timestamp();
    let start = (now - 60) / 60 * 60;
    let day = start / 86400 * 86400;
    let weekday = (day / 86400 + 3) % 7 + 1;
    let end = (day + 86400).min(start + 15 * 60);
    let start = end - 15 * 60;
    let operation = new_operation();
    let insert = format!(
        "INSERT INTO operations (id, at) VALUES ({operation}, {start} - 3600);
         INSERT OR IGNORE INTO days VALUES ({day}, {day} + 86400, {weekday}, 1440, 0, '');
         INSERT INTO appointments
           (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id)
         VALUES ({doctor}, {patient}, {patient}, {start}, 15, {start}, {start} + 900, {operation})"
    );
    connection.execute_batch(&insert).await.unwrap();
    let mut rows = connection.query("SELECT max(id) FROM appointments", ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn every_cell_of_permission_matrix_matches_declaration() {
    let mut world = World::begin().await;
    let (mut mismatches, mut matrix) = (Vec::new(), format!("{:54}{}\n", "", ACTORS.join("  ")));
    for route in routes() {
        for sample in &route.samples {
            let name = name(route, sample);
            matrix += &format!("{name:52}");
            for (actor, access) in ACTORS.iter().enumerate() {
                let (expected, answer) =
                    (declared(route, sample, actor), world.answer(route, sample, actor, Added::Nothing).await);
                matrix += &format!("  {:>1$}", answer.status, access.len());
                if answer.status != expected {
                    mismatches
                        .push(format!("{name} for {access}: {} and not {expected}: {}", answer.status, answer.body));
                }
            }
            matrix += "\n";
        }
    }
    println!("{matrix}");
    assert!(mismatches.is_empty(), "{}\n{}", mismatches.join("\n"), world.server.log());
}

/// Only pages and their files ignore unknown parameters and members.
#[tokio::test]
async fn rejects_unknown_input_after_permission_check() {
    let mut world = World::begin().await;
    let mut mismatches = Vec::new();
    for (route, sample) in routes().iter().flat_map(|route| route.samples.iter().map(move |sample| (route, sample))) {
        for (actor, access) in ACTORS.iter().enumerate() {
            for added in [Added::Parameter, Added::Member] {
                let answer = world.answer(route, sample, actor, added).await;
                let expected = match (declared(route, sample, actor), *access) {
                    (200..300, _) if route.is_page => 200,
                    // A refused request also has its token checked, if the route has a database.
                    (200..300, "deactivated") if route.has_database => 401,
                    (200..300, _) => 422,
                    (refused, _) => refused,
                };
                let is_named = expected != 422 || answer.body.contains("/nonsense\"");
                if answer.status != expected || !is_named {
                    let name = name(route, sample);
                    mismatches.push(format!("{name} for {access}, {added:?}: {} {}", answer.status, answer.body));
                }
            }
        }
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

/// For Doctors and Patients, an appointment of others and one that does not exist have the same response.
#[tokio::test]
async fn only_the_desk_can_distinguish_missing_and_foreign_appointments() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (receptionist, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let strangers = [clinic.doctor().await, clinic.patient().await];
    let foreign = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let body = json!({ "start_date": "2030-01-08T12:00:00Z", "duration": 30, "reason": "x", "note": "x" }).to_string();
    let json = [("content-type", "application/json"), ("if-match", "\"7\"")];
    for stranger in &strangers {
        for query in ["", "&days=0"] {
            let answer = async |id: i64| {
                let path = format!("/doctors/{}/availability?date=2030-01-08&moving={id}{query}", doctor.id);
                let answer = stranger.get(&path).await;
                (answer.status, answer.body, answer.headers)
            };
            let (absent, foreign) = (answer(999).await, answer(foreign).await);
            assert_eq!(absent, foreign);
            assert_eq!(absent.0, 403, "{}", absent.1);
        }
    }
    for (method, verb) in [
        ("GET", ""),
        ("GET", "/calendar"),
        ("POST", "/cancel"),
        ("POST", "/reschedule"),
        ("POST", "/done"),
        ("POST", "/no_show"),
        ("POST", "/reopen"),
        ("PATCH", ""),
    ] {
        for body in [Some(body.as_str()), Some("{}"), Some("{\"start_date\":\"2030-01-01T00:00:00Z\"}")] {
            for headers in [&json[..], &json[..1]] {
                for stranger in &strangers {
                    let answer = async |id: i64| {
                        let answer = stranger.send(method, &format!("/appointments/{id}{verb}"), body, headers).await;
                        (answer.status, answer.body, answer.headers)
                    };
                    let (absent, foreign) = (answer(999).await, answer(foreign).await);
                    assert_eq!(absent, foreign, "{method} {verb}");
                    assert_eq!(absent.0, 403, "{method} {verb}: {}", absent.1);
                }
            }
        }
        receptionist
            .send(method, &format!("/appointments/999{verb}"), Some(&body), &json)
            .await
            .problem(404, "not-found");
    }
}
