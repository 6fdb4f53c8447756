//! Who may do what, as `permissions.txt` has it, asked of the running functions.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use rounds_auth::{PublicKeys, SigningKey};
use rounds_domain::Caller;

use crate::{
    database::routes,
    support::{
        Actor, Answer, Clinic, PASSWORD, Server, TestDatabase, Value, json, new_operation, repository, settings,
    },
};

const ACTORS: [&str; 8] =
    ["anonymous", "Patient", "other-Patient", "Doctor", "other-Doctor", "Admin", "deactivated", "expired"];

/// The rows: a route, and the status for each actor.
fn matrix() -> Vec<(String, Vec<u16>)> {
    let text = std::fs::read_to_string(repository("tests/http/permissions.txt")).unwrap();
    let header = text.lines().find(|line| line.starts_with("# route")).unwrap();
    assert_eq!(header.split_whitespace().skip(2).collect::<Vec<_>>(), ACTORS);
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| {
        let (route, statuses) = row.split_once("  ").unwrap();
        let statuses: Vec<u16> = statuses.split_whitespace().map(|status| status.parse().unwrap()).collect();
        assert_eq!(statuses.len(), ACTORS.len(), "{row}");
        (route.to_owned(), statuses)
    })
    .collect()
}

/// What is added to a good request, and is known nowhere.
#[derive(Clone, Copy, Debug)]
enum Added {
    Nothing,
    Parameter,
    Member,
}

/// The running functions, and everybody who asks something of them.
struct World {
    clinic: Clinic,
    actors: Vec<Actor>,
    /// An appointment that has started, and one that has not.
    started: i64,
    ahead: i64,
    days: i64,
    server: Server,
}

impl World {
    async fn begin() -> Self {
        let keys = settings().keys;
        let server = Server::start_with(TestDatabase::of_this_run(), |settings| settings.keys = keys.clone()).await;
        let clinic = server.clinic();
        let (admin, deactivated) = (clinic.admin().await, clinic.admin_of_their_own().await);
        let (patient, other_patient) = (clinic.patient().await, clinic.patient().await);
        let (doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
        let deactivation = format!("/accounts/{}/deactivate", deactivated.id);
        assert_eq!(admin.send("POST", &deactivation, None, &[]).await.status, 204);
        let expired = Actor { token: Some(expired_token(&keys.signing_key, &admin).await), ..clinic.anonymous() };
        let day = clinic.day();
        let ahead = patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
        let started = started(&server, doctor.id, patient.id).await;
        let actors =
            vec![clinic.anonymous(), patient, other_patient, doctor, other_doctor, admin, deactivated, expired];
        Self { clinic, actors, started, ahead, days: 20, server }
    }

    fn actor(&self, name: &str) -> &Actor {
        &self.actors[ACTORS.iter().position(|actor| *actor == name).unwrap()]
    }

    /// What an actor is answered to a good request, and to one with something added.
    async fn answer(&mut self, route: &str, actor: usize, added: Added) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let (path, variant) = path.split_once(' ').unwrap_or((path, ""));
        let mut body = self.body(method, path, variant, actor).await;
        let mut path = self.path(path).await;
        if variant == "(moving)" {
            path = format!("{path}&moving={}", self.ahead);
        }
        match added {
            Added::Nothing => {}
            Added::Parameter => path += if path.contains('?') { "&nonsense=1" } else { "?nonsense=1" },
            Added::Member => {
                *(if body.is_array() { &mut body[0]["nonsense"] } else { &mut body["nonsense"] }) = json!(1)
            }
        }
        let actor = &self.actors[actor];
        let headers: &[_] = if body.is_null() { &[] } else { &[("content-type", "application/json")] };
        let body = if body.is_null() { None } else { Some(body.to_string()) };
        actor.send(method, &path, body.as_deref(), headers).await
    }

    async fn path(&self, path: &str) -> String {
        let started = path.ends_with("/done") || path.ends_with("/no_show");
        let appointment = if started { self.started } else { self.ahead };
        let mut filled = path
            .replace("{doctor_id}", &self.actor("Doctor").id.to_string())
            .replace("{patient_id}", &self.actor("Patient").id.to_string())
            .replace("{appointment_id}", &appointment.to_string())
            .replace("{problem}", "forbidden")
            .replace("{asset}", "page.js")
            .replace("{file}", ::web::ASSETS[0].0);
        if path.contains("{account_id}") {
            filled = filled.replace("{account_id}", &self.clinic.patient().await.id.to_string());
        }
        if path.contains("{time_off_id}") {
            let taken = self.actor("Doctor").post(path_of_time_off(&filled), off(900)).await.expect(201);
            filled = filled.replace("{time_off_id}", &taken["id"].to_string());
        }
        let dated = ["slots", "availability", "available", "by_top_appointments", "with_six_hours_plus"];
        if dated.iter().any(|name| filled.ends_with(name)) { format!("{filled}?date=2030-01-08") } else { filled }
    }

