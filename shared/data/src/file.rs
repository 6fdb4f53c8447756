use std::{fs, os::unix::fs::MetadataExt, path::PathBuf, time::Duration};

use libsql::{Builder, Connection, OpenFlags, Rows, TransactionBehavior, params::Params};
use rounds_domain::Error;
use tokio::sync::Mutex;

use crate::{
    Statement,
    error::Failure,
    statement::{Values, document},
};

/// How long a statement waits for another process's lock on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// An embedded libSQL file.
///
/// It is opened by the first statement, and again where the file has been replaced, so that a
/// function that started before its database needs no restart.
///
/// The file keeps SQLite's rollback journal with `synchronous = FULL`: what was acknowledged
/// survives a power cut. Not WAL: several processes write to the file, and the SQLite 3.47 that
/// libsql bundles can lose commits when a checkpoint and a write race (mended in SQLite 3.51.3).
pub(crate) struct File {
    url: String,
    flags: OpenFlags,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: Connection,
    /// Device and inode of the file, by which to tell that it is still the one at its path.
    file: Option<(u64, u64)>,
}

impl File {
    pub(crate) fn new(url: &str, create: bool) -> Self {
        let create = if create { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        Self { url: url.to_owned(), flags: OpenFlags::SQLITE_OPEN_READ_WRITE | create, open: Mutex::default() }
    }

    /// Its path; `None` for a database in memory.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let url = self.url.as_str();
        let Some(path) = url.strip_prefix("file:") else {
            return (url != ":memory:").then(|| PathBuf::from(url));
        };
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let path = path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path);
        Some(PathBuf::from(path))
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
        let mut open = self.open.lock().await;
        let file = || self.path().map(|path| fs::metadata(&path).map(|file| (file.dev(), file.ino()))).transpose();
        // A statement on a file that is no longer at its path would be acknowledged, and lost.
        let creating = self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE);
        let found = match file() {
            Ok(found) => found,
            Err(_) if creating && open.is_none() => None,
            Err(error) => {
                *open = None;
                return Err(unavailable(format!("{}: {error}", self.url)));
            }
        };
        if let Some(open) = open.as_ref()
            && open.file == found
        {
            return Ok(open.connection.clone());
        }
        let connection = Builder::new_local(&self.url).flags(self.flags).build().await?.connect()?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let file = file().map_err(|error| unavailable(format!("{}: {error}", self.url)))?;
        *open = Some(Open { connection: connection.clone(), file });
        Ok(connection)
    }

    /// Runs a statement to its end; the document it answered, if any.
    pub(crate) async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let prepared = self.connection().await?.prepare(statement.sql).await?;
        let mut named = Vec::new();
        for index in 1..=prepared.parameter_count() {
            let name = prepared.parameter_name(index as i32).unwrap_or_default();
            named.push((name.to_owned(), values.get(statement, name)?.clone()));
        }
        let mut rows = prepared.query(Params::Named(named)).await?;
        last_document(&mut rows).await
    }

    /// Runs statements of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let connection = self.connection().await?;
        // Immediate: a deferred transaction does not wait for another's lock when it comes to write.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
        transaction.execute_batch(sql).await?;
        Ok(transaction.commit().await?)
    }
}

/// Reads rows to the end, and not to the first: only then a write is committed, or has failed.
pub(crate) async fn last_document(rows: &mut Rows) -> Result<Option<String>, Failure> {
    let mut last = None;
    while let Some(row) = rows.next().await? {
        last = Some(document(row.get_value(0)?)?);
    }
    Ok(last)
}
