//! A request of every route, as a program would send it.

use lambda::Request;
use serde_json::json;

use crate::{
    clinic::{Clinic, with},
    generate::Network,
};

/// A route, and how it is asked.
pub(crate) struct Route {
    /// As the README writes it.
    pub(crate) name: &'static str,
    pub(crate) function: &'static str,
    /// What a good answer is.
    pub(crate) status: u16,
    pub(crate) kind: Kind,
    /// The request of a number: one that changes something is asked with each number once.
    pub(crate) request: fn(&Clinic, usize) -> Request,
}

/// What a route has to do besides its statements, and so what its floor has to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it reads.
    Reads,
    /// A commit.
    Writes,
    /// A token to sign.
    Signs,
    /// A commit, and so many passwords to hash or compare.
    Hashes(u32),
}

use Kind::{Hashes, Reads, Signs, Writes};

/// The functions; `docs` and `web` have no database.
pub(crate) const FUNCTIONS: [&str; 7] = ["auth", "doctors", "appointments", "reports", "docs", "web", "migrate"];

/// All of them, but for the migration, which has none.
pub(crate) fn routes() -> Vec<Route> {
    [auth(), doctors(), appointments(), reports(), docs(), web()].into_iter().flatten().collect()
}

/// The route of a name.
pub(crate) fn of_name(name: &str) -> Result<Route, String> {
    routes().into_iter().find(|route| route.name == name).ok_or_else(|| format!("there is no route {name}"))
}

/// Whether a function has a database.
pub(crate) fn has_database(function: &str) -> bool {
    !["docs", "web"].contains(&function)
}

fn route(
    name: &'static str,
    function: &'static str,
    status: u16,
    kind: Kind,
    request: fn(&Clinic, usize) -> Request,
) -> Route {
    Route { name, function, status, kind, request }
}

pub(crate) fn by_anyone(method: &'static str, path: &str) -> Request {
    Request { method, path: path.to_owned(), ..Request::default() }
}

fn auth() -> Vec<Route> {
    let of = |name, status, kind, request| route(name, "auth", status, kind, request);
    vec![
        of("GET /.well-known/jwks.json", 200, Reads, |_, _| by_anyone("GET", "/.well-known/jwks.json")),
        of("POST /login", 200, Hashes(1), |clinic, n| {
            let email = clinic.network.email(clinic.patient(n));
            with(json!({ "email": email, "password": Network::PASSWORD }), by_anyone("POST", "/login"))
        }),
        of("POST /register", 201, Hashes(1), |clinic, n| {
            let account = json!({
                "name": "Ada Quillfeather", "email": format!("new-{n}@bench.example"), "account_type": "Patient",
                "password": "correct horse battery",
            });
            with(account, clinic.by_admin("POST", "/register"))
        }),
        of("GET /me", 200, Reads, |clinic, _| clinic.by_patient(0, "GET", "/me")),
        of("PATCH /me", 200, Writes, |clinic, n| {
            with(json!({ "name": format!("Ada {n}") }), clinic.by_patient(n, "PATCH", "/me"))
        }),
        // As much is held about the Admin in any network.
        of("GET /me/export", 200, Reads, |clinic, _| clinic.by_admin("GET", "/me/export")),
        of("POST /me/token", 200, Signs, |clinic, _| clinic.by_patient(0, "POST", "/me/token")),
        of("POST /me/password", 204, Hashes(2), |clinic, n| {
            let change = json!({ "old_password": Network::PASSWORD, "new_password": "correct horse battery" });
            // Others than those below, whose tokens have to stand.
            with(change, clinic.by_patient(1000 + n, "POST", "/me/password"))
        }),
        of("GET /accounts", 200, Reads, |clinic, _| clinic.by_admin("GET", "/accounts")),
        of("POST /accounts/{account_id}/password", 204, Hashes(1), |clinic, n| {
            let path = format!("/accounts/{}/password", clinic.patient(2000 + n));
            with(json!({ "new_password": "correct horse battery" }), clinic.by_admin("POST", path))
        }),
        of("POST /accounts/{account_id}/deactivate", 204, Writes, |clinic, n| {
            clinic.by_admin("POST", format!("/accounts/{}/deactivate", clinic.own.patients + n as i64))
        }),
        of("POST /accounts/{account_id}/activate", 204, Writes, |clinic, n| {
            clinic.by_admin("POST", format!("/accounts/{}/activate", clinic.own.patients + n as i64))
        }),
        of("POST /accounts/{account_id}/erase", 204, Writes, |clinic, n| {
            clinic.by_admin("POST", format!("/accounts/{}/erase", clinic.own.patients + n as i64))
        }),
    ]
}

