//! The program `rounds`, which runs and administers a clinic on this machine. `make run` starts it.

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

/// How long the functions may take until their first response.
const TIMEOUT: Duration = Duration::from_secs(60);

const COMMANDS: &str = "\"server\", \"backup\", \"restore\", \"keys\", \"rotate-keys\", \"openapi\" and \"schema\"";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Files that this program and its child processes create can be read by their owner only.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let done = match env::args().nth(1).as_deref() {
        None => run().await,
        Some("server") => run_server().await,
        Some("keys") => keys(),
        Some("openapi") => openapi().map(|json| print!("{json}")),
        Some(command @ ("backup" | "restore")) => backup_or_restore(command).await,
        Some("schema") => schema().await.map(|sql| print!("{sql}")),
        Some("rotate-keys") => rotate_keys(&env::args().skip(2).collect::<Vec<_>>()),
        Some(other) => Err(format!("unknown command {other}: the commands are {COMMANDS}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rounds: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `make run-server`: starts a libSQL server with a replica, and serves the clinic from them.
async fn run_server() -> Result<(), String> {
    let variables = Variables::read()?;
    let mut settings = settings(&variables)?;
    let folder = variables.home()?.join("server");
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    // Without this lock, a second process would use the same database and overwrite the token file.
    let lock = fs::File::open(&folder).map_err(failed)?;
    lock.try_lock().map_err(|_| format!("another make run-server uses {}: stop it first", folder.display()))?;
    let start = |name: &str, primary: Option<&Sqld>| {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(failed)?;
        let log = fs::File::create(folder.with_extension("log")).map_err(failed)?;
        let output = || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from);
        let server = match primary {
            None => Sqld::primary_with_token(&folder, output),
            Some(primary) => Sqld::replica(primary, &folder, output),
        }?;
        print_line(&format!("{name} at {} (its log: {})", server.url(), folder.with_extension("log").display()));
        Ok::<_, String>(server)
    };
    let primary = start("primary", None)?;
    let replica = start("replica", Some(&primary))?;
    let token = folder.join("token");
    write_private(&token, primary.token()).map_err(failed)?;
    print_line(&format!("both accept only the token in {}, which changes with each start", token.display()));
    settings.database_url = primary.url();
    settings.database_replica_url = replica.url();
    settings.database_auth_token = primary.token().to_owned();
    settings.database_ca_file = String::new();
    start_clinic(&settings, &variables, true).await
}

/// `make run`: serves the clinic from the database that the settings name.
async fn run() -> Result<(), String> {
    let variables = Variables::read()?;
    let settings = settings(&variables)?;
    let is_local = !rounds_data::is_server(&settings.database_url);
    start_clinic(&settings, &variables, is_local).await
}

/// Migrates the database, loads the demo accounts if the settings allow it, and serves the clinic. `is_local` is `true`
/// if the database is on this machine.
async fn start_clinic(settings: &Settings, variables: &Variables, is_local: bool) -> Result<(), String> {
    let admin = migrate::Admin::read(|name| variables.get(name))?;
    // The demo's passwords are public. By default, they are not used if ADMIN_EMAIL is set, or if the database is on
    // a server that others may reach.
    let demo_setting = variables.boolean("DEMO")?;
    let demo = demo_setting.unwrap_or(is_local && admin.is_none());

    let database = open(settings)?;
    print_line(&format!("database {}", settings.database_url));
    for done in migrate::migrate(&database, admin).await? {
        print_line(&done);
    }
    if demo {
        load_demo(&database, demo_setting.is_some()).await?;
    }
    let demo = demo_accounts(&database).await?;
    let has_admin = accounts::has_admin(&database).await.map_err(|error| error.to_string())?;
    serve(settings, || {
        print_introduction(settings.port, &demo);
        if !has_admin {
            print_line(migrate::NO_ADMIN);
        }
        println!("\nrounds: ready at http://127.0.0.1:{} (press Ctrl-C to stop)", settings.port);
    })
    .await
}

/// `rounds backup FILE` and `rounds restore FILE`.
async fn backup_or_restore(command: &str) -> Result<(), String> {
    let file = match env::args_os().skip(2).collect::<Vec<_>>().as_slice() {
        [file] if !file.is_empty() && !file.as_encoded_bytes().starts_with(b"-") => PathBuf::from(file),
        _ => return Err(format!("usage: rounds {command} FILE")),
    };
    let url = Variables::read()?.database_url()?;
    let done = if command == "backup" { backup(&url, &file).await } else { restore(&url, &file).await };
    done.map(|done| print_line(&done))
}

/// Returns the settings of the emulator and the functions. Creates files only if all settings are valid and the port is
/// free.
fn settings(variables: &Variables) -> Result<Settings, String> {
    let port = variables.number("PORT", 9000, 1..=u16::MAX)?;
    let concurrency = variables.number("CONCURRENCY", 1, 1..=100)?;
    let limits = Limits::read(|name| variables.get(name))?;
    variables.boolean("DEMO")?;
    let clone = variables.clone_folder()?.to_owned();
    check_port(port)?;
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

/// Opens the database. For an embedded one, creates the folder of its file if it is missing.
fn open(settings: &Settings) -> Result<Database, String> {
    let non_empty = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let database = Database::open(&Location {
        url: settings.database_url.clone(),
        replica_url: non_empty(&settings.database_replica_url),
        ca_file: non_empty(&settings.database_ca_file).map(PathBuf::from),
        auth_token: non_empty(&settings.database_auth_token).map(Secret::new),
        create: true,
    })?;
    if let Some(folder) = database.path().as_deref().and_then(|path| path.parent()) {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot create the folder {}: {error}", folder.display()))?;
    }
    Ok(database)
}

/// Runs the functions until this process is interrupted or terminated. Calls `when_ready` once they all respond.
async fn serve(settings: &Settings, when_ready: impl FnOnce()) -> Result<(), String> {
    print_line("starting the functions");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut emulator = Emulator::start(settings, Stdio::inherit)?;
    tokio::select! {
        ready = emulator.ready(TIMEOUT) => ready?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    }
    when_ready();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => if let Some(status) = emulator.ended() {
                return Err(format!("cargo lambda watch ended ({status}): see its output above for the reason"));
            },
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

/// Prints a new key pair for a deployment: the values of its two secrets.
fn keys() -> Result<(), String> {
    let pem = rounds_auth::SigningKey::generate().map_err(|error| error.to_string())?;
    let key = rounds_auth::SigningKey::from_pem(&pem).map_err(|error| error.to_string())?;
    println!("{pem}\n{}", key.public_keys());
    Ok(())
}

const ROTATE_KEYS: &str = "usage: rounds rotate-keys [--compromised] [PUBLIC_KEYS]. For a deployment, PUBLIC_KEYS is its \
                           JSON Web Key Set. Without PUBLIC_KEYS, the key of the clinic on this machine is replaced";

/// `rounds rotate-keys`. Without public keys, replaces the signing key of the clinic on this machine. With the public
/// keys of a deployment, prints a new key and the instructions for the operator.
fn rotate_keys(arguments: &[String]) -> Result<(), String> {
    let (compromised, public_keys) = match arguments {
        [first, rest @ ..] if first == "--compromised" => (true, rest),
        rest => (false, rest),
    };
    match (public_keys, compromised) {
        ([], false) => {
            KeyFiles::in_folder(&home()?)?.rotate()?;
            print_line("a new key signs tokens from now on; tokens of the earlier key are accepted until they expire");
        }
        ([], true) => {
            KeyFiles::replace_compromised(&home()?)?;
            print_line(
                "a new key signs tokens from now on; all earlier tokens are refused, so everybody has to sign in again",
            );
        }
        ([public_keys], _) if public_keys.starts_with('-') => return Err(ROTATE_KEYS.to_owned()),
        ([public_keys], false) => println!("{}", rotation(public_keys, Utc::now())?),
        ([public_keys], true) => println!("{}", replacement(public_keys)?),
        _ => return Err(ROTATE_KEYS.to_owned()),
    }
    Ok(())
}

fn print_line(text: &str) {
    println!("rounds: {text}");
}

/// Checks that the port is free.
fn check_port(port: u16) -> Result<(), String> {
    let in_use = |error| {
        format!("cannot listen at port {port} ({error}): stop the program that uses it, or set PORT to another port")
    };
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(in_use)
}

/// Returns the folder of the clinic's files.
fn home() -> Result<PathBuf, String> {
    Variables::read()?.home()
}

/// Prints the demo accounts and commands to try.
fn print_introduction(port: u16, demo: &[DemoAccount]) {
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
