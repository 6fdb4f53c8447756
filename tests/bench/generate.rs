//! Generates a clinic network for the benchmark: thousands of doctors and years of days, with the same number of
//! appointments per day at any size. `bench generate FILE APPOINTMENTS`
//!
//! SQLite computes the rows from a plan of one day, which is assigned to other doctors and patients every day. The rules
//! are not checked while inserting, because that would take hours: the plan obeys them, and tests check it. The
//! schema's indexes and triggers are dropped first, and created again at the end.

mod network;
mod people;
mod plan;
mod progress;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use chrono::{NaiveDate, Utc};
use libsql::{Builder, Connection, Value};
use rounds_data::Database;
use rounds_domain::search_key;
use serde_json::{Value as Json, json};

pub use network::Network;
use network::{Size, clinic_name};
use plan::{DOCTORS, Day, LEAD};
use progress::Progress;

/// The doctor of a place of the plan on a day. The assignment changes every day.
const DOCTOR: &str = "(2 + (place + day * 613) % :doctors)";
/// The patient of a turn in that doctor's day. Patients are divided into panels, one per doctor. The first three turns
/// are patients of the doctor's own panel, the others of another panel. No patient has two appointments on a day.
const PATIENT: &str = "(2 + :doctors + (day * 7 + turn) % :panel * :doctors
    + (place + day * 613 + iif(turn < 3, 0, day * 7919 + turn * 131)) % :doctors)";

const ACCOUNTS: &str = include_str!("generate/accounts.sql");
const APPOINTMENTS: &str = include_str!("generate/appointments.sql");
const AUDIT_PAST: &str = include_str!("generate/audit_past.sql");
const AUDIT_RECENT: &str = include_str!("generate/audit_recent.sql");

/// The number of days that one statement generates, which is one step of the progress bar.
const DAYS_AT_ONCE: i64 = 5;

/// The temporary tables from which the rows are computed.
const MATERIAL: &str = "
    CREATE TEMP TABLE words (kind, number, name, name_key, PRIMARY KEY (kind, number)) WITHOUT ROWID;
    CREATE TEMP TABLE working_days (day INTEGER PRIMARY KEY, start_at);
    CREATE TEMP TABLE plan (slot INTEGER PRIMARY KEY, place, turn, start_minute, duration, lead, booked_second, status, reason);
    CREATE TEMP TABLE events (number INTEGER PRIMARY KEY, slot, place, turn, action, ahead, second, changes);";

/// No journal, because an unfinished file is deleted. CREATE INDEX sorts in runs of the size of the cache: it is fastest
/// if a run fits into the processor's cache, and uses two cores only if it sorts in files. Tests check the CHECK
/// constraints and the references.
const FAST: &str = "
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = FILE; PRAGMA cache_size = -16000; PRAGMA threads = 2; PRAGMA ignore_check_constraints = ON;
    PRAGMA foreign_keys = OFF;";

/// Generates a network with this number of appointments in a new file, and shows its progress on the terminal.
///
/// # Errors
/// A sentence about what went wrong and what to do. The file exists only if it is complete.
pub async fn generate(file: &Path, appointments: u64) -> Result<Network, String> {
    let size = Size::of(appointments)?;
    let progress = Progress::new(&size)?;
    println!("generating a network of {appointments} appointments in {}", file.display());
    let started = Instant::now();
    let network = make(file, size, Utc::now().date_naive(), &progress).await;
    progress.end();
    let network = network?;
    let bytes = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
    println!(
        "generated {}: {:.1} MB, {} doctors, {} patients, {} to {}, in {:.1} s",
        file.display(),
        bytes as f64 / 1e6,
        DOCTORS,
        size.patients,
        network.first_day,
        network.last_day,
        started.elapsed().as_secs_f64()
    );
    Ok(network)
}

async fn make(file: &Path, size: Size, today: NaiveDate, progress: &Progress) -> Result<Network, String> {
    if file.exists() {
        return Err(format!("{} exists already: delete it, or name another file", file.display()));
    }
    // It has another name until it is complete.
    let part = beside(file, ".part");
    let remove = || {
        [part.clone(), beside(&part, "-journal")].into_iter().try_for_each(|path| match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
            _ => Ok(()),
        })
    };
    remove()?;
    let filled = fill(&part, size, today, progress).await;
    let finished = filled.and_then(|()| finish(&part, file, progress));
    if let Err(Failed { error, is_full }) = finished {
        remove()?;
        let megabytes = size.appointments / 2_000 + 50;
        let hint = format!(": it takes about {megabytes} MB, and while it sorts a fifth of that in SQLITE_TMPDIR");
        return Err(format!("{}: {error}{}", file.display(), if is_full { &hint } else { "" }));
    }
    Network::read(file).await
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

