//! The booking route as it is usually written, in Node.js, under the same harness. For the reader: what
//! is measured is Node's, and its floor is Rounds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use lambda::{Instance, Program, Request};

use crate::{
    bookings::{a_second, booked},
    clinic::{CHANGES, Clinic},
    measure::{Rounds, Row, Table, Target, millis},
};

const ROUNDS: usize = 3;
const STARTS: usize = 3;

/// The function in Node.js, and a database of its own for it, with as many doctors and patients as the
/// clinic has.
pub(crate) fn program(clinic: &Clinic, node: &Path, folder: &Path) -> Result<Program, String> {
    let database: PathBuf = folder.join("node.db");
    let (doctors, patients) = (clinic.network.doctors.clone(), clinic.network.patients.clone());
    let mut setup = Command::new(node.join("setup.mjs"));
    // Their ids begin at 1 there, and ours are further on.
    setup.arg(&database).arg(doctors.end().to_string()).arg(patients.end().to_string());
    let status = setup.status().map_err(|error| format!("{}: {error}", node.join("setup.mjs").display()))?;
    if !status.success() {
        return Err(format!("setup.mjs ended with {status}"));
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let variables = vec![
        ("DATABASE_URL".to_owned(), text(&database)),
        ("PUBLIC_KEYS".to_owned(), text(clinic.public_keys())),
        ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
    ];
    Ok(Program { command: vec![text(&node.join("booking.mjs"))], variables })
}

/// Rows of what both do.
pub(crate) fn measure(
    clinic: &Clinic,
    node: &Program,
    database: &Path,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    let rounds_program = clinic.function("appointments", &database.to_string_lossy(), &[]);
    // Nobody's times twice: those of the bookings a second are from other days.
    let mut number = CHANGES * 20;
    let [mut start, mut first, mut warm, mut second, mut memory] = [(); 5].map(|()| Rounds::default());
    for _ in 0..ROUNDS {
        progress("Node.js");
        let requests = booked(clinic, &mut number, STARTS + 50);
        let mut of_both = Vec::new();
        for program in [node, &rounds_program] {
            let [mut starts, mut firsts, mut warms] = [(); 3].map(|()| Vec::new());
            let (cold, rest) = requests.split_at(STARTS);
            for request in cold {
                let mut instance = Instance::start(program)?;
                let took = book(&mut instance, request)?;
                starts.push(millis(instance.started_in));
                firsts.push(millis(instance.started_in) + took);
            }
            let mut instance = Instance::start(program)?;
            for request in rest {
                warms.push(book(&mut instance, request)?);
            }
            let resident = vec![instance.resident_bytes()? as f64 / 1024.0 / 1024.0];
            of_both.push([starts, firsts, warms, resident]);
        }
        for (rounds, at) in [(&mut start, 0), (&mut first, 1), (&mut warm, 2), (&mut memory, 3)] {
            rounds.add(&of_both[0][at], &of_both[1][at]);
        }
        let requests = booked(clinic, &mut number, 100);
        second.add(&[a_second(node, vec![requests.clone()])?], &[a_second(&rounds_program, vec![requests])?]);
    }
    let row = |rounds: Rounds, name| rounds.row(Table::Alternative, name, Target::None);
    Ok(vec![
        row(start, "cold start to first poll, ms"),
        row(first, "cold start to first booking, ms"),
        row(warm, "warm booking, ms"),
        row(second, "bookings a second, one writer"),
        row(memory, "resident memory after 50 bookings, MiB"),
    ])
}

fn book(instance: &mut Instance, request: &Request) -> Result<f64, String> {
    let (answer, took) = instance.ask(request)?;
    match answer.status {
        201 => Ok(millis(took)),
        status => Err(format!("a booking was answered {status}: {}", answer.body)),
    }
}
