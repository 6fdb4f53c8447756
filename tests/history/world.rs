//! The clinic under test: its programs, its accounts, and the record of all calls.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lambda::{Answer, Fault, Request, Unanswered};
use serde_json::{Value, json};

use crate::{
    Kind, Setup,
    engine::Engine,
    functions::Functions,
    planted::plant,
    programs::{ADMIN, PASSWORD, Programs},
    record::{Backup, Call, Grid, Moment, Op, Outcome, Seconds},
};

/// An account with its token.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: i64,
    token: String,
}

/// An appointment that a client got in a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownAppointment {
    pub(crate) id: i64,
    pub(crate) doctor: i64,
    pub(crate) version: Option<i64>,
}

/// The state that all clients of a round share.
pub(crate) struct World {
    pub(crate) programs: Programs,
    begun: Instant,
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) known: Mutex<Vec<KnownAppointment>>,
    pub(crate) time_off: Mutex<Vec<(i64, i64)>>,
    pub(crate) backups: Mutex<Vec<Backup>>,
    /// How long each start after a kill took, from the kill until the program was ready.
    pub(crate) ready_after: Mutex<Vec<Duration>>,
    /// The number of injected faults by kind.
    counts: Mutex<BTreeMap<&'static str, u32>>,
    pub(crate) admin: Account,
    /// The doctors of the grid, then two whose appointments have any start and duration.
    pub(crate) doctor_accounts: Vec<Account>,
    pub(crate) patients: Vec<Account>,
    pub(crate) grid: Grid,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Starts the programs on an empty database, and registers the accounts.
    pub(crate) async fn begin(
        setup: &Setup,
        kind: Kind,
        engine: &Engine,
        folder: &Path,
        day: Seconds,
    ) -> Result<Self, String> {
        let programs = Programs::start(setup, kind, engine, folder).await?;
        let counts = match &programs {
            Programs::Functions(_) => Functions::faults_at_start(),
            Programs::Serve(_) => BTreeMap::new(),
        };
        let mut world = Self {
            programs,
            begun: Instant::now(),
            calls: Mutex::default(),
            known: Mutex::default(),
            time_off: Mutex::default(),
            backups: Mutex::default(),
            ready_after: Mutex::default(),
            counts: Mutex::new(counts),
            admin: Account { id: 0, token: String::new() },
            doctor_accounts: Vec::new(),
            patients: Vec::new(),
            grid: Grid { doctors: Vec::new(), starts: Vec::new(), duration: 30, day },
        };
        match engine {
            _ if setup.schema.is_empty() => {}
            Engine::File(file) => plant(file, &setup.schema).await?,
            Engine::Server(_) => return Err("only the schema of a file can have a bug planted".into()),
        }
        world.admin = world.login(ADMIN).await?;
        // Without the limit of open bookings, the patients can fill the doctors' days.
        world.expect_success("PATCH", "/clinic", json!({ "max_open_bookings": null }), Some(&world.admin)).await?;
        for index in 0..setup.doctors + 2 {
            let account = world.register("Doctor", index).await?;
            if index < setup.doctors {
                world.grid.doctors.push(account.id);
            }
            world.doctor_accounts.push(account);
        }
        for index in 0..setup.patients {
            let account = world.register("Patient", index).await?;
            world.patients.push(account);
        }
        world.grid.starts = (0..16).map(|slot| day + 8 * 3600 + slot * 1800).collect();
        Ok(world)
    }

    async fn login(&self, email: &str) -> Result<Account, String> {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.expect_success("POST", "/login", body, None).await?;
        Ok(Account { id: 0, token: answer.body })
    }

    async fn register(&self, account_type: &str, index: usize) -> Result<Account, String> {
        let email = format!("{account_type}{index}@example.org");
        let body = json!({
            "name": format!("{account_type} {index}"), "email": email, "password": PASSWORD, "account_type": account_type,
        });
        let id = self.expect_success("POST", "/register", body, Some(&self.admin)).await?.json()["id"].as_i64();
        Ok(Account { id: id.unwrap_or_default(), ..self.login(&email).await? })
    }

    /// Sends a request that must succeed, before faults are injected.
    async fn expect_success(
        &self,
        method: &'static str,
        path: &str,
        body: Value,
        by: Option<&Account>,
    ) -> Result<Answer, String> {
        let headers = by.map(|account| ("authorization", format!("Bearer {}", account.token))).into_iter().collect();
        let request = Request { method, path: path.into(), headers, body: Some(body), ..Request::default() };
        let answer = self.programs.send(&request).await.map_err(|Unanswered(reason)| reason)?;
        match answer.status {
            200 | 201 => Ok(answer),
            status => Err(format!("{path} returned {status}: {}", answer.body)),
        }
    }

    /// Returns the present moment of the round.
    pub(crate) fn now(&self) -> Moment {
        self.begun.elapsed().as_micros() as Moment
    }

    /// Sends a request as an account, and records its outcome.
    pub(crate) async fn call(&self, client: usize, op: Op, by: &Account, mut request: Request) -> Outcome {
        request.headers.push(("authorization", format!("Bearer {}", by.token)));
        let (called, answer) = match &self.programs {
            Programs::Functions(functions) => {
                let lease = functions.of(&request.path).lease().await;
                let called = self.now();
                let (answer, injected) = functions.send(lease, &request).await;
                match injected {
                    Some(Fault::Kill(_)) => self.count("killed at a request", 1),
                    Some(Fault::Freeze(..)) => self.count("frozen at a request", 1),
                    None => {}
                }
                (called, answer)
            }
            Programs::Serve(serve) => {
                let called = self.now();
                let (answer, is_cut) = serve.send_or_cut(&request).await;
                self.count("connections cut", u32::from(is_cut));
                (called, answer)
            }
        };
        let returned = self.now();
        let outcome = outcome(answer);
        let returned = if matches!(outcome, Outcome::Unknown { .. }) { crate::record::NEVER } else { returned };
        lock(&self.calls).push(Call { client, op, called, returned, outcome: outcome.clone() });
        outcome
    }

    /// Counts injected faults.
    pub(crate) fn count(&self, kind: &'static str, times: u32) {
        if times == 0 {
            return;
        }
        *lock(&self.counts).entry(kind).or_default() += times;
    }

    /// Returns the number of injected faults by kind.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u32> {
        lock(&self.counts).clone()
    }
}

/// Returns the outcome that a response stands for.
pub(crate) fn outcome(answer: Result<Answer, Unanswered>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Unanswered(reason)) => return Outcome::Unknown { reason },
    };
    let body = answer.json();
    match answer.status {
        200..300 => {
            let version =
                answer.headers.get("etag").and_then(|tag| tag.trim_matches('"').split('-').next()?.parse().ok());
            Outcome::Ok { body, version }
        }
        // Only this problem says that the change may have been made.
        503 if body["type"] == "/problems/unconfirmed" => Outcome::Unknown { reason: "503".into() },
        status => {
            let kinds = body["violations"].as_array().filter(|_| status == 409);
            let name = |kind: &Value| kind.as_str().unwrap_or_default().to_owned();
            let conflicts = kinds.map(|kinds| kinds.iter().map(name).collect());
            Outcome::Refused { status, conflicts }
        }
    }
}
