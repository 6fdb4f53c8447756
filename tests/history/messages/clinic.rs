//! The clinic of a history of messages: its functions on a clock that jumps, its accounts, and the record of all calls.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use chrono::DateTime;
use lambda::{Answer, Function, Program, Request, Unanswered};
use rounds_auth::{PublicKeys, SigningKey};
use rounds_domain::Caller;
use rounds_local::{KeyFiles, tied};
use serde_json::{Value, json};

use super::{
    MessageSetup,
    clock::{Clock, moment},
    record::address,
};
use crate::{
    engine::Engine,
    planted::plant,
    programs::{ADMIN, PASSWORD},
    record::{Call, NEVER, Op, Outcome},
    world::{lock, outcome},
};

/// The number of instances of each function.
const INSTANCES: usize = 4;
/// How long before its start a patient is reminded of an appointment, in minutes.
pub(super) const REMINDER_MINUTES: [i64; 2] = [60, 20];
/// The limits of failed sign-ins and registrations. All requests come from one source.
const LIMITS: [&str; 4] =
    ["LOGINS_PER_EMAIL_AND_SOURCE", "LOGINS_PER_SOURCE", "LOGINS_PER_EMAIL", "REGISTRATIONS_PER_SOURCE"];

/// A patient who has signed in.
#[derive(Clone)]
pub(super) struct Patient {
    pub(super) id: i64,
    pub(super) email: String,
    pub(super) caller: Caller,
}

pub(super) struct Clinic {
    pub(super) clock: Arc<Clock>,
    auth: Arc<Function>,
    doctors: Arc<Function>,
    appointments: Arc<Function>,
    key: SigningKey,
    public_keys: PublicKeys,
    admin: Option<Caller>,
    pub(super) doctor_ids: Vec<i64>,
    pub(super) patients: Vec<Patient>,
    /// The patients who have no email.
    pub(super) unreachable: Vec<i64>,
    pub(super) calls: Mutex<Vec<Call>>,
    /// The appointments that a client got in a response.
    pub(super) known: Mutex<Vec<i64>>,
}

/// What every program of the clinic needs.
pub(super) struct Programs<'a> {
    pub(super) setup: &'a MessageSetup,
    pub(super) folder: &'a Path,
    pub(super) clock: &'a Clock,
    variables: Vec<(String, String)>,
}