fn doctors() -> Vec<Route> {
    let of = |name, status, kind, request| route(name, "doctors", status, kind, request);
    vec![
        of("GET /doctors", 200, Reads, |_, _| by_anyone("GET", "/doctors")),
        of("GET /doctors/{doctor_id}", 200, Reads, |clinic, _| {
            by_anyone("GET", &format!("/doctors/{}", clinic.doctor(7)))
        }),
        of("PATCH /doctors/{doctor_id}", 200, Writes, |clinic, n| {
            let path = format!("/doctors/{}", clinic.doctor(n));
            with(json!({ "details": format!("Room {n}") }), clinic.by_doctor(n, "PATCH", path))
        }),
        of("GET /doctors/{doctor_id}/slots", 200, Reads, |clinic, _| {
            let path = format!("/doctors/{}/slots?date={}", clinic.doctor(7), clinic.network.future_day);
            clinic.by_patient(0, "GET", path)
        }),
        of("GET /doctors/{doctor_id}/availability", 200, Reads, |clinic, _| {
            let path = format!("/doctors/{}/availability?date={}", clinic.doctor(7), clinic.network.future_day);
            clinic.by_patient(0, "GET", path)
        }),
        of("GET /availability", 200, Reads, |clinic, _| {
            clinic.by_patient(0, "GET", format!("/availability?date={}", clinic.network.future_day))
        }),
        of("GET /doctors/available", 200, Reads, |clinic, _| {
            clinic.by_admin("GET", format!("/doctors/available?date={}", clinic.network.future_day))
        }),
        of("GET /doctors/{doctor_id}/working_hours", 200, Reads, |clinic, _| {
            clinic.by_patient(0, "GET", format!("/doctors/{}/working_hours", clinic.doctor(7)))
        }),
        of("PUT /doctors/{doctor_id}/working_hours", 200, Writes, |clinic, n| {
            let week = json!([{ "weekday": "Mon", "start": "08:00", "end": "12:00" }, { "weekday": "Tue", "start": "08:00", "end": "18:00" }]);
            // Others than those below, who have to be at work.
            let path = format!("/doctors/{}/working_hours", clinic.doctor(500 + n));
            with(week, clinic.by_doctor(500 + n, "PUT", path))
        }),
        of("GET /doctors/{doctor_id}/time_off", 200, Reads, |clinic, _| {
            clinic.by_doctor(7, "GET", format!("/doctors/{}/time_off", clinic.doctor(7)))
        }),
        of("POST /doctors/{doctor_id}/time_off", 201, Writes, |clinic, n| {
            let day = clinic.network.last_day + chrono::Days::new(210);
            let time = json!({ "start_date": format!("{day}T00:00:00Z"), "end_date": format!("{day}T12:00:00Z") });
            with(time, clinic.by_doctor(n, "POST", format!("/doctors/{}/time_off", clinic.doctor(n))))
        }),
        of("DELETE /doctors/{doctor_id}/time_off/{time_off_id}", 204, Writes, |clinic, n| {
            let path = format!("/doctors/{}/time_off/{}", clinic.doctor(n), clinic.own.time_off + n as i64);
            clinic.by_doctor(n, "DELETE", path)
        }),
        of("GET /clinic", 200, Reads, |_, _| by_anyone("GET", "/clinic")),
        of("PATCH /clinic", 200, Writes, |clinic, n| {
            with(json!({ "name": format!("Clinic {n}") }), clinic.by_admin("PATCH", "/clinic"))
        }),
    ]
}

fn appointments() -> Vec<Route> {
    let of = |name, status, kind, request| route(name, "appointments", status, kind, request);
    vec![
        of("GET /appointments", 200, Reads, |clinic, _| {
            // As many are answered in any network.
            clinic.by_admin("GET", format!("/appointments?date={}", clinic.network.future_day))
        }),
        of("GET /appointments/{appointment_id}", 200, Reads, |clinic, _| {
            clinic.by_doctor(7, "GET", format!("/appointments/{}", clinic.own.to_cancel + 7))
        }),
        of("GET /patients/{patient_id}/history", 200, Reads, |clinic, _| {
            clinic.by_patient(0, "GET", format!("/patients/{}/history?limit=3", clinic.patient(0)))
        }),
        of("POST /doctors/{doctor_id}/book", 201, Writes, |clinic, n| {
            let booking = json!({ "start_date": clinic.free_time("09:00"), "duration": 30 });
            with(booking, clinic.by_patient(n, "POST", format!("/doctors/{}/book", clinic.doctor(n))))
        }),
        of("POST /appointments/{appointment_id}/reschedule", 200, Writes, |clinic, n| {
            let path = format!("/appointments/{}/reschedule", clinic.own.to_move + n as i64);
            with(json!({ "start_date": clinic.free_time("11:00") }), clinic.by_doctor(n, "POST", path))
        }),
        of("POST /appointments/{appointment_id}/cancel", 200, Writes, |clinic, n| {
            clinic.by_doctor(n, "POST", format!("/appointments/{}/cancel", clinic.own.to_cancel + n as i64))
        }),
        of("POST /appointments/{appointment_id}/done", 200, Writes, |clinic, n| {
            clinic.by_doctor(n, "POST", format!("/appointments/{}/done", clinic.own.to_mark + n as i64))
        }),
        of("POST /appointments/{appointment_id}/no_show", 200, Writes, |clinic, n| {
            clinic.by_doctor(n, "POST", format!("/appointments/{}/no_show", clinic.own.to_mark + n as i64))
        }),
    ]
}

fn reports() -> Vec<Route> {
    let of = |name, status, kind, request| route(name, "reports", status, kind, request);
    vec![
        of("GET /doctors/by_top_appointments", 200, Reads, |clinic, _| {
            clinic.by_admin("GET", format!("/doctors/by_top_appointments?date={}", clinic.network.future_day))
        }),
        of("GET /doctors/with_six_hours_plus", 200, Reads, |clinic, _| {
            clinic.by_admin("GET", format!("/doctors/with_six_hours_plus?date={}", clinic.network.future_day))
        }),
        of("GET /audit", 200, Reads, |clinic, _| clinic.by_admin("GET", "/audit")),
    ]
}

fn docs() -> Vec<Route> {
    let of = |name, request| route(name, "docs", 200, Reads, request);
    vec![
        of("GET /docs", |_, _| by_anyone("GET", "/docs")),
        of("GET /docs/{asset}", |_, _| by_anyone("GET", "/docs/page.js")),
        of("GET /openapi.json", |_, _| by_anyone("GET", "/openapi.json")),
        of("GET /problems/{problem}", |_, _| by_anyone("GET", "/problems/forbidden")),
    ]
}

fn web() -> Vec<Route> {
    vec![route("GET /", "web", 200, Reads, |_, _| by_anyone("GET", "/"))]
}
