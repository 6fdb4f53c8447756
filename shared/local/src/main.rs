//! `make run`: the clinic on this machine, from nothing to a URL.

use std::{
    collections::HashMap,
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    time::Duration,
};

use rounds_data::{Database, Location};
use rounds_domain::{AccountType, Limits};
use rounds_local::{DemoAccount, Emulator, KeyFiles, Settings, Sqld, demo_accounts, load_demo, openapi, rotated};
use rounds_secrets::Secret;
use tokio::signal::unix::{SignalKind, signal};

/// Where the clinic is kept unless `DATABASE_URL` says otherwise: out of git, and not in
/// `target/`, which is there to be deleted.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.rounds");

/// How long the functions may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match env::args().nth(1).as_deref() {
        None => run(None).await,
        Some("server") => run_server().await,
        Some("keys") => keys(),
        Some("openapi") => openapi().map(|json| print!("{json}")),
        Some("rotate-keys") => rotate_keys(env::args().nth(2)),
        Some(other) => {
            Err(format!("unknown command {other}: there are \"server\", \"keys\", \"rotate-keys\" and \"openapi\""))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rounds: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The settings: of the environment or, where they are not set there, of the file `.env`, in which
/// a line is `NAME=value`, taken as it stands.
struct Variables {
    decided: HashMap<&'static str, String>,
    file: HashMap<String, String>,
}

impl Variables {
    fn read() -> Self {
        let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env")).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let named = lines.filter_map(|line| line.split_once('='));
        let decided = HashMap::new();
        Self { decided, file: named.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect() }
    }

    /// Decides a setting, whatever else it is set to.
    fn set(&mut self, name: &'static str, value: String) {
        self.decided.insert(name, value);
    }

    /// A setting; empty where it is not set.
    fn get(&self, name: &str) -> String {
        if let Some(value) = self.decided.get(name) {
            return value.clone();
        }
        let set = env::var(name).ok().filter(|value| !value.is_empty());
        set.or_else(|| self.file.get(name).cloned()).unwrap_or_default()
    }

    fn or(&self, name: &str, default: &str) -> String {
        Some(self.get(name)).filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: &str) -> Result<T, String> {
        let value = self.or(name, default).parse();
        value.map_err(|_| format!("{name} must be a whole number, like {default}"))
    }
}

/// `make run-server`: the same clinic on a libSQL server with a replica.
async fn run_server() -> Result<(), String> {
    let folder = folder()?.join("server");
    let start = |name: &str, of: Option<&Sqld>| {
        let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(failed)?;
        let log = fs::File::create(folder.with_extension("log")).map_err(failed)?;
        let output = || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from);
        let server = match of {
            None => Sqld::primary(&folder, output),
            Some(primary) => Sqld::replica(primary, &folder, output),
        }?;
        say(&format!("{name} at {} (its output: {})", server.url(), folder.with_extension("log").display()));
        Ok::<_, String>(server)
    };
    let primary = start("primary", None)?;
    let replica = start("replica", Some(&primary))?;
    run(Some((&primary, &replica))).await
}

