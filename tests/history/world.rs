//! The clinic under test: its programs, its accounts, and the record of all calls.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lambda::{Answer, Fault, Request, Unanswered};
use serde_json::Value;

use crate::{
    Kind, Setup,
    engine::Engine,
    functions::Functions,
    planted::plant,
    programs::Programs,
    record::{Backup, Call, Clinic, Grid, Moment, Op, Outcome, Seconds},
};

/// An account with its token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) token: String,
}

/// A patient, with the accounts that act for them: their own, or those of guardians. A patient without such an account is
/// booked by the staff alone.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    pub(crate) id: i64,
    pub(crate) accounts: Vec<Account>,
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
    /// The appointments of series that a client got in a response.
    pub(crate) in_series: Mutex<Vec<i64>>,
    pub(crate) time_off: Mutex<Vec<(i64, i64)>>,
    pub(crate) closures: Mutex<Vec<i64>>,
    pub(crate) backups: Mutex<Vec<Backup>>,
    /// How long each start after a kill took, from the kill until the program was ready.
    pub(crate) ready_after: Mutex<Vec<Duration>>,
    /// The number of injected faults by kind.
    counts: Mutex<BTreeMap<&'static str, u32>>,
    pub(crate) admin: Account,
    pub(crate) receptionist: Account,
    /// All doctors: those of the grid, the open ones, those who work at night, and the one whose appointments begin about
    /// now.
    pub(crate) doctors: Vec<Account>,
    /// Patients with a login, and those whom the staff alone book.
    pub(crate) patients: Vec<Patient>,
    /// Patients with guardians.
    pub(crate) dependants: Vec<Patient>,
    pub(crate) clinic: Clinic,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Starts the programs on an empty database, and opens the clinic.
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
        // Before the moment 0, so that the clock never seems to be later than it is.
        let clock = chrono::Utc::now().timestamp();
        let mut world = Self {
            programs,
            begun: Instant::now(),
            calls: Mutex::default(),
            known: Mutex::default(),
            in_series: Mutex::default(),
            time_off: Mutex::default(),
            closures: Mutex::default(),
            backups: Mutex::default(),
            ready_after: Mutex::default(),
            counts: Mutex::new(counts),
            admin: Account::default(),
            receptionist: Account::default(),
            doctors: Vec::new(),
            patients: Vec::new(),
            dependants: Vec::new(),
            clinic: Clinic {
                grid: Grid {
                    doctors: Vec::new(),
                    starts: (0..16).map(|slot| day + 8 * 3600 + slot * 1800).collect(),
                    duration: 30,
                    day,
                },
                begun: clock,
                ..Clinic::default()
            },
        };
        match engine {
            _ if setup.schema.is_empty() => {}
            Engine::File(file) => plant(file, &setup.schema).await?,
            Engine::Server(_) => return Err("only the schema of a file can have a bug planted".into()),
        }
        world.open(setup).await?;
        Ok(world)
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