/// Why a network was not generated, and whether the disk is full.
struct Failed {
    error: String,
    is_full: bool,
}

impl From<libsql::Error> for Failed {
    fn from(error: libsql::Error) -> Self {
        /// SQLITE_FULL, the last byte of extended result codes too.
        const FULL: i32 = 13;
        let is_full = matches!(error, libsql::Error::SqliteFailure(code, _) if code & 0xff == FULL);
        Self { error: error.to_string(), is_full }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self { error: error.to_string(), is_full: error.kind() == io::ErrorKind::StorageFull }
    }
}

fn finish(part: &Path, file: &Path, progress: &Progress) -> Result<(), Failed> {
    progress.phase("writing to disk");
    let written = fs::File::open(part).and_then(|part| part.sync_all()).and_then(|()| fs::rename(part, file));
    progress.advance(0);
    Ok(written?)
}

async fn fill(part: &Path, size: Size, today: NaiveDate, progress: &Progress) -> Result<(), Failed> {
    progress.phase("schema");
    let other = |error: String| Failed { error, is_full: false };
    let path = part.to_str().ok_or_else(|| other("the file's name must be text".into()))?;
    let database = Database::create_at(path).map_err(other)?;
    database.migrate().await.map_err(|error| other(error.to_string()))?;
    let connection = Builder::new_local(part).build().await?.connect()?;
    Ok(Filling { connection, size, progress }.run(today).await?)
}

struct Filling<'a> {
    connection: Connection,
    size: Size,
    progress: &'a Progress,
}

/// An object of the schema: its name, its table and its SQL.
type Object = (String, String, String);