async fn run(servers: Option<(&Sqld, &Sqld)>) -> Result<(), String> {
    let mut variables = Variables::read();
    if let Some((primary, replica)) = servers {
        variables.set("DATABASE_URL", primary.url());
        variables.set("DATABASE_REPLICA_URL", replica.url());
        variables.set("DATABASE_AUTH_TOKEN", String::new());
    }
    let port: u16 = variables.number("PORT", "9000")?;
    let concurrency = variables.number("CONCURRENCY", "1")?;
    let limits = Limits::read(|name| variables.get(name))?;
    free(port)?;

    let folder = folder()?;
    let database_url = variables.or("DATABASE_URL", &folder.join("clinic.db").to_string_lossy());
    let database_url = absolute(&database_url)?;
    let (database_replica_url, database_auth_token) =
        (variables.get("DATABASE_REPLICA_URL"), variables.get("DATABASE_AUTH_TOKEN"));
    let database_ca_file = variables.get("DATABASE_CA_FILE");
    let some = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let database = Database::open(&Location {
        url: database_url.clone(),
        replica_url: some(&database_replica_url),
        ca_file: some(&database_ca_file).map(PathBuf::from),
        auth_token: some(&database_auth_token).map(Secret::of),
        create: true,
    })?;
    say(&format!("database {database_url}"));
    for done in migrate::migrate(&database, migrate::Admin::read(|name| variables.get(name))?).await? {
        say(&done);
    }
    // Its passwords are no secret: not into a server that somebody else may reach, unless asked to.
    let demo_unasked = if database.path().is_some() || servers.is_some() { "1" } else { "0" };
    if variables.or("DEMO", demo_unasked) != "0" {
        load_demo(&database).await?;
    }
    let demo = demo_accounts(&database).await?;

    let keys = KeyFiles::in_folder(&folder)?;
    say("starting the functions");
    let settings = Settings {
        port,
        database_url,
        database_replica_url,
        database_auth_token,
        database_ca_file,
        keys,
        limits,
        concurrency,
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut emulator = Emulator::start(&settings, Stdio::inherit)?;
    tokio::select! {
        ready = emulator.ready(PATIENCE) => ready?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    }
    introduce(&emulator.url(), &demo);
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => if let Some(status) = emulator.ended() {
                return Err(format!("the functions ended ({status}); the lines above say why"));
            },
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

/// Prints a new key pair, for a deployment: what is kept in its two secrets.
fn keys() -> Result<(), String> {
    let pem = rounds_auth::SigningKey::generate().map_err(|error| error.to_string())?;
    let key = rounds_auth::SigningKey::from_pem(&pem).map_err(|error| error.to_string())?;
    println!("{pem}\n{}", key.public_keys());
    Ok(())
}

/// Gives the clinic on this machine a new signing key; or, for a deployment whose public keys are given,
/// prints one, and what to do with it.
fn rotate_keys(public_keys: Option<String>) -> Result<(), String> {
    let Some(public_keys) = public_keys else {
        KeyFiles::in_folder(&folder()?)?.rotate()?;
        say("from now on tokens are signed with a new key; those by the one before are good until they expire");
        return Ok(());
    };
    let (pem, public_keys) = rotated(&public_keys)?;
    println!("1. Put this into the secret of the public keys:\n\n{public_keys}\n");
    println!("2. Wait for ten minutes: by then every function has read it, and who caches the set as well.\n");
    println!("3. Put this into the secret of the signing key; within five minutes it is used:\n\n{pem}");
    println!("Tokens by the key before stay good until they expire, at most an hour. Rotate once more to end them.");
    Ok(())
}

fn say(text: &str) {
    println!("rounds: {text}");
}

/// Checks that nobody listens at the port yet.
fn free(port: u16) -> Result<(), String> {
    let taken = |error| format!("port {port} cannot be had ({error}): end what listens there, or set PORT to another");
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(taken)
}

/// The folder of the clinic's files.
fn folder() -> Result<PathBuf, String> {
    fs::create_dir_all(FOLDER).and_then(|()| fs::canonicalize(FOLDER)).map_err(|error| {
        format!("cannot make the folder .rounds for the clinic's files ({error}): make this folder writable")
    })
}

/// A path as the functions find it from wherever they are started, with its folder made.
fn absolute(url: &str) -> Result<String, String> {
    if url.starts_with("file:") || url.contains("://") {
        return Ok(url.to_owned());
    }
    let path = std::path::absolute(Path::new(url)).map_err(|error| format!("DATABASE_URL {url}: {error}"))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    }
    Ok(path.to_string_lossy().into_owned())
}

fn introduce(url: &str, demo: &[DemoAccount]) {
    println!();
    for account in demo {
        let account_type = account.account_type.as_str();
        println!("  {account_type:<8} account {:<3} {:<26} {}", account.id, account.email, account.password);
    }
    println!("\n  Try:");
    println!("  curl {url}/doctors");
    if let Some(patient) = demo.iter().find(|account| account.account_type == AccountType::Patient) {
        let (email, password) = (patient.email, patient.password);
        println!(
            "  curl {url}/login -H 'Content-Type: application/json' \
             -d '{{\"email\": \"{email}\", \"password\": \"{password}\"}}'"
        );
    } else {
        println!("  curl -i {url}/doctors/1");
    }
    println!("\nrounds: ready at {url} (Ctrl-C ends it)");
}
