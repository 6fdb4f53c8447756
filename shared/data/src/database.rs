use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc, time::Duration};

use libsql::{Builder, Connection, OpenFlags, Value, params::Params};
use rounds_domain::{Calendar, Error};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::{
    Statement, clinic,
    error::Failure,
    statement::{Gated, gate},
};

/// How long a statement waits for another process's lock on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);
/// How often a request starts over because the clinic's calendar changed under it.
const CALENDAR_ATTEMPTS: usize = 3;

/// The clinic's database: an embedded libSQL file.
///
/// It is opened by the first statement, and again where the file has been replaced, so that a
/// function that started before its database needs no restart.
///
/// The file keeps SQLite's rollback journal with `synchronous = FULL`: what was acknowledged
/// survives a power cut. Not WAL: several processes write to the file, and the SQLite 3.47 that
/// libsql bundles can lose commits when a checkpoint and a write race (mended in SQLite 3.51.3).
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    flags: OpenFlags,
    open: Mutex<Option<Open>>,
    calendar: Mutex<Option<Calendar>>,
}

struct Open {
    connection: Connection,
    /// Device and inode of the file, by which to tell that it is still the one at its path.
    file: Option<(u64, u64)>,
}

impl Database {
    /// The database at a path or `file:` URL. It must be there when the first statement runs.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn at(url: &str) -> Result<Self, String> {
        Self::with(url, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// The same, made by the first statement where it is not there: for the migration.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn create_at(url: &str) -> Result<Self, String> {
        Self::with(url, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn with(url: &str, flags: OpenFlags) -> Result<Self, String> {
        if url.is_empty() || url.contains('\0') {
            return Err("DATABASE_URL must be a path or a file: URL".into());
        }
        if url.contains("://") && !url.starts_with("file:") {
            return Err("DATABASE_URL must be a path or a file: URL: servers are not supported yet".into());
        }
        let shared = Shared { url: url.to_owned(), flags, open: Mutex::default(), calendar: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The path of the file; `None` for a database in memory.
    pub fn path(&self) -> Option<PathBuf> {
        let url = self.shared.url.as_str();
        let Some(path) = url.strip_prefix("file:") else {
            return (url != ":memory:").then(|| PathBuf::from(url));
        };
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let path = path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path);
        Some(PathBuf::from(path))
    }

    pub(crate) async fn connection(&self) -> Result<Connection, Failure> {
        let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
        let mut open = self.shared.open.lock().await;
        let file = || self.path().map(|path| fs::metadata(&path).map(|file| (file.dev(), file.ino()))).transpose();
        // A statement on a file that is no longer at its path would be acknowledged, and lost.
        let creating = self.shared.flags.contains(OpenFlags::SQLITE_OPEN_CREATE);
        let found = match file() {
            Ok(found) => found,
            Err(_) if creating && open.is_none() => None,
            Err(error) => {
                *open = None;
                return Err(unavailable(format!("{}: {error}", self.shared.url)));
            }
        };
        if let Some(open) = open.as_ref()
            && open.file == found
        {
            return Ok(open.connection.clone());
        }
        let connection = Builder::new_local(&self.shared.url).flags(self.shared.flags).build().await?.connect()?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let file = file().map_err(|error| unavailable(format!("{}: {error}", self.shared.url)))?;
        *open = Some(Open { connection: connection.clone(), file });
        Ok(connection)
    }

    /// Runs a statement to its end; the document it answered, if any.
    pub(crate) async fn run<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Failure> {
        let values: Vec<(String, Value)> = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let prepared = self.connection().await?.prepare(statement.sql).await?;
        if cfg!(debug_assertions) {
            // libsql takes no offence at a value that is named wrongly or left out: it binds NULL.
            for index in 1..=prepared.parameter_count() {
                let name = prepared.parameter_name(index as i32).unwrap_or_default();
                assert!(values.iter().any(|(given, _)| given == name), "{}: {name} has no value", statement.name);
            }
        }
        let mut rows = prepared.query(Params::Named(values)).await?;
        let mut document = None;
        // To the end, and not to the first row: only then a write is committed, or has failed.
        while let Some(row) = rows.next().await? {
            document = Some(match row.get_value(0)? {
                Value::Text(json) => json,
                Value::Integer(number) => number.to_string(),
                other => return Err(Failure::Error(Error::Internal(format!("{} answered {other:?}", statement.name)))),
            });
        }
        let parse = |text: String| {
            serde_json::from_str(&text).map_err(|error| {
                Failure::Error(Error::Internal(format!("{} answered another document: {error}", statement.name)))
            })
        };
        document.map(parse).transpose()
    }

    /// Runs a gated query; `None` where it has no answer.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &rounds_domain::Caller,
        calendar: Option<&Calendar>,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Error> {
        let values = gate(caller, calendar).into_iter().chain(values);
        let document: Option<Gated<T>> = self.run(statement, values).await?;
        document.ok_or_else(|| Error::Internal(format!("{} answered nothing", statement.name)))?.open()
    }

    /// The clinic's calendar, from memory where it has been read before. Whatever is done with
    /// it must carry its version.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn calendar(&self) -> Result<Calendar, Error> {
        let mut known = self.shared.calendar.lock().await;
        match *known {
            Some(calendar) => Ok(calendar),
            None => Ok(*known.insert(clinic::read(self).await?.calendar)),
        }
    }

    pub(crate) async fn learn(&self, calendar: Option<Calendar>) {
        *self.shared.calendar.lock().await = calendar;
    }

    /// Does something that depends on the clinic's days, and does it again with the new calendar
    /// where that has changed meanwhile.
    ///
    /// # Errors
    /// Those of what is done.
    pub async fn in_calendar<T, F: Future<Output = Result<T, Error>>>(
        &self,
        act: impl Fn(Calendar) -> F,
    ) -> Result<T, Error> {
        for _ in 1..CALENDAR_ATTEMPTS {
            match act(self.calendar().await?).await {
                Err(Error::CalendarChanged) => self.learn(None).await,
                done => return done,
            }
        }
        act(self.calendar().await?).await
    }
}
