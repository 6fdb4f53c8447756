//! The clinic under test: the built functions, with several instances of each, over a database.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use lambda::{Answer, Fault, Function, Lease, Program, Request, Unanswered};
use rounds_local::{KeyFiles, tied};
use serde_json::{Value, json};

use crate::{
    Setup,
    engine::Engine,
    planted::plant,
    record::{Call, Grid, Moment, Op, Outcome, Seconds},
};

const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "a long password";
/// The errors of the instances' clocks, in seconds.
const CLOCKS: [i64; 3] = [0, 30, -30];

/// The number of instances of each function.
const INSTANCES: usize = 12;

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
    auth: Arc<Function>,
    doctors: Arc<Function>,
    pub(crate) appointments: Arc<Function>,
    begun: Instant,
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) known: Mutex<Vec<KnownAppointment>>,
    pub(crate) time_off: Mutex<Vec<(i64, i64)>>,
    /// The faults to inject into the next instances that handle an event.
    pub(crate) faults: Mutex<Vec<Fault>>,
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

/// Returns the path of libfaketime, which changes the clock of a program.
fn faketime() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("libfaketime.so.1")).find(|file| file.exists());
    let found = found.ok_or("there is no libfaketime.so.1 in PATH: make installs it")?;
    // The path is resolved, because LD_PRELOAD cannot contain a path with a space.
    found.canonicalize().map_err(|error| format!("{}: {error}", found.display()))
}

