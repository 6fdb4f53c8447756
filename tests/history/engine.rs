//! The database under test, and reading it without Rounds.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    time::Duration,
};

use libsql::{Builder, Connection};
use rounds_local::{Sqld, free_port};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::{
    proxy::Proxy,
    record::{Absence, End, Hours, Lengths, Row},
    world::lock,
};

/// The database engine of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An embedded file that the functions share.
    File,
    /// A libSQL server behind a proxy, which the functions use.
    Server,
    /// An embedded file that `rounds serve` uses alone.
    Serve,
}

/// A database in a folder of its own.
pub(crate) enum Engine {
    File(PathBuf),
    Server(Server),
}

/// A libSQL server that can be killed, stalled and restarted, behind a proxy that loses, delays and duplicates
/// messages.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    running: Mutex<Option<Sqld>>,
    pub(crate) proxy: Proxy,
}

impl Engine {
    pub(crate) async fn start(kind: Kind, folder: &Path) -> Result<Self, String> {
        if kind != Kind::Server {
            return Ok(Self::File(folder.join("clinic.db")));
        }
        let (folder, port) = (folder.join("sqld"), free_port()?);
        let server = start(&folder, port)?;
        let proxy = Proxy::start(&server.url()).await;
        Ok(Self::Server(Server { folder, port, running: Mutex::new(Some(server)), proxy }))
    }

    /// The `DATABASE_URL` of the programs.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(path) => path.to_string_lossy().into_owned(),
            Self::Server(server) => server.proxy.url(),
        }
    }

    /// Changes the database without Rounds.
    pub(crate) async fn execute(&self, statements: &str) -> Result<(), String> {
        let database = match self {
            Self::File(path) => Builder::new_local(path).build().await,
            Self::Server(server) => {
                let mut http = hyper_for_libsql::client::HttpConnector::new();
                http.set_nodelay(true);
                let url = format!("http://127.0.0.1:{}", server.port);
                Builder::new_remote(url, String::new()).connector(http).build().await
            }
        };
        let connection = database.and_then(|database| database.connect()).map_err(|error| error.to_string())?;
        connection.execute_batch(statements).await.map(drop).map_err(|error| error.to_string())
    }

    /// Kills the server, and returns the path of the database file.
    pub(crate) fn end(self) -> PathBuf {
        match self {
            Self::File(path) => path,
            Self::Server(server) => {
                drop(lock(&server.running).take());
                server.folder.join("dbs/default/data")
            }
        }
    }
}

fn start(folder: &Path, port: u16) -> Result<Sqld, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let log = File::options().create(true).append(true).open(folder.with_extension("log"));
    let log = log.map_err(|error| format!("{}: {error}", folder.display()))?;
    Sqld::primary_at(folder, port, &[], || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from))
}

impl Server {
    /// Kills the server (SIGKILL), and starts it again after some time.
    pub(crate) async fn restart(&self, after: Duration) -> Result<(), String> {
        drop(lock(&self.running).take());
        tokio::time::sleep(after).await;
        let (folder, port) = (self.folder.clone(), self.port);
        let started = tokio::task::spawn_blocking(move || start(&folder, port)).await;
        *lock(&self.running) = Some(started.map_err(|error| error.to_string())??);
        Ok(())
    }

    /// Freezes the server (SIGSTOP), and continues it (SIGCONT) after some time.
    pub(crate) async fn stall(&self, lasting: Duration) {
        let process = lock(&self.running).as_mut().and_then(|server| Pid::from_raw(server.process().id() as i32));
        if let Some(process) = process {
            // Errors mean that it has exited.
            let _ = kill_process(process, Signal::STOP);
            tokio::time::sleep(lasting).await;
            let _ = kill_process(process, Signal::CONT);
        }
    }
}