    async fn body(&mut self, method: &str, path: &str, variant: &str, actor: usize) -> Value {
        self.days += 1;
        let at = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%dT12:00:00Z").to_string();
        match (method, path) {
            ("POST", "/login") => json!({ "email": self.actor("Patient").email, "password": PASSWORD }),
            ("POST", "/register") => {
                let account_type = variant.trim_matches(['(', ')']);
                let account_type = if account_type.is_empty() { "Patient" } else { account_type };
                let email = format!("{actor}.{}@example.org", self.days);
                json!({ "name": "New", "email": email, "password": PASSWORD, "account_type": account_type })
            }
            ("PATCH", "/me") => json!({ "name": "Somebody" }),
            ("POST", "/me/password") => json!({ "old_password": PASSWORD, "new_password": PASSWORD }),
            ("POST", "/accounts/{account_id}/password") => json!({ "new_password": PASSWORD }),
            ("PATCH", "/doctors/{doctor_id}") => json!({ "specialty": "Cardiology" }),
            ("PUT", _) => json!([{ "weekday": "Mon", "start": "00:00", "end": "24:00" }]),
            ("POST", "/doctors/{doctor_id}/time_off") => off(self.days + 1000),
            ("PATCH", "/clinic") => json!({ "name": "A clinic" }),
            ("POST", "/doctors/{doctor_id}/book") => {
                // Its hours may have been replaced by a row before.
                let doctor = self.actor("Doctor");
                let hours = format!("/doctors/{}/working_hours", doctor.id);
                let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                let week = days.map(|day| json!({ "weekday": day, "start": "00:00", "end": "24:00" }));
                let json = [("content-type", "application/json")];
                assert_eq!(doctor.send("PUT", &hours, Some(&json!(week).to_string()), &json).await.status, 200);
                json!({ "start_date": at(self.days), "duration": 30 })
            }
            ("POST", "/appointments/{appointment_id}/reschedule") => json!({ "start_date": at(10), "duration": 30 }),
            _ => Value::Null,
        }
    }
}

fn path_of_time_off(path: &str) -> &str {
    path.rsplit_once('/').unwrap().0
}

fn off(days: i64) -> Value {
    let at = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%dT00:00:00Z").to_string();
    json!({ "start_date": at(days), "end_date": at(days + 1) })
}

/// A token that was an Admin's an hour and a minute ago.
async fn expired_token(key: &std::path::Path, admin: &Actor) -> String {
    let key = SigningKey::from_pem(&std::fs::read_to_string(key).unwrap()).unwrap();
    let keys = PublicKeys::from_json(&key.public_keys()).unwrap();
    let caller = rounds_auth::verify_token(&keys, admin.token.as_ref().unwrap(), Utc::now()).unwrap();
    let then = Utc::now() - TimeDelta::minutes(61);
    rounds_auth::sign(&key, &Caller { signed_in_at: then, ..caller }, then).unwrap()
}

/// An appointment that has started. Nobody can book that: it is written by a program whose clock is behind.
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
         INSERT OR IGNORE INTO days VALUES ({day}, {day} + 86400, {weekday}, 1440, 0);
         INSERT INTO appointments
           (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, operation_id)
         VALUES ({doctor}, {patient}, {patient}, {start}, 15, {start}, {start} + 900, {operation})"
    );
    connection.execute_batch(&insert).await.unwrap();
    let mut rows = connection.query("SELECT max(id) FROM appointments", ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn every_cell_of_the_permission_matrix_is_answered_as_written() {
    let matrix = matrix();
    let mut world = World::begin().await;
    let mut wrong = Vec::new();
    for (route, statuses) in &matrix {
        for (actor, expected) in statuses.iter().enumerate() {
            let status = world.answer(route, actor, Added::Nothing).await.status;
            if status != *expected {
                wrong.push(format!("{route} for {}: {status} and not {expected}", ACTORS[actor]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), world.server.log());
    let rows: BTreeSet<&str> = matrix.iter().map(|(route, _)| route.split(" (").next().unwrap()).collect();
    for route in routes(&world.clinic).await {
        assert!(rows.contains(route.as_str()), "{route} has no row");
    }
}

/// Only pages, and what they are made of, ignore what they do not know.
#[tokio::test]
async fn what_is_not_known_is_refused_and_named_after_the_permission_was_checked() {
    let pages = ["GET /", "GET /web/{file}", "GET /docs", "GET /docs/{asset}", "GET /problems/{problem}"];
    let mut world = World::begin().await;
    let mut wrong = Vec::new();
    for (route, statuses) in &matrix() {
        for (actor, permitted) in statuses.iter().enumerate() {
            for added in [Added::Parameter, Added::Member] {
                let answer = world.answer(route, actor, added).await;
                let expected = match (*permitted, ACTORS[actor]) {
                    (200..300, _) if pages.contains(&route.as_str()) => 200,
                    // Whoever is refused is told that their token was ended, where there is a database to ask.
                    (200..300, "deactivated") if route != "GET /openapi.json" => 401,
                    (200..300, _) => 422,
                    (refused, _) => refused,
                };
                let named = expected != 422 || answer.body.contains("/nonsense\"");
                if answer.status != expected || !named {
                    wrong.push(format!("{route} for {}, {added:?}: {} {}", ACTORS[actor], answer.status, answer.body));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// To everybody else, one that is not theirs is the same as none.
#[tokio::test]
async fn only_an_admin_can_tell_an_absent_appointment_from_a_foreign_one() {
    let clinic = Clinic::at("2030-01-07T08:00:00Z").await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let strangers = [clinic.doctor().await, clinic.patient().await];
    let foreign = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let body = json!({ "start_date": "2030-01-08T12:00:00Z", "duration": 30, "reason": "x" }).to_string();
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
    for (method, verb) in
        [("GET", ""), ("POST", "/cancel"), ("POST", "/reschedule"), ("POST", "/done"), ("POST", "/no_show")]
    {
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
        admin.send(method, &format!("/appointments/999{verb}"), Some(&body), &json).await.problem(404, "not-found");
    }
}
