//! The built functions, with several instances of each.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};

use lambda::{Answer, Fault, Function, Lease, Program, Request, Unanswered};
use rounds_local::{KeyFiles, tied};

use crate::{
    Setup,
    engine::Engine,
    programs::{ADMIN, CLOCKS, PASSWORD, clock_variables},
    world::lock,
};

/// The number of instances of each function.
const INSTANCES: usize = 12;

/// The functions that the clients use.
pub(crate) struct Functions {
    auth: Arc<Function>,
    doctors: Arc<Function>,
    pub(crate) appointments: Arc<Function>,
    patients: Arc<Function>,
    /// The faults to inject into the next instances that handle an event.
    pub(crate) faults: Mutex<Vec<Fault>>,
}

impl Functions {
    /// Starts the functions, and migrates the database several times at once while they get requests.
    pub(crate) async fn start(setup: &Setup, engine: &Engine, folder: &Path) -> Result<Self, String> {
        let keys = KeyFiles::in_folder(folder)?;
        let variables = [
            ("DATABASE_URL", engine.url()),
            ("PUBLIC_KEYS", keys.public_keys.to_string_lossy().into_owned()),
            ("SIGNING_KEY", keys.signing_key.to_string_lossy().into_owned()),
        ];
        let variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let clocks = CLOCKS.map(clock_variables).into_iter().collect::<Result<Vec<_>, _>>()?;
        let program = |function: &str, clock: &[(String, String)]| {
            let mut variables = [&variables, clock].concat();
            variables.push(("PATH".into(), std::env::var("PATH").unwrap_or_default()));
            let command = tied(&setup.functions.join(function).to_string_lossy());
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            Program { command: words.map(|word| word.to_string_lossy().into_owned()).collect(), variables }
        };
        let function =
            |name: &str| Function::new(clocks.iter().cycle().take(INSTANCES).map(|clock| program(name, clock)));
        let functions = Self {
            auth: function("auth"),
            doctors: function("doctors"),
            appointments: function("appointments"),
            patients: function("patients"),
            faults: Mutex::default(),
        };
        functions.migrate(&setup.functions.join("migrate"), &variables).await?;
        Ok(functions)
    }

    /// Returns the number of faults at the start, by kind.
    pub(crate) fn faults_at_start() -> BTreeMap<&'static str, u32> {
        BTreeMap::from([
            ("started unmigrated", INSTANCES as u32),
            ("clock half a minute off", 3 * (INSTANCES - INSTANCES.div_ceil(CLOCKS.len())) as u32),
        ])
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

    /// Returns the function to which the gateway would route a path.
    pub(crate) fn of(&self, path: &str) -> &Arc<Function> {
        let of_appointments =
            path.ends_with("/book") || path.ends_with("/history") || path.starts_with("/appointments");
        match path {
            "/login" | "/register" | "/me" => &self.auth,
            _ if path.starts_with("/accounts") => &self.auth,
            _ if of_appointments => &self.appointments,
            _ if path.starts_with("/patients") => &self.patients,
            _ => &self.doctors,
        }
    }

    /// Sends a request to a leased instance, and injects the next fault. Returns the fault if it was injected.
    pub(crate) async fn send(&self, lease: Lease, request: &Request) -> (Result<Answer, Unanswered>, Option<Fault>) {
        let fault = lock(&self.faults).pop();
        let (answer, hit) = lease.invoke(request, fault).await;
        let injected = fault.filter(|_| hit);
        if injected.is_none() {
            // The response came before the fault: it is injected into the next instance.
            lock(&self.faults).extend(fault);
        }
        (answer, injected)
    }

    /// Returns the functions whose instances can be killed or frozen.
    pub(crate) fn fallible(&self) -> [&Arc<Function>; 4] {
        [&self.appointments, &self.doctors, &self.patients, &self.auth]
    }

    /// Ends every instance, including frozen ones. All leases are held at once: otherwise one instance could be ended
    /// twice and another not at all, which might still have the file locked.
    pub(crate) async fn end(&self) {
        for function in [&self.auth, &self.doctors, &self.appointments, &self.patients] {
            let mut leases = Vec::new();
            for _ in 0..INSTANCES {
                leases.push(function.lease().await);
            }
            leases.iter_mut().for_each(Lease::end);
        }
    }
}
