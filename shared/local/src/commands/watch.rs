//! `rounds watch`: the functions under the emulator `cargo lambda watch`, for work on them.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::Stdio,
    thread,
    time::Duration,
};

use rounds_local::{Emulator, KeyFiles, Settings, Signals, Variables, print_line};

use super::clinic::{Clinic, ClinicSettings, Use, location};

/// How long the functions may take until their first response.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The time between two runs of `notify`. On AWS it is a minute.
const SCHEDULE: Duration = Duration::from_secs(10);

pub(crate) async fn watch() -> Result<(), String> {
    let variables = Variables::read()?;
    let clinic = ClinicSettings::read(&variables)?;
    let settings = settings(&variables, &clinic)?;
    let location = location(&variables)?;
    let is_local = !rounds_data::is_server(&location.url);
    let clinic = Clinic::open(&location, clinic, is_local, Use::Shared).await?;
    serve(&settings, || clinic.introduce(&format!("http://127.0.0.1:{}", settings.port))).await
}

/// Returns the settings of the emulator and the functions. Creates files only if all settings are valid and the port is
/// free.
fn settings(variables: &Variables, clinic: &ClinicSettings) -> Result<Settings, String> {
    let port = variables.number("PORT", 9000, 1..=u16::MAX)?;
    let concurrency = variables.number("CONCURRENCY", 1, 1..=100)?;
    let folder = variables.clone_folder()?.to_owned();
    check_port(port)?;
    let database_ca_file = variables.path("DATABASE_CA_FILE").unwrap_or_default();
    Ok(Settings {
        clone: folder,
        port,
        database_url: variables.database_url()?,
        database_replica_url: variables.get("DATABASE_REPLICA_URL"),
        database_auth_token: variables.get("DATABASE_AUTH_TOKEN"),
        database_ca_file: database_ca_file.to_string_lossy().into_owned(),
        keys: KeyFiles::in_folder(&variables.home()?)?,
        mail_folder: variables.home()?.join("mail"),
        limits: clinic.limits,
        concurrency,
    })
}

/// Checks that the port is free.
fn check_port(port: u16) -> Result<(), String> {
    let in_use = |error| {
        format!("cannot listen at port {port} ({error}): stop the program that uses it, or set PORT to another port")
    };
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(in_use)
}

/// Runs the functions until this process is interrupted or terminated. Calls `when_ready` once they all respond.
async fn serve(settings: &Settings, when_ready: impl FnOnce()) -> Result<(), String> {
    print_line("starting the functions");
    let mut signals = Signals::receive()?;
    let mut emulator = Emulator::start(settings, Stdio::inherit)?;
    tokio::select! {
        ready = emulator.ready(TIMEOUT) => ready?,
        () = signals.stop() => return Ok(()),
    }
    when_ready();
    print_line(&format!("mails are written to {}", settings.mail_folder.display()));
    let address = emulator.address();
    // On a thread of its own, because a run blocks for a minute or more. The thread ends with this process.
    thread::spawn(move || {
        loop {
            if let Err(error) = Emulator::send_messages(address) {
                print_line(&error);
            }
            thread::sleep(SCHEDULE);
        }
    });
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => if let Some(status) = emulator.ended() {
                return Err(format!("cargo lambda watch ended ({status}): see its output above for the reason"));
            },
            () = signals.stop() => return Ok(()),
        }
    }
}