/// Returns what `PRAGMA integrity_check` finds; empty if the file is intact.
pub(crate) async fn damage(path: &Path) -> Result<Vec<String>, libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    let mut rows = connection.query("PRAGMA integrity_check", ()).await?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().await? {
        found.push(row.get::<String>(0)?);
    }
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// All appointments. Without a key, the requested start is the one that the audit log has before the first rescheduling.
/// The requested doctor always is.
const APPOINTMENTS: &str = "
    SELECT appointments.id, doctor_id, patient_id, start_at, duration, status, version, idempotency_key,
      coalesce(requested_start_at, moved_from, start_at), coalesce(requested_duration, duration),
      coalesce(given_by, doctor_id), booked_by, type_id, (start_at - busy_from) / 60,
      (busy_until - start_at) / 60 - duration, overridden, EXISTS (
        SELECT 1 FROM audit WHERE appointment_id = appointments.id AND action = 'book' AND changes ->> '$.override[1]' = 1),
      arrived_at IS NOT NULL
    FROM appointments LEFT JOIN (
      SELECT min(id), appointment_id AS moved, changes ->> '$.start_date[0]' AS moved_from FROM audit
      WHERE moved_from IS NOT NULL GROUP BY appointment_id) ON moved = appointments.id
    LEFT JOIN (
      SELECT min(id), appointment_id AS given, changes ->> '$.doctor_id[0]' AS given_by FROM audit
      WHERE given_by IS NOT NULL GROUP BY appointment_id) ON given = appointments.id
    ORDER BY appointments.id";

/// Reads the contents of a database file without Rounds.
pub(crate) async fn read(path: &Path) -> Result<End, libsql::Error> {
    let connection = Builder::new_local(path).build().await?.connect()?;
    let mut end = End::default();
    let mut rows = connection.query(APPOINTMENTS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.appointments.push(Row {
            id: row.get(0)?,
            doctor: row.get(1)?,
            patient: row.get(2)?,
            start: row.get(3)?,
            duration: row.get(4)?,
            status: row.get(5)?,
            version: row.get(6)?,
            key: row.get(7)?,
            requested_start: row.get(8)?,
            requested_duration: row.get(9)?,
            requested_doctor: row.get(10)?,
            by: row.get(11)?,
            type_id: row.get(12)?,
            buffers: (row.get(13)?, row.get(14)?),
            overridden: row.get::<i64>(15)? != 0,
            is_override_audited: row.get::<i64>(16)? != 0,
            arrived: row.get::<i64>(17)? != 0,
        });
    }
    let mut rows = connection.query("SELECT max_appointments_per_day, max_booked_mins_per_day FROM clinic", ()).await?;
    while let Some(row) = rows.next().await? {
        end.policy = (row.get(0)?, row.get(1)?);
    }
    let query = "SELECT id, duration, buffer_before, buffer_after FROM appointment_types";
    let mut rows = connection.query(query, ()).await?;
    while let Some(row) = rows.next().await? {
        end.types.insert(row.get(0)?, Lengths { duration: row.get(1)?, before: row.get(2)?, after: row.get(3)? });
    }
    let mut rows = connection.query("SELECT account_id, patient_id FROM guardians WHERE active = 1", ()).await?;
    while let Some(row) = rows.next().await? {
        end.guardians.insert((row.get(0)?, row.get(1)?));
    }
    read_times(&connection, &mut end).await?;
    Ok(end)
}

/// When doctors work, in hours. Hours over midnight are rows of two weekdays.
const HOURS: &str = "
    SELECT doctor_id, max(start_minute) / 60,
      (max(end_minute) + iif(min(start_minute) < max(start_minute), min(end_minute), 0)) / 60
    FROM working_hours GROUP BY doctor_id";

/// The hours of dates. A date has at most one time range.
const SPECIAL_HOURS: &str = "
    SELECT doctor_id, unixepoch(date), coalesce(hours ->> '$[0].start_minute', 0) / 60,
      coalesce(hours ->> '$[0].end_minute', 0) / 60
    FROM special_hours WHERE hours IS NOT NULL";

/// Reads when doctors work, their time off, and the closures.
async fn read_times(connection: &Connection, end: &mut End) -> Result<(), libsql::Error> {
    let mut rows = connection.query(HOURS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.hours.insert(row.get(0)?, Hours::new(row.get(1)?, row.get(2)?));
    }
    let mut rows = connection.query(SPECIAL_HOURS, ()).await?;
    while let Some(row) = rows.next().await? {
        end.special_hours.insert((row.get(0)?, row.get(1)?), Hours::new(row.get(2)?, row.get(3)?));
    }
    let query = "SELECT id, doctor_id, start_at, end_at FROM time_off WHERE deleted_at IS NULL
                 UNION ALL SELECT id, NULL, start_at, end_at FROM closures WHERE deleted_at IS NULL";
    let mut rows = connection.query(query, ()).await?;
    while let Some(row) = rows.next().await? {
        let absence = Absence { doctor: row.get(1)?, start: row.get(2)?, end: row.get(3)? };
        let absences = if absence.is_closure() { &mut end.closures } else { &mut end.time_off };
        absences.insert(row.get(0)?, absence);
    }
    Ok(())
}
