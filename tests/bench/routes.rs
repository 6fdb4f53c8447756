//! Requests of every route: the samples of the routes, filled with values of a clinic.

use chrono::Days;
use lambda::Request;
use rounds_http::{Actor, Route as Declared, Verb};

use crate::{clinic::Clinic, generate::Network};

/// A route and its requests.
pub(crate) struct Route {
    /// `GET /doctors/{doctor_id}`
    pub(crate) name: String,
    pub(crate) function: &'static str,
    /// The status of a success.
    pub(crate) status: u16,
    pub(crate) kind: Kind,
    declared: Declared,
}

/// The work of a route besides its statements. The floor has to do it too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// None: it only reads.
    Reads,
    /// A commit.
    Writes,
    /// A token to sign.
    Signs,
    /// A commit, and this number of passwords to hash or compare.
    Hashes(u32),
}

use Kind::{Hashes, Reads, Signs, Writes};

/// Routes to request as an Admin: registrations by others are limited, and some responses have the same size for an
/// Admin in any network.
const BY_ADMIN: [&str; 3] = ["POST /register", "GET /me/export", "GET /appointments"];

/// Routes that change sessions or working hours, or that book at the same times as another route, with the number of the
/// first account that they use. Other routes use lower numbers, so they are not affected.
const FIRST_ACCOUNTS: [(&str, usize); 4] = [
    ("POST /appointments", 1500),
    ("POST /me/password", 1000),
    ("POST /accounts/{account_id}/password", 2000),
    ("PUT /doctors/{doctor_id}/working_hours", 500),
];

/// Returns all functions. `migrate` has no routes.
pub(crate) fn functions() -> Vec<&'static str> {
    let mut functions = rounds_local::function_names();
    functions.push("migrate");
    functions
}

/// Routes that are not measured. Some need a message that has failed, an appointment type, a closure, a mark of today, patients without
/// logins, or the secret of a link or a feed. Others count as a failed sign-in. A series is as many bookings. Two are for monitoring.
const NOT_MEASURED: [&str; 22] = [
    "/verify_email",
    "/reset_password",
    "/forgot_password",
    "/messages/{message_id}/retry",
    "/messages/{message_id}/done",
    "/links/{token}",
    "/links/{token}/confirm",
    "/links/{token}/cancel",
    "/links/{token}/reschedule",
    "/feeds/{file}",
    "/healthz",
    "/readyz",
    "/appointment_types/{type_id}",
    "/appointments/{appointment_id}/reopen",
    "/appointments/{appointment_id}/arrival",
    "/appointments/series",
    "/closures/{closure_id}",
    "/patients/{patient_id}",
    "/patients/{patient_id}/guardians/{account_id}",
    "/patients/{patient_id}/merge",
    "/patients/{patient_id}/invite",
    "/me/patients",
];

/// Returns all routes but those above and the scripts of the web app, whose time depends on their size only.
pub(crate) fn routes() -> Vec<Route> {
    let api = rounds_local::api();
    let measured =
        api.routes().iter().filter(|route| route.path != "/web/{file}" && !NOT_MEASURED.contains(&route.path));
    measured.cloned().map(Route::of).collect()
}

/// Returns the route with this name.
pub(crate) fn route_named(name: &str) -> Result<Route, String> {
    routes().into_iter().find(|route| route.name == name).ok_or_else(|| format!("there is no route {name}"))
}

/// Returns whether a function has a database.
pub(crate) fn has_database(function: &str) -> bool {
    function == "migrate" || routes().iter().any(|route| route.function == function && route.declared.has_database)
}

pub(crate) fn by_anyone(method: &'static str, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request { method, path: path.to_owned(), query: query.to_owned(), ..Request::default() }
}

impl Route {
    fn of(declared: Declared) -> Self {
        let name = declared.name();
        let kind = match name.as_str() {
            "POST /me/token" => Signs,
            "POST /login" | "POST /register" | "POST /me/email" | "POST /accounts/{account_id}/password" => Hashes(1),
            "POST /me/password" => Hashes(2),
            _ if declared.verb == Verb::Get => Reads,
            _ => Writes,
        };
        Self { name, function: declared.function, status: declared.status, kind, declared }
    }

    /// Returns the request with this number. A request that changes something is sent once per number.
    pub(crate) fn request(&self, clinic: &Clinic, number: usize) -> Request {
        let sample = &self.declared.samples[0];
        let mut value = |name: &str| self.value(clinic, name, number);
        let mut path = sample.target(self.declared.path, &mut value);
        if self.declared.path == "/patients/{patient_id}/history" {
            // This query returns the same number of rows in any network.
            path += "?limit=3";
        }
        let method = self.declared.verb.as_str();
        let request = match self.declared.access.any_allowed() {
            _ if BY_ADMIN.contains(&self.name.as_str()) => clinic.by_admin(method, path),
            Actor::Anonymous => by_anyone(method, &path),
            Actor::Patient | Actor::OtherPatient => clinic.by_patient(self.patient(number), method, path),
            Actor::Doctor | Actor::OtherDoctor => clinic.by_doctor(self.doctor(number), method, path),
            Actor::Receptionist | Actor::Admin => clinic.by_admin(method, path),
        };
        Request { body: sample.json(&mut value), ..request }
    }

    /// Returns the value of a placeholder.
    fn value(&self, clinic: &Clinic, name: &str, number: usize) -> String {
        let row = number as i64;
        let id = match name {
            "doctor_id" => clinic.doctor(self.doctor(number)),
            "patient_id" => clinic.patient(self.patient(number)),
            "account_id" if self.first_account() > 0 => clinic.patient(self.patient(number)),
            "account_id" | "deactivated" => clinic.own.patients + row,
            "appointment_id" if self.kind == Reads => clinic.own.to_cancel + self.doctor(number) as i64,
            "appointment_id" if self.declared.path.ends_with("/cancel") => clinic.own.to_cancel + row,
            "appointment_id" => clinic.own.to_reschedule + row,
            "started" => clinic.own.to_mark + row,
            "time_off_id" => clinic.own.time_off + row,
            "email" => return clinic.network.email(clinic.patient(self.patient(number))),
            // Another address for each route.
            "new_email" => return format!("new{}-{number}@bench.example", self.declared.path.replace('/', "-")),
            "password" => return Network::PASSWORD.to_owned(),
            "day" if self.kind == Reads => return clinic.network.future_day.to_string(),
            // Days without other bookings.
            "day" if self.declared.path.ends_with("/time_off") || self.declared.path == "/closures" => {
                return (clinic.network.last_day + Days::new(210)).to_string();
            }
            "day" => return (clinic.network.last_day + Days::new(100)).to_string(),
            other => return format!("{{{other}}}"),
        };
        id.to_string()
    }

    /// Returns the number of the first account that the route uses; 0 if it is not in the list.
    fn first_account(&self) -> usize {
        FIRST_ACCOUNTS.iter().find(|(name, _)| *name == self.name).map_or(0, |(_, first)| *first)
    }

    /// Read routes always use the same doctor.
    fn doctor(&self, number: usize) -> usize {
        if self.kind == Reads { 7 } else { self.first_account() + number }
    }

    fn patient(&self, number: usize) -> usize {
        if [Reads, Signs].contains(&self.kind) { 0 } else { self.first_account() + number }
    }
}