impl World {
    /// Starts the functions on an empty database, migrates it several times at once while they get requests, and
    /// registers the accounts.
    pub(crate) async fn begin(setup: &Setup, engine: &Engine, folder: &Path, day: Seconds) -> Result<Self, String> {
        let keys = KeyFiles::in_folder(folder)?;
        let variables = [
            ("DATABASE_URL", engine.url()),
            ("PUBLIC_KEYS", keys.public_keys.to_string_lossy().into_owned()),
            ("SIGNING_KEY", keys.signing_key.to_string_lossy().into_owned()),
        ];
        let variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let faketime = faketime()?;
        let program = |function: &str, clock: i64| {
            let mut variables = variables.clone();
            variables.push(("PATH".into(), std::env::var("PATH").unwrap_or_default()));
            if clock != 0 {
                variables.push(("LD_PRELOAD".into(), faketime.to_string_lossy().into_owned()));
                variables.push(("FAKETIME".into(), format!("{clock:+}s")));
                variables.push(("FAKETIME_DONT_FAKE_MONOTONIC".into(), "1".into()));
            }
            let command = tied(&setup.functions.join(function).to_string_lossy());
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            Program { command: words.map(|word| word.to_string_lossy().into_owned()).collect(), variables }
        };
        let function =
            |name: &'static str| Function::new((0..INSTANCES).map(|index| program(name, CLOCKS[index % CLOCKS.len()])));
        let begun = Instant::now();
        let mut world = Self {
            auth: function("auth"),
            doctors: function("doctors"),
            appointments: function("appointments"),
            begun,
            calls: Mutex::default(),
            known: Mutex::default(),
            time_off: Mutex::default(),
            faults: Mutex::default(),
            counts: Mutex::new(BTreeMap::from([
                ("started unmigrated", INSTANCES as u32),
                ("clock half a minute off", 2 * (INSTANCES - INSTANCES.div_ceil(CLOCKS.len())) as u32),
            ])),
            admin: Account { id: 0, token: String::new() },
            doctor_accounts: Vec::new(),
            patients: Vec::new(),
            grid: Grid { doctors: Vec::new(), starts: Vec::new(), duration: 30, day },
        };
        world.migrate(&setup.functions.join("migrate"), &variables).await?;
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

    /// Migrates the database four times at once, while every instance gets a request.
    async fn migrate(&self, program: &Path, variables: &[(String, String)]) -> Result<(), String> {
        let mut migrations = Vec::new();
        for _ in 0..4 {
            let mut command = tokio::process::Command::new(program);
            command.envs(variables.iter().map(|(name, value)| (name, value)));
            command.env("ADMIN_EMAIL", ADMIN).env("ADMIN_PASSWORD", PASSWORD);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
            migrations.push(command.spawn().map_err(|error| format!("{}: {error}", program.display()))?);
        }
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..INSTANCES {
            let doctors = self.doctors.clone();
            requests.spawn(async move {
                doctors.invoke(&Request { method: "GET", path: "/doctors".into(), ..Request::default() }).await
            });
        }
        for migration in migrations {
            let output = migration.wait_with_output().await.map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err(format!("a migration failed: {}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        while let Some(answer) = requests.join_next().await {
            let answer = answer.map_err(|error| error.to_string())?.map_err(|Unanswered(reason)| reason)?;
            if !matches!(answer.status, 200 | 503) {
                return Err(format!("an unmigrated database led to {}: {}", answer.status, answer.body));
            }
        }
        Ok(())
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
        let answer = self.function(path).invoke(&request).await.map_err(|Unanswered(reason)| reason)?;
        match answer.status {
            200 | 201 => Ok(answer),
            status => Err(format!("{path} returned {status}: {}", answer.body)),
        }
    }

    /// Returns the present moment of the round.
    pub(crate) fn now(&self) -> Moment {
        self.begun.elapsed().as_micros() as Moment
    }

    /// Returns the function to which the gateway would route a path.
    fn function(&self, path: &str) -> &Arc<Function> {
        let of_appointments =
            path.ends_with("/book") || path.starts_with("/appointments") || path.starts_with("/patients");
        match path {
            "/login" | "/register" => &self.auth,
            _ if of_appointments => &self.appointments,
            _ => &self.doctors,
        }
    }

    /// Returns the functions whose instances can be killed or frozen.
    pub(crate) fn functions(&self) -> [&Arc<Function>; 2] {
        [&self.appointments, &self.doctors]
    }

    /// Sends a request as an account, and records its outcome.
    pub(crate) async fn call(&self, client: usize, op: Op, by: &Account, mut request: Request) -> Outcome {
        request.headers.push(("authorization", format!("Bearer {}", by.token)));
        let lease = self.function(&request.path).lease().await;
        let fault = lock(&self.faults).pop();
        let called = self.now();
        let (answer, hit) = lease.invoke(&request, fault).await;
        let returned = self.now();
        match fault {
            Some(Fault::Kill(_)) if hit => self.count("killed at a request", 1),
            Some(Fault::Freeze(..)) if hit => self.count("frozen at a request", 1),
            // The response came before the fault: it is injected into the next instance.
            Some(fault) => lock(&self.faults).push(fault),
            None => {}
        }
        let outcome = outcome(answer);
        let returned = if matches!(outcome, Outcome::Unknown { .. }) { crate::record::NEVER } else { returned };
        lock(&self.calls).push(Call { client, op, called, returned, outcome: outcome.clone() });
        outcome
    }

    /// Counts injected faults.
    pub(crate) fn count(&self, kind: &'static str, times: u32) {
        *lock(&self.counts).entry(kind).or_default() += times;
    }

    /// Returns the number of injected faults by kind.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u32> {
        lock(&self.counts).clone()
    }

    /// Ends every instance, including frozen ones. All leases are held at once: otherwise one instance could be ended
    /// twice and another not at all, which might still have the file locked.
    pub(crate) async fn end(&self) {
        for function in [&self.auth, &self.doctors, &self.appointments] {
            let mut leases = Vec::new();
            for _ in 0..INSTANCES {
                leases.push(function.lease().await);
            }
            leases.iter_mut().for_each(Lease::end);
        }
    }
}

/// Returns the outcome that a response stands for.
fn outcome(answer: Result<Answer, Unanswered>) -> Outcome {
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
