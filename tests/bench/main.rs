//! The program behind `make bench`, `make bench-quick` and `make bench-data`.

use std::{path::Path, process::ExitCode};

use bench::{Setup, all, generate::generate, of_backup, of_bookings, of_messages, of_search, of_serve, quick};

const USAGE: &str = "usage: bench all|quick|bookings|serve|messages|search FUNCTIONS NODE FOLDER RESULTS, bench backup PROGRAM FILE, or bench generate FILE \
                     APPOINTMENTS";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["generate", file, appointments] => match appointments.parse() {
            Ok(appointments) => generate(Path::new(file), appointments).await.map(drop),
            Err(_) => Err(format!("APPOINTMENTS must be a whole number, not {appointments}")),
        },
        ["backup", program, file] => of_backup(Path::new(program), Path::new(file)).await,
        [which, functions, node, folder, results] => {
            let setup = Setup {
                functions: functions.into(),
                node: node.into(),
                folder: folder.into(),
                results: results.into(),
            };
            match which {
                "all" => all(&setup).await,
                "quick" => quick(&setup).await,
                "bookings" => of_bookings(&setup).await,
                "serve" => of_serve(&setup).await,
                "messages" => of_messages(&setup).await,
                "search" => of_search(&setup).await,
                _ => Err(USAGE.to_owned()),
            }
        }
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