impl Filling<'_> {
    async fn run(&self, today: NaiveDate) -> libsql::Result<()> {
        let (past, future) = (self.size.past as i64, self.size.future as i64);
        let days = plan::days(today, past, future);
        self.connection.execute_batch(FAST).await?;
        self.load(&days).await?;
        let triggers = self.drop_objects("type = 'trigger'").await?;
        let indexes = self.drop_objects("type = 'index' AND sql LIKE 'CREATE INDEX %'").await?;

        self.progress.phase("accounts");
        self.accounts(days.first().map_or(0, |(_, start)| *start), today).await?;
        self.progress.advance(self.size.accounts());
        self.progress.phase("appointments");
        self.days(APPOINTMENTS, 0, past + future).await?;
        self.progress.phase("audit log");
        // The last days before today, on which future appointments are booked, need a query of their own.
        self.days(AUDIT_PAST, -LEAD, past - LEAD).await?;
        self.days(AUDIT_RECENT, past - LEAD, past).await?;

        for (name, table, sql) in indexes {
            self.progress.phase(&format!("index {name}"));
            self.connection.execute(&sql, ()).await?;
            self.progress.advance(self.rows_of(&table));
        }
        for (_, _, sql) in triggers {
            self.connection.execute(&sql, ()).await?;
        }
        self.connection.execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = DELETE;").await?;
        Ok(())
    }

    fn rows_of(&self, table: &str) -> u64 {
        match table {
            "appointments" => self.size.appointments,
            "audit" => self.size.appointments * 2,
            _ => 0,
        }
    }

    /// Drops objects of the schema, and returns them in the order in which to create them again.
    async fn drop_objects(&self, what: &str) -> libsql::Result<Vec<Object>> {
        let sql = format!("SELECT name, tbl_name, sql, type FROM sqlite_schema WHERE {what} ORDER BY rowid");
        let mut rows = self.connection.query(&sql, ()).await?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next().await? {
            objects.push(((row.get(0)?, row.get(1)?, row.get(2)?), row.get::<String>(3)?));
        }
        drop(rows);
        for ((name, ..), kind) in &objects {
            self.connection.execute(&format!("DROP {kind} {name}"), ()).await?;
        }
        Ok(objects.into_iter().map(|(object, _)| object).collect())
    }

    async fn load(&self, days: &[Day]) -> libsql::Result<()> {
        let plan = plan::plan();
        let word = |(kind, number, name): (&str, usize, &&str)| json!([kind, number, name, search_key(&[name])]);
        let words = [("first", &people::FIRST[..]), ("last", &people::LAST), ("specialty", &people::SPECIALTIES)];
        let words = words.iter().flat_map(|(kind, names)| names.iter().enumerate().map(|(n, name)| (*kind, n, name)));
        let slots = plan.iter().enumerate().map(|(slot, planned)| {
            json!([
                slot,
                planned.place,
                planned.turn,
                planned.start,
                planned.duration,
                planned.lead,
                planned.booked,
                planned.status,
                planned.reason
            ])
        });
        let events = plan::events(&plan);
        let events = events.iter().enumerate().map(|(number, event)| {
            let planned = &plan[event.appointment];
            json!([
                number,
                event.appointment,
                planned.place,
                planned.turn,
                event.action,
                event.ahead,
                event.second,
                event.changes
            ])
        });
        self.connection.execute_batch(MATERIAL).await?;
        self.insert("words", 4, words.map(word).collect()).await?;
        self.insert("working_days", 2, days.iter().map(|day| json!(day)).collect()).await?;
        self.insert("days", 6, plan::calendar(days).collect()).await?;
        self.insert("plan", 9, slots.collect()).await?;
        self.insert("events", 8, events.collect()).await
    }

    async fn insert(&self, table: &str, columns: usize, rows: Json) -> libsql::Result<()> {
        let columns: Vec<_> = (0..columns).map(|column| format!("value ->> {column}")).collect();
        let sql = format!("INSERT INTO {table} SELECT {} FROM json_each(?)", columns.join(", "));
        self.connection.execute(&sql, [rows.to_string()]).await.map(drop)
    }

    async fn accounts(&self, opening: i64, today: NaiveDate) -> libsql::Result<()> {
        let password = Network::PASSWORD.parse().map_err(|rule| failed(format!("the password {rule}")))?;
        let hash = rounds_auth::hash(&password).map_err(|error| failed(error.to_string()))?;
        let accounts = self.size.accounts() as i64;
        let count = |words: &[&str]| Value::from(words.len() as i64);
        for statement in ACCOUNTS.split_inclusive(";\n").filter(|statement| !statement.trim().is_empty()) {
            let values = [
                (":accounts", accounts.into()),
                (":doctors", (DOCTORS as i64).into()),
                (":opening", opening.into()),
                (":password_hash", hash.clone().into()),
                (":firsts", count(&people::FIRST)),
                (":lasts", count(&people::LAST)),
                (":specialties", count(&people::SPECIALTIES)),
                (":name", clinic_name(self.size.appointments, today).into()),
            ];
            self.run_with(statement, values).await?;
        }
        Ok(())
    }

    /// Generates the rows of a range of days.
    async fn days(&self, sql: &str, from: i64, until: i64) -> libsql::Result<()> {
        let sql = sql.replace("$doctor", DOCTOR).replace("$patient", PATIENT);
        for first in (from..until).step_by(DAYS_AT_ONCE as usize) {
            let last = (first + DAYS_AT_ONCE).min(until) - 1;
            let values = [
                (":from", first.into()),
                (":to", last.into()),
                (":past", (self.size.past as i64).into()),
                (":skipped", (self.size.skipped() as i64).into()),
                (":doctors", (DOCTORS as i64).into()),
                (":panel", (self.size.patients as i64 / DOCTORS as i64).into()),
            ];
            self.run_with(&sql, values).await?;
            self.progress.advance((last - first + 1) as u64 * Network::PER_DAY);
        }
        Ok(())
    }

    /// Runs a statement with those values that it has parameters for.
    async fn run_with<const N: usize>(&self, sql: &str, values: [(&str, Value); N]) -> libsql::Result<()> {
        let used = values.into_iter().filter(|(name, _)| sql.contains(name));
        let used: Vec<_> = used.map(|(name, value)| (name.to_owned(), value)).collect();
        self.connection.execute(sql, used).await.map(drop)
    }
}

fn failed(error: String) -> libsql::Error {
    libsql::Error::Misuse(error)
}
