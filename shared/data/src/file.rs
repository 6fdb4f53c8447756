use std::{
    collections::{HashMap, hash_map::Entry},
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::PathBuf,
    time::Duration,
};

use libsql::{Builder, Connection, OpenFlags, Rows, TransactionBehavior, params::Params};
use rounds_request::Error;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::{
    Statement,
    address::FileAddress,
    error::Failure,
    statement::{Values, document},
};

/// How long a statement waits for a lock on the file that another process has.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// An embedded libSQL file.
///
/// The first statement opens it. If the file is replaced, the next statement opens the new file. So a function that
/// starts before its database exists needs no restart.
///
/// The file uses SQLite's rollback journal with `synchronous = FULL`: an acknowledged commit survives a power cut.
/// WAL mode was rejected: several processes write to the file, and the SQLite 3.47 that libsql bundles can lose
/// commits if a checkpoint and a write race (fixed in SQLite 3.51.3). WAL mode is a property of the file, which
/// any program can set. Statements on a file in WAL mode are rejected, and the migration takes it out of WAL mode.
///
/// Deleted and replaced data is overwritten with zeros (`secure_delete`). Otherwise SQLite would leave it in the free
/// space of the file, including the names and emails of erased people.
pub(crate) struct File {
    /// The path or URL that SQLite opens.
    url: String,
    /// `None` for a database in memory.
    path: Option<PathBuf>,
    /// The path of its write-ahead log, if it were in WAL mode.
    wal: Option<PathBuf>,
    /// Whether this is the migration. It creates the file and changes its journal mode.
    migrating: bool,
    flags: OpenFlags,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: Connection,
    /// Device and inode of the file. They show whether the file at the path is still the same.
    identity: Option<(u64, u64)>,
    /// Prepared statements, by their SQL text. Each is parsed and planned once.
    prepared: HashMap<&'static str, Prepared>,
}

struct Prepared {
    statement: libsql::Statement,
    /// The parameters' names, in the order in which their values are bound.
    parameters: Vec<String>,
}

impl File {
    /// Creates a handle to the file at an address, or to a database in memory.
    pub(crate) fn new(address: Option<&FileAddress>, migrating: bool) -> Self {
        let can_be_created = migrating && address.is_none_or(FileAddress::can_be_created);
        let create = if can_be_created { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let wal = |path: &str| {
            // If the path is a symbolic link, SQLite puts the log next to the linked file.
            let mut wal = fs::canonicalize(path).unwrap_or_else(|_| path.into()).into_os_string();
            wal.push("-wal");
            PathBuf::from(wal)
        };
        Self {
            url: address.map_or_else(|| ":memory:".to_owned(), FileAddress::to_sqlite),
            path: address.map(|address| PathBuf::from(&address.path)),
            wal: address.map(|address| wal(&address.path)),
            migrating,
            flags: OpenFlags::SQLITE_OPEN_READ_WRITE | create,
            open: Mutex::default(),
        }
    }

    /// The path. `None` for a database in memory.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    /// Creates an empty file that only its owner can access. SQLite gives its journals the same permissions.
    fn create(&self) -> io::Result<()> {
        let Some(path) = self.path() else { return Ok(()) };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result.map(drop),
        }
    }

