//! `make run`: the clinic on this machine, from nothing to a URL.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{ExitCode, Stdio},
    time::Duration,
};

use chrono::Utc;
use rounds_data::{Database, Limits, Location, accounts};
use rounds_domain::AccountType;
use rounds_local::{
    DemoAccount, Emulator, KeyFiles, Settings, Sqld, Variables, backup, demo_accounts, load_demo, openapi, replacement,
    restore, rotation, schema, write_private,
};
use rounds_secrets::Secret;
use rustix::fs::Mode;
use tokio::signal::unix::{SignalKind, signal};

/// How long the functions may take to answer for the first time.
const TIMEOUT: Duration = Duration::from_secs(60);

const COMMANDS: &str = "\"server\", \"backup\", \"restore\", \"keys\", \"rotate-keys\", \"openapi\" and \"schema\"";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // What it makes, and what the programs that it starts make, only its owner can read.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let done = match env::args().nth(1).as_deref() {
        None => run().await,
        Some("server") => run_server().await,
        Some("keys") => keys(),
        Some("openapi") => openapi().map(|json| print!("{json}")),
        Some(command @ ("backup" | "restore")) => backup_or_restore(command).await,
        Some("schema") => schema().await.map(|sql| print!("{sql}")),
        Some("rotate-keys") => rotate_keys(&env::args().skip(2).collect::<Vec<_>>()),
        Some(other) => Err(format!("unknown command {other}: there are {COMMANDS}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rounds: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `make run-server`: the same clinic on a libSQL server with a replica.
async fn run_server() -> Result<(), String> {
    let variables = Variables::read()?;
    let mut settings = settings(&variables)?;
    let folder = variables.home()?.join("server");
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    // A second one would take the first one's database and its token's file.
    let in_use = fs::File::open(&folder).map_err(failed)?;
    in_use.try_lock().map_err(|_| format!("another make run-server uses {}: end it first", folder.display()))?;
    let start = |name: &str, of: Option<&Sqld>| {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(failed)?;
        let log = fs::File::create(folder.with_extension("log")).map_err(failed)?;
        let output = || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from);
        let server = match of {
            None => Sqld::guarded_primary(&folder, output),
            Some(primary) => Sqld::replica(primary, &folder, output),
        }?;
        say(&format!("{name} at {} (its output: {})", server.url(), folder.with_extension("log").display()));
        Ok::<_, String>(server)
    };
    let primary = start("primary", None)?;
    let replica = start("replica", Some(&primary))?;
    let token = folder.join("token");
    write_private(&token, primary.token()).map_err(failed)?;
    say(&format!("both answer only to the token in {}, which is new with each start", token.display()));
    settings.database_url = primary.url();
    settings.database_replica_url = replica.url();
    settings.database_auth_token = primary.token().to_owned();
    settings.database_ca_file = String::new();
    start_clinic(&settings, &variables, true).await
}

/// `make run`: the clinic of the settings.
async fn run() -> Result<(), String> {
    let variables = Variables::read()?;
    let settings = settings(&variables)?;
    let on_own_disk = !rounds_data::is_server(&settings.database_url);
    start_clinic(&settings, &variables, on_own_disk).await
}

/// Brings the database up to date, loads the demo clinic where that is to be, and serves the clinic.
async fn start_clinic(settings: &Settings, variables: &Variables, on_own_disk: bool) -> Result<(), String> {
    let admin = migrate::Admin::read(|name| variables.get(name))?;
    // The demo's passwords are no secret: not beside an Admin that somebody has named, nor into a server that
    // others may reach, unless asked to.
    let asked = variables.boolean("DEMO")?;
    let demo = asked.unwrap_or(on_own_disk && admin.is_none());

    let database = open(settings)?;
    say(&format!("database {}", settings.database_url));
    for done in migrate::migrate(&database, admin).await? {
        say(&done);
    }
    if demo {
        load_demo(&database, asked.is_some()).await?;
    }
    let demo = demo_accounts(&database).await?;
    let has_admin = accounts::has_admin(&database).await.map_err(|error| error.to_string())?;
    serve(settings, || {
        introduce(settings.port, &demo);
        if !has_admin {
            say(migrate::NO_ADMIN);
        }
        println!("\nrounds: ready at http://127.0.0.1:{} (Ctrl-C ends it)", settings.port);
    })
    .await
}

/// Copies the embedded database to the file that is named, or the other way.
async fn backup_or_restore(command: &str) -> Result<(), String> {
    let file = match env::args_os().skip(2).collect::<Vec<_>>().as_slice() {
        [file] if !file.is_empty() && !file.as_encoded_bytes().starts_with(b"-") => PathBuf::from(file),
        _ => return Err(format!("usage: rounds {command} FILE")),
    };
    let url = Variables::read()?.database_url()?;
    let done = if command == "backup" { backup(&url, &file).await } else { restore(&url, &file).await };
    done.map(|done| say(&done))
}

/// What the functions are started with. Nothing is made before all settings are read, and the port is free.
fn settings(variables: &Variables) -> Result<Settings, String> {
    let port = variables.number("PORT", 9000, 1..=u16::MAX)?;
    let concurrency = variables.number("CONCURRENCY", 1, 1..=100)?;
    let limits = Limits::read(|name| variables.get(name))?;
    variables.boolean("DEMO")?;
    let clone = variables.clone_folder()?.to_owned();
    free(port)?;
    let database_ca_file = variables.path("DATABASE_CA_FILE").unwrap_or_default();
    Ok(Settings {
        clone,
        port,
        database_url: variables.database_url()?,
        database_replica_url: variables.get("DATABASE_REPLICA_URL"),
        database_auth_token: variables.get("DATABASE_AUTH_TOKEN"),
        database_ca_file: database_ca_file.to_string_lossy().into_owned(),
        keys: KeyFiles::in_folder(&variables.home()?)?,
        limits,
        concurrency,
    })
}

/// The database, with the folder of its file made.
fn open(settings: &Settings) -> Result<Database, String> {
    let some = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let database = Database::open(&Location {
        url: settings.database_url.clone(),
        replica_url: some(&settings.database_replica_url),
        ca_file: some(&settings.database_ca_file).map(PathBuf::from),
        auth_token: some(&settings.database_auth_token).map(Secret::of),
        create: true,
    })?;
    if let Some(folder) = database.path().as_deref().and_then(|path| path.parent()) {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    }
    Ok(database)
}

/// Runs the functions until somebody ends them.
async fn serve(settings: &Settings, ready: impl FnOnce()) -> Result<(), String> {
    say("starting the functions");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut emulator = Emulator::start(settings, Stdio::inherit)?;
    tokio::select! {
        answer = emulator.ready(TIMEOUT) => answer?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    }
    ready();
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

const ROTATE_KEYS: &str = "usage: rounds rotate-keys [--compromised] [PUBLIC_KEYS], where PUBLIC_KEYS is the JSON Web \
                           Key Set of a deployment, and without it the keys of the clinic on this machine are replaced";

/// Gives the clinic on this machine a new signing key; or, for a deployment whose public keys are given,
/// prints one, and what to do with it.
fn rotate_keys(arguments: &[String]) -> Result<(), String> {
    let (compromised, rest) = match arguments {
        [first, rest @ ..] if first == "--compromised" => (true, rest),
        rest => (false, rest),
    };
    match (rest, compromised) {
        ([], false) => {
            KeyFiles::in_folder(&folder()?)?.rotate()?;
            say("tokens are now signed with a new key; those by the earlier one are accepted until they expire");
        }
        ([], true) => {
            KeyFiles::replace_compromised(&folder()?)?;
            say(
                "tokens are now signed with a new key; all earlier tokens are refused, so everybody has to sign in again",
            );
        }
        ([public_keys], _) if public_keys.starts_with('-') => return Err(ROTATE_KEYS.to_owned()),
        ([public_keys], false) => println!("{}", rotation(public_keys, Utc::now())?),
        ([public_keys], true) => println!("{}", replacement(public_keys)?),
        _ => return Err(ROTATE_KEYS.to_owned()),
    }
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
    Variables::read()?.home()
}

fn introduce(port: u16, demo: &[DemoAccount]) {
    let url = format!("http://127.0.0.1:{port}");
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
}