impl<'a> Programs<'a> {
    pub(super) fn new(
        setup: &'a MessageSetup,
        folder: &'a Path,
        clock: &'a Clock,
        engine: &Engine,
    ) -> Result<(Self, KeyFiles), String> {
        let keys = KeyFiles::in_folder(folder)?;
        let mut variables = vec![
            ("DATABASE_URL".to_owned(), engine.url()),
            ("PUBLIC_KEYS".to_owned(), keys.public_keys.to_string_lossy().into_owned()),
            ("SIGNING_KEY".to_owned(), keys.signing_key.to_string_lossy().into_owned()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
        ];
        variables.extend(LIMITS.map(|limit| (limit.to_owned(), "1000000".to_owned())));
        Ok((Self { setup, folder, clock, variables }, keys))
    }

    fn program(&self, name: &str, skew: i64, more: &[(String, String)]) -> Result<Program, String> {
        let command = tied(&self.setup.functions.join(name).to_string_lossy());
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let command = words.map(|word| word.to_string_lossy().into_owned()).collect();
        Ok(Program { command, variables: [&self.variables, &self.clock.variables(skew)?, more].concat() })
    }

    fn function(&self, name: &str) -> Result<Arc<Function>, String> {
        let program = self.program(name, 0, &[])?;
        Ok(Function::new(std::iter::repeat_n(program, INSTANCES)))
    }

    /// The program of a sender, which sends to an SMTP server on this machine.
    pub(super) fn sender(&self, sender: usize, skew: i64, port: u16) -> Result<Program, String> {
        let variables = [
            ("SMTP_URL", format!("smtp://127.0.0.1:{port}")),
            ("MAIL_FROM", address(sender)),
            ("PUBLIC_URL", "https://clinic.example".into()),
        ];
        self.program("notify", skew, &variables.map(|(name, value)| (name.to_owned(), value)))
    }

    async fn migrate(&self) -> Result<(), String> {
        let mut command = tokio::process::Command::new(self.setup.functions.join("migrate"));
        command.envs(self.variables.iter().cloned()).env("ADMIN_EMAIL", ADMIN).env("ADMIN_PASSWORD", PASSWORD);
        let output = command.output().await.map_err(|error| format!("migrate: {error}"))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("the migration failed: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }
}

impl Clinic {
    /// Migrates the database, and creates the accounts.
    pub(super) async fn begin(
        programs: &Programs<'_>,
        keys: &KeyFiles,
        clock: Arc<Clock>,
        engine: &Engine,
    ) -> Result<Self, String> {
        programs.migrate().await?;
        if let (Engine::File(file), schema @ [_, ..]) = (engine, &programs.setup.schema[..]) {
            plant(file, schema).await?;
        }
        let text = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
        let mut clinic = Self {
            clock,
            auth: programs.function("auth")?,
            doctors: programs.function("doctors")?,
            appointments: programs.function("appointments")?,
            key: SigningKey::from_pem(&text(&keys.signing_key)?).map_err(|error| error.to_string())?,
            public_keys: PublicKeys::from_json(&text(&keys.public_keys)?).map_err(|error| error.to_string())?,
            admin: None,
            doctor_ids: Vec::new(),
            patients: Vec::new(),
            unreachable: Vec::new(),
            calls: Mutex::default(),
            known: Mutex::default(),
        };
        clinic.admin = Some(clinic.sign_in(ADMIN).await?);
        let policy = json!({
            "max_open_bookings": null, "max_appointments_per_day": 1000, "max_booked_mins_per_day": 1440,
            "reminder_minutes": REMINDER_MINUTES,
        });
        clinic.expect("PATCH", "/clinic".into(), policy, true).await?;
        for index in 0..programs.setup.doctors {
            let body = json!({
                "name": format!("Doctor {index}"), "email": format!("doctor{index}@example.org"), "account_type": "Doctor",
            });
            let id = clinic.expect("POST", "/register".into(), body, true).await?["id"].as_i64().unwrap_or_default();
            let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let week = json!(days.map(|day| json!({ "weekday": day, "start": "00:00", "end": "24:00" })));
            clinic.expect("PUT", format!("/doctors/{id}/working_hours"), week, true).await?;
            clinic.doctor_ids.push(id);
        }
        for index in 0..programs.setup.patients {
            let email = format!("patient{index}@example.org");
            let body = json!({
                "name": format!("Patient {index}"), "email": email, "password": PASSWORD, "account_type": "Patient",
            });
            let id = clinic.expect("POST", "/register".into(), body, true).await?["id"].as_i64().unwrap_or_default();
            let caller = clinic.sign_in(&email).await?;
            clinic.patients.push(Patient { id, email, caller });
        }
        clinic.unreachable = clinic.patients.iter().step_by(20).map(|patient| patient.id).collect();
        let ids = clinic.unreachable.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!("DROP TRIGGER logins_deleted; DELETE FROM logins WHERE person_id IN ({ids})");
        engine.execute(&sql).await?;
        Ok(clinic)
    }

    async fn sign_in(&self, email: &str) -> Result<Caller, String> {
        let body = json!({ "email": email, "password": PASSWORD });
        let request = Request { method: "POST", path: "/login".into(), body: Some(body), ..Request::default() };
        let answer = self.send(&request).await.map_err(|Unanswered(reason)| reason)?;
        let now = DateTime::from_timestamp(self.clock.now(), 0).unwrap_or_default();
        rounds_auth::verify_token(&self.public_keys, &answer.body, now).map_err(|_| format!("sign-in: {}", answer.body))
    }

    /// Returns the header with a new token of an account.
    fn bearer(&self, caller: &Caller) -> (&'static str, String) {
        let now = DateTime::from_timestamp(self.clock.now(), 0).unwrap_or_default();
        ("authorization", format!("Bearer {}", rounds_auth::sign(&self.key, caller, now).unwrap_or_default()))
    }

    /// Sends a request that must succeed, before faults are injected.
    async fn expect(&self, method: &'static str, path: String, body: Value, by_admin: bool) -> Result<Value, String> {
        let headers = self.admin.iter().filter(|_| by_admin).map(|admin| self.bearer(admin)).collect();
        let request = Request { method, path, headers, body: Some(body), ..Request::default() };
        let answer = self.send(&request).await.map_err(|Unanswered(reason)| reason)?;
        match answer.status {
            200..300 => Ok(answer.json()),
            status => Err(format!("{} returned {status}: {}", request.path, answer.body)),
        }
    }

    async fn send(&self, request: &Request) -> Result<Answer, Unanswered> {
        let function = match request.path.as_str() {
            "/login" | "/register" | "/forgot_password" => &self.auth,
            path if path.ends_with("/book") || path.starts_with("/appointments") => &self.appointments,
            _ => &self.doctors,
        };
        function.invoke(request).await
    }

    /// Sends a request, and records its outcome.
    pub(super) async fn call(&self, client: usize, op: Op, by: Option<&Caller>, mut request: Request) -> Outcome {
        request.headers.extend(by.map(|caller| self.bearer(caller)));
        let called = moment();
        let outcome = outcome(self.send(&request).await);
        let returned = if matches!(outcome, Outcome::Unknown { .. }) { NEVER } else { moment() };
        lock(&self.calls).push(Call { client, op, called, returned, outcome: outcome.clone() });
        outcome
    }

    pub(super) fn admin(&self) -> Option<&Caller> {
        self.admin.as_ref()
    }

    /// Ends every instance.
    pub(super) async fn end(&self) {
        for function in [&self.auth, &self.doctors, &self.appointments] {
            let mut leases = Vec::new();
            for _ in 0..INSTANCES {
                leases.push(function.lease().await);
            }
            leases.iter_mut().for_each(lambda::Lease::end);
        }
    }
}
