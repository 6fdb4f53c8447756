//! How many bookings are made in a second, by one writer and by several.

use std::{
    path::Path,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use chrono::Days;
use lambda::{Instance, Program, Request};
use libsql::Builder;
use serde_json::json;

use crate::{
    clinic::{CHANGES, Clinic, with},
    floor::{BUSY_TIMEOUT, Server},
    measure::{Rounds, Row, Table, Target},
};

const ROUNDS: usize = 3;

/// Where bookings are made: in a file, or on a server at a URL.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    File(&'a Path),
    Server(&'a str),
}

/// The table that bare inserts go into: an appointment's columns, and nothing to keep up with them.
pub(crate) const BARE: &str = "
    CREATE TABLE bare (id INTEGER PRIMARY KEY, doctor_id, patient_id, booked_by, start_at, duration, busy_from,
      busy_until, status, reason, version, operation_id, idempotency_key, asked_start_at, asked_duration)";
const INSERT: &str = "
    INSERT INTO bare (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, status, version,
      operation_id, idempotency_key, asked_start_at, asked_duration)
    VALUES (2, 2002, 2002, 1795251600, 30, 1795251600, 1795253400, 'Booked', 1,
      x'00112233445566778899aabbccddeeff', '7d8f4c0e', 1795251600, 30)";

/// A row for each number of writers.
pub(crate) fn measure(
    clinic: &Clinic,
    place: Place<'_>,
    bare: Place<'_>,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    const ONE: (usize, usize, &str) = (1, 100, "one writer");
    let (table, least, url, writers): (_, _, _, &[_]) = match place {
        Place::File(path) => {
            (Table::Bookings, 0.65, path.to_string_lossy().into_owned(), &[ONE, (8, 40, "eight writers")])
        }
        // Not eight: sqld stands still for minutes where four clients insert at once, also bare rows.
        Place::Server(url) => (Table::BookingsServer, 0.35, url.to_owned(), &[ONE]),
    };
    let program = clinic.function("appointments", &url, &[]);
    let (mut rows, mut number) = (Vec::new(), 0);
    for &(writers, each, name) in writers {
        progress(name);
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            let requests = (0..writers).map(|_| booked(clinic, &mut number, each)).collect();
            let measured = a_second(&program, requests)?;
            rounds.add(&[measured], &[bare_a_second(bare, writers, each)?]);
        }
        rows.push(rounds.row(table, name, Target::AtLeast(least)));
    }
    Ok(rows)
}

/// Bookings of times that are free, from a number on.
pub(crate) fn booked(clinic: &Clinic, number: &mut usize, count: usize) -> Vec<Request> {
    let request = |number: usize| {
        let day = clinic.network.last_day + Days::new(150 + (number / CHANGES) as u64);
        let (doctor, booking) =
            (clinic.doctor(number % CHANGES), json!({ "start_date": format!("{day}T09:00:00Z"), "duration": 30 }));
        with(booking, clinic.by_patient(number, "POST", format!("/doctors/{doctor}/book")))
    };
    let requests = (*number..*number + count).map(request).collect();
    *number += count;
    requests
}

/// How many requests are answered in a second, by an instance for each list of them.
pub(crate) fn a_second(program: &Program, requests: Vec<Vec<Request>>) -> Result<f64, String> {
    let count = requests.iter().map(Vec::len).sum();
    let ready: Result<Vec<_>, String> =
        requests.into_iter().map(|requests| Ok((Instance::start(program)?, requests))).collect();
    at_once(count, ready?, |(mut instance, requests)| {
        for request in requests {
            let (answer, _) = instance.ask(&request)?;
            if answer.status != 201 {
                return Err(format!("a booking was answered {}: {}", answer.status, answer.body));
            }
        }
        Ok(())
    })
}

fn bare_a_second(bare: Place<'_>, writers: usize, each: usize) -> Result<f64, String> {
    at_once(writers * each, vec![(); writers], |()| match bare {
        Place::File(path) => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
            runtime.block_on(insert(path, each)).map_err(|error| error.to_string())
        }
        Place::Server(url) => {
            let body = json!({ "baton": null, "requests": [{ "type": "execute", "stmt": { "sql": INSERT } }, { "type": "close" }] });
            let (mut server, body) = (Server::connect(url).map_err(|error| error.to_string())?, body.to_string());
            (0..each).try_for_each(|_| server.run(body.as_bytes()).map(drop)).map_err(|error| error.to_string())
        }
    })
}

async fn insert(path: &Path, count: usize) -> Result<(), libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let statement = connection.prepare(INSERT).await?;
    for _ in 0..count {
        statement.reset();
        statement.execute(()).await?;
    }
    Ok(())
}

/// How many of so many things are done in a second, by a thread for each part of them.
fn at_once<T: Send>(count: usize, parts: Vec<T>, work: impl Fn(T) -> Result<(), String> + Sync) -> Result<f64, String> {
    let start = Barrier::new(parts.len() + 1);
    let took = thread::scope(|scope| {
        let working: Vec<_> = parts
            .into_iter()
            .map(|part| {
                scope.spawn(|| {
                    start.wait();
                    work(part)
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        for thread in working {
            thread.join().map_err(|_| "a writer panicked".to_owned())??;
        }
        Ok::<Duration, String>(begun.elapsed())
    })?;
    Ok(count as f64 / took.as_secs_f64())
}
