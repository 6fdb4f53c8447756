//! Bookings per second, by one writer and by several.

use std::{
    fs,
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

/// The database of the bookings: a file, or a server at a URL.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    File(&'a Path),
    Server(&'a str),
}

/// Bare inserts of the row that a booking writes into `appointments`, into a table without indexes and triggers.
pub(crate) struct Bare {
    /// The statement that creates the table.
    pub(crate) table: String,
    insert: String,
}

impl Bare {
    /// Books in a copy of the clinic, and takes the row of that booking.
    pub(crate) async fn from_booking(clinic: &Clinic, folder: &Path) -> Result<Self, String> {
        let file = folder.join("sample.db");
        fs::copy(&clinic.file, &file).map_err(|error| format!("{}: {error}", file.display()))?;
        let program = clinic.function("appointments", &file.to_string_lossy(), &[]);
        let (answer, _) = Instance::start(&program)?.send_request(&booked(clinic, &mut 0, 1)[0])?;
        match answer.status {
            201 => Self::read(&file, &answer.body).await.map_err(|error| error.to_string()),
            status => Err(format!("a booking returned {status}: {}", answer.body)),
        }
    }

    async fn read(file: &Path, id: &str) -> Result<Self, libsql::Error> {
        let connection = Builder::new_local(file).build().await?.connect()?;
        let mut rows = connection.query("SELECT name FROM pragma_table_info('appointments') WHERE pk = 0", ()).await?;
        let mut columns = Vec::new();
        while let Some(row) = rows.next().await? {
            columns.push(row.get::<String>(0)?);
        }
        let quoted = columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ', ' || ");
        let mut rows = connection.query(&format!("SELECT {quoted} FROM appointments WHERE id = ?"), [id]).await?;
        let row = rows.next().await?.ok_or(libsql::Error::QueryReturnedNoRows)?;
        let (columns, values) = (columns.join(", "), row.get::<String>(0)?);
        Ok(Self {
            table: format!("CREATE TABLE bare (id INTEGER PRIMARY KEY, {columns})"),
            insert: format!("INSERT INTO bare ({columns}) VALUES ({values})"),
        })
    }
}

/// The floor: bare inserts into a database.
#[derive(Clone, Copy)]
pub(crate) struct Floor<'a> {
    pub(crate) bare: &'a Bare,
    pub(crate) place: Place<'a>,
}

impl Floor<'_> {
    /// Returns the inserts per second.
    fn measure_rate(&self, writers: usize, each: usize) -> Result<f64, String> {
        let insert_one = &self.bare.insert;
        per_second(writers * each, vec![(); writers], |()| match self.place {
            Place::File(path) => {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
                runtime.block_on(insert(path, insert_one, each)).map_err(|error| error.to_string())
            }
            Place::Server(url) => {
                let request = json!({ "type": "execute", "stmt": { "sql": insert_one } });
                let mut server = Server::connect(url).map_err(|error| error.to_string())?;
                (0..each).try_for_each(|_| server.run_alone(&request).map(drop)).map_err(|error| error.to_string())
            }
        })
    }
}

/// Measures one row for each number of writers.
pub(crate) fn measure(
    clinic: &Clinic,
    place: Place<'_>,
    floor: Floor<'_>,
    progress: impl Fn(&str),
) -> Result<Vec<Row>, String> {
    const ONE: (usize, usize, &str) = (1, 100, "one writer");
    let (table, least, url, writers): (_, _, _, &[_]) = match place {
        Place::File(path) => {
            (Table::Bookings, 0.65, path.to_string_lossy().into_owned(), &[ONE, (8, 40, "eight writers")])
        }
        // Only one writer: sqld stalls for minutes when four clients insert at once, even bare rows.
        Place::Server(url) => (Table::BookingsServer, 0.35, url.to_owned(), &[ONE]),
    };
    let program = clinic.function("appointments", &url, &[]);
    let (mut rows, mut number) = (Vec::new(), 0);
    for &(writers, each, name) in writers {
        progress(name);
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            let requests = (0..writers).map(|_| booked(clinic, &mut number, each)).collect();
            let measured = measure_rate(&program, requests)?;
            rounds.add(&[measured], &[floor.measure_rate(writers, each)?]);
        }
        rows.push(rounds.row(table, name, Target::AtLeast(least)));
    }
    Ok(rows)
}

/// Returns requests that book free times, and advances the number of the next one.
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

/// Returns the requests per second, with one instance for each list of requests.
pub(crate) fn measure_rate(program: &Program, requests: Vec<Vec<Request>>) -> Result<f64, String> {
    let count = requests.iter().map(Vec::len).sum();
    let ready: Result<Vec<_>, String> =
        requests.into_iter().map(|requests| Ok((Instance::start(program)?, requests))).collect();
    per_second(count, ready?, |(mut instance, requests)| {
        for request in requests {
            let (answer, _) = instance.send_request(&request)?;
            if answer.status != 201 {
                return Err(format!("a booking returned {}: {}", answer.status, answer.body));
            }
        }
        Ok(())
    })
}

async fn insert(path: &Path, sql: &str, count: usize) -> Result<(), libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let statement = connection.prepare(sql).await?;
    for _ in 0..count {
        statement.reset();
        statement.execute(()).await?;
    }
    Ok(())
}

/// Runs each part on a thread of its own. Returns `count` divided by the seconds that all took.
pub(crate) fn per_second<T: Send>(
    count: usize,
    parts: Vec<T>,
    work: impl Fn(T) -> Result<(), String> + Sync,
) -> Result<f64, String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::tests::clinic;

    /// The inserted row must follow the schema: every column of a booking, with its value.
    #[tokio::test]
    async fn bare_row_equals_the_row_of_a_booking() {
        let (clinic, folder) = clinic("bare").await;
        let bare = Bare::from_booking(&clinic, &folder).await.unwrap();
        let connection = Builder::new_local(&clinic.file).build().await.unwrap().connect().unwrap();
        connection.execute_batch(&bare.table).await.unwrap();
        connection.execute(&bare.insert, ()).await.unwrap();
        let columns = "SELECT count(*) FROM pragma_table_info('appointments')
                       WHERE name NOT IN (SELECT name FROM pragma_table_info('bare'))";
        let booked = "SELECT count(*) FROM bare WHERE doctor_id IS NOT NULL AND status = 'Booked' AND duration = 30";
        for (query, expected) in [(columns, 0), (booked, 1)] {
            let row = connection.query(query, ()).await.unwrap().next().await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap(), expected, "{query}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
