//! The program `rounds`, which runs and administers a clinic on this machine.

mod commands;

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use chrono::Utc;
use commands::{import, serve, serve_with_sqld, watch};
use rounds_local::{KeyFiles, Variables, backup, openapi, print, print_line, replacement, restore, rotation, schema};
use rustix::fs::Mode;
use tokio::runtime::Builder;

/// How long threads may continue after the command has ended. They may be hashing a password.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

const HELP: &str = "\
Usage: rounds COMMAND. The settings are environment variables, or lines of the file .env in the clone.

  serve                              serve the clinic, until Ctrl-C or SIGTERM
  server                             serve it from a libSQL server that is started too, with a replica
  watch                              serve it by the functions under cargo lambda watch, for work on them
  backup FILE                        copy the database to a file
  restore FILE                       replace the database with a backup
  import patients|appointments FILE.csv --url URL
                                     create the rows of a file through the API (see docs/import.md)
  keys                               print a new key pair for a deployment
  rotate-keys [--compromised] [KEYS] replace the signing key
  openapi                            print the OpenAPI document
  schema                             print the schema of the database
  help                               print this list";

fn main() -> ExitCode {
    // Files that this program and its child processes create can be read by their owner only.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let command = env::args().nth(1).unwrap_or_default();
    let is_server = ["serve", "server"].contains(&command.as_str());
    let mut builder = if is_server { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    let done = builder.enable_all().build().map_err(|error| error.to_string()).and_then(|runtime| {
        let done = runtime.block_on(run(&command));
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        done
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rounds: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: &str) -> Result<ExitCode, String> {
    let done = match command {
        "import" => return Ok(import(&env::args().skip(2).collect::<Vec<_>>()).await),
        "serve" => serve().await,
        "server" => serve_with_sqld().await,
        "watch" => watch().await,
        "keys" => keys(),
        "openapi" => openapi().map(|json| print!("{json}")),
        "backup" | "restore" => backup_or_restore(command).await,
        "schema" => schema().await.map(|sql| print!("{sql}")),
        "rotate-keys" => rotate_keys(&env::args().skip(2).collect::<Vec<_>>()),
        "" | "help" | "--help" | "-h" => {
            print(HELP);
            Ok(())
        }
        other => Err(format!("unknown command {other}: rounds help prints the list of commands")),
    };
    done.map(|()| ExitCode::SUCCESS)
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

/// Returns the folder of the clinic's files.
fn home() -> Result<PathBuf, String> {
    Variables::read()?.home()
}
