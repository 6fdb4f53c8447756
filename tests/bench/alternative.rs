//! The booking route as it is usually written in Node.js, under the same harness. These rows are for comparison: the
//! measured program is Node.js, and the floor is Rounds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use lambda::{Instance, Program, Request};

use crate::{
    bookings::{booked, measure_rate},
    clinic::{CHANGES, Clinic},
    measure::{Rounds, Row, Table, Target, millis},
};

const ROUNDS: usize = 3;
const STARTS: usize = 3;

/// Returns the function in Node.js, with a database of its own that has as many doctors and patients as the clinic.
pub(crate) fn program(clinic: &Clinic, node: &Path, folder: &Path) -> Result<Program, String> {
    let database: PathBuf = folder.join("node.db");
    let (doctors, patients) = (clinic.network.doctors.clone(), clinic.network.patients.clone());
    let mut setup = Command::new(node.join("setup.mjs"));
    // Ids start at 1 there, so the largest id of the clinic is the number of rows needed.
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

/// Measures what both programs do.
pub(crate) fn measure(
    clinic: &Clinic,
    node: &Program,
    database: &Path,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    let rounds_program = clinic.function("appointments", &database.to_string_lossy(), &[]);
    // Uses other days than the measurement of bookings per second, so that no time is booked twice.
    let mut number = CHANGES * 20;
    let [mut start, mut first, mut warm, mut second, mut memory] = [(); 5].map(|()| Rounds::default());
    for _ in 0..ROUNDS {
        progress("Node.js");
        let requests = booked(clinic, &mut number, STARTS + 50);
        let mut samples = Vec::new();
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
            samples.push([starts, firsts, warms, resident]);
        }
        for (rounds, at) in [(&mut start, 0), (&mut first, 1), (&mut warm, 2), (&mut memory, 3)] {
            rounds.add(&samples[0][at], &samples[1][at]);
        }
        let requests = booked(clinic, &mut number, 100);
        second.add(&[measure_rate(node, vec![requests.clone()])?], &[measure_rate(&rounds_program, vec![requests])?]);
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
    let (answer, took) = instance.send_request(request)?;
    match answer.status {
        201 => Ok(millis(took)),
        status => Err(format!("a booking returned {status}: {}", answer.body)),
    }
}