    /// Returns the open database, exclusively for this statement: statements of one process run one after the other.
    async fn open(&self) -> Result<MappedMutexGuard<'_, Open>, Failure> {
        let mut open = self.open.lock().await;
        let identity =
            || self.path.as_ref().map(|path| fs::metadata(path).map(|file| (file.dev(), file.ino()))).transpose();
        // If the file was replaced, a write to the old file would be acknowledged and lost.
        let current = match identity() {
            Ok(current) => current,
            Err(_) if self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE) && open.is_none() => {
                self.create().map_err(unavailable)?;
                None
            }
            Err(error) => {
                *open = None;
                return Err(unavailable(error));
            }
        };
        // Another program has set WAL mode since the file was opened. SQLite uses an existing log, even if the header
        // of the file names another mode.
        if !self.migrating && self.wal.as_ref().is_some_and(|wal| wal.exists()) {
            *open = None;
            return Err(unavailable(IN_WAL_MODE));
        }
        if open.as_ref().is_none_or(|open| open.identity != current) {
            let connection = Builder::new_local(&self.url).flags(self.flags).build().await?.connect()?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            run_pragma(&connection, "PRAGMA secure_delete = ON").await?;
            if !self.migrating && journal_mode(&connection, "PRAGMA journal_mode").await? == "wal" {
                return Err(unavailable(IN_WAL_MODE));
            }
            // The identity from before the file was opened. If the file was replaced in between, the next statement
            // opens the new one.
            let identity = match current {
                Some(_) => current,
                None => identity().map_err(unavailable)?,
            };
            *open = Some(Open { connection, identity, prepared: HashMap::new() });
        }
        MutexGuard::try_map(open, Option::as_mut).map_err(|_| unavailable("the file is not open"))
    }

    /// Takes the file out of WAL mode, if it is in WAL mode.
    pub(crate) async fn use_rollback_journal(&self) -> Result<(), Failure> {
        let changed = async {
            let open = self.open().await?;
            match journal_mode(&open.connection, "PRAGMA journal_mode = DELETE").await {
                Ok(mode) if mode == "wal" => Err(unavailable(IN_WAL_MODE_AND_IN_USE)),
                // SQLITE_BUSY: another connection still uses WAL.
                Err(libsql::Error::SqliteFailure(code, _)) if code & 0xFF == 5 => {
                    Err(unavailable(IN_WAL_MODE_AND_IN_USE))
                }
                mode => Ok(mode.map(drop)?),
            }
        };
        changed.await.map_err(|failure| self.with_name(failure))
    }

    /// Runs a statement and returns its document, if any.
    pub(crate) async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let result = async { self.open().await?.run(statement, values).await };
        result.await.map_err(|failure| self.with_name(failure))
    }

    /// Runs statements in one transaction. Returns the document of the last statement that returned one.
    pub(crate) async fn transact(&self, steps: &[&Statement], values: &Values) -> Result<Option<String>, Failure> {
        let result = async {
            let mut open = self.open().await?;
            // The transaction is rolled back when it is dropped: after a failed step, or if the caller stops waiting.
            // It is immediate, because a deferred transaction fails instead of waiting for a lock at its first write.
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            let mut last = None;
            for step in steps {
                last = open.run(step, values).await?.or(last);
            }
            transaction.commit().await?;
            Ok(last)
        };
        result.await.map_err(|failure| self.with_name(failure))
    }

    /// Runs the statements of a migration step in one transaction.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let applied = async {
            let open = self.open().await?;
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            transaction.execute_batch(sql).await?;
            Ok(transaction.commit().await?)
        };
        applied.await.map_err(|failure| self.with_name(failure))
    }

    /// Runs `action` while no other program reads or writes the file, and after its journal was written back. Only
    /// for the migration's handle, because the file may be in WAL mode.
    pub(crate) async fn with_exclusive_lock<T>(&self, action: impl FnOnce() -> T) -> Result<T, Failure> {
        let open = self.open().await?;
        let locked = async {
            journal_mode(&open.connection, "PRAGMA journal_mode = DELETE").await?;
            open.connection.transaction_with_behavior(TransactionBehavior::Exclusive).await
        };
        match locked.await {
            Ok(transaction) => {
                let result = action();
                transaction.rollback().await?;
                Ok(result)
            }
            // SQLITE_CORRUPT, SQLITE_NOTADB: no program can use the file, so no lock is needed.
            Err(libsql::Error::SqliteFailure(code, _)) if matches!(code & 0xFF, 11 | 26) => Ok(action()),
            Err(error) => Err(self.with_name(error.into())),
        }
    }

    /// Adds the name of the file to a failure.
    fn with_name(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Error(Error::Unavailable(reason)) => unavailable(format!("{}: {reason}", self.url)),
            Failure::Lost(reason) => Failure::Lost(format!("{}: {reason}", self.url)),
            failure => failure,
        }
    }
}

const IN_WAL_MODE: &str = "the database is in WAL mode, in which commits can be lost: stop the programs that have it \
                           open, and run the migration, which takes it out of WAL mode";

const IN_WAL_MODE_AND_IN_USE: &str = "the database is in WAL mode, in which commits can be lost, and other programs \
                                      have it open, so it cannot be taken out of WAL mode: stop them and try again";

fn unavailable(reason: impl ToString) -> Failure {
    Failure::Error(Error::Unavailable(reason.to_string()))
}

/// Runs a pragma and ignores its result.
async fn run_pragma(connection: &Connection, pragma: &str) -> Result<(), libsql::Error> {
    let mut rows = connection.query(pragma, ()).await?;
    while rows.next().await?.is_some() {}
    Ok(())
}

/// Runs a pragma that reads or sets the journal mode. Returns the mode that is then active.
async fn journal_mode(connection: &Connection, pragma: &str) -> Result<String, libsql::Error> {
    let mut rows = connection.query(pragma, ()).await?;
    let mut mode = String::new();
    while let Some(row) = rows.next().await? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

/// A running statement. It is reset when this is dropped, also after an error.
///
/// Without the reset, a statement that failed at a lock would still count as running. SQLite commits a write only
/// when no other statement runs: later writes would be acknowledged and lost.
struct Running<'a>(&'a libsql::Statement);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.reset();
    }
}

impl Open {
    /// Runs a statement and returns its document, if any.
    async fn run(&mut self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let prepared = match self.prepared.entry(statement.sql) {
            Entry::Occupied(prepared) => prepared.into_mut(),
            Entry::Vacant(entry) => entry.insert(Prepared::new(&self.connection, statement).await?),
        };
        let value = |name: &String| values.get(statement, name).cloned();
        let values = prepared.parameters.iter().map(value).collect::<Result<_, _>>()?;
        let running = Running(&prepared.statement);
        let mut rows = running.0.query(Params::Positional(values)).await?;
        last_document(&mut rows).await
    }
}

impl Prepared {
    async fn new(connection: &Connection, statement: &Statement) -> Result<Self, libsql::Error> {
        let statement = connection.prepare(statement.sql).await?;
        let name = |index| statement.parameter_name(index as i32).unwrap_or_default().to_owned();
        let parameters = (1..=statement.parameter_count()).map(name).collect();
        Ok(Self { statement, parameters })
    }
}

/// Reads all rows and returns the document of the last one. A write is committed, or fails, only at the end of the
/// rows.
async fn last_document(rows: &mut Rows) -> Result<Option<String>, Failure> {
    let mut last = None;
    while let Some(row) = rows.next().await? {
        last = Some(document(row.get_value(0)?)?);
    }
    Ok(last)
}
