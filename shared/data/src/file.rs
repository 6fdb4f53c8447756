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

/// How long a statement waits for another process's lock on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// An embedded libSQL file.
///
/// It is opened by the first statement, and again where the file has been replaced, so that a
/// function that started before its database needs no restart.
///
/// The file keeps SQLite's rollback journal with `synchronous = FULL`: what was acknowledged
/// survives a power cut. Not WAL: several processes write to the file, and the SQLite 3.47 that
/// libsql bundles can lose commits when a checkpoint and a write race (fixed in SQLite 3.51.3). WAL is a
/// property of the file, which any program can set; a statement on such a file is refused, and the migration
/// takes it out of WAL.
///
/// What is deleted or replaced is overwritten with zeros (`secure_delete`): SQLite would leave it in the free space of
/// the file, and with it the names and emails of people who were erased.
pub(crate) struct File {
    /// As SQLite opens it.
    url: String,
    /// `None` for a database in memory.
    path: Option<PathBuf>,
    /// Where its write-ahead log would be.
    wal: Option<PathBuf>,
    /// For the migration, which makes the file and decides its journal.
    migrating: bool,
    flags: OpenFlags,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: Connection,
    /// Device and inode of the file, by which to tell that it is still the one at its path.
    file: Option<(u64, u64)>,
    /// By their text. Each is parsed and planned once.
    prepared: HashMap<&'static str, Prepared>,
}

struct Prepared {
    statement: libsql::Statement,
    /// In the order in which they are bound.
    parameters: Vec<String>,
}

impl File {
    /// The file at an address, or a database in memory.
    pub(crate) fn new(address: Option<&FileAddress>, migrating: bool) -> Self {
        let can_be_made = migrating && address.is_none_or(FileAddress::can_be_made);
        let create = if can_be_made { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let wal = |path: &str| {
            // SQLite puts it beside the file that a symbolic link leads to.
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

    /// Its path; `None` for a database in memory.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    /// Makes the file, empty, for its owner only. SQLite gives its journals the same mode.
    fn create(&self) -> io::Result<()> {
        let Some(path) = self.path() else { return Ok(()) };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made.map(drop),
        }
    }

    /// The file, open, for nobody else meanwhile: a statement does not wait for anything but the file.
    async fn open(&self) -> Result<MappedMutexGuard<'_, Open>, Failure> {
        let mut open = self.open.lock().await;
        let file =
            || self.path.as_ref().map(|path| fs::metadata(path).map(|file| (file.dev(), file.ino()))).transpose();
        // A statement on a file that is no longer at its path would be acknowledged, and lost.
        let found = match file() {
            Ok(found) => found,
            Err(_) if self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE) && open.is_none() => {
                self.create().map_err(unavailable)?;
                None
            }
            Err(error) => {
                *open = None;
                return Err(unavailable(error));
            }
        };
        // In WAL mode since it was opened. SQLite uses a log that lies there, whatever the file's header says.
        if !self.migrating && self.wal.as_ref().is_some_and(|wal| wal.exists()) {
            *open = None;
            return Err(unavailable(IN_WAL_MODE));
        }
        if open.as_ref().is_none_or(|open| open.file != found) {
            let connection = Builder::new_local(&self.url).flags(self.flags).build().await?.connect()?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            run_pragma(&connection, "PRAGMA secure_delete = ON").await?;
            if !self.migrating && journal_mode(&connection, "PRAGMA journal_mode").await? == "wal" {
                return Err(unavailable(IN_WAL_MODE));
            }
            // As it was found: where it was replaced since then, the next statement opens the new one.
            let file = match found {
                Some(_) => found,
                None => file().map_err(unavailable)?,
            };
            *open = Some(Open { connection, file, prepared: HashMap::new() });
        }
        MutexGuard::try_map(open, Option::as_mut).map_err(|_| unavailable("it is not open"))
    }

    /// Takes the file out of WAL mode, if it is in it.
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
        changed.await.map_err(|failure| self.name(failure))
    }

    /// Runs a statement to its end; the document it answered, if any.
    pub(crate) async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let answered = async { self.open().await?.run(statement, values).await };
        answered.await.map_err(|failure| self.name(failure))
    }

    /// Runs statements in one transaction; the last document that one answered, if any.
    pub(crate) async fn transact(&self, steps: &[&Statement], values: &Values) -> Result<Option<String>, Failure> {
        let answered = async {
            let mut open = self.open().await?;
            // Rolled back when dropped, by a step that fails or by a caller that no longer waits. Immediate: a
            // deferred transaction does not wait for another's lock when it comes to write.
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            let mut last = None;
            for step in steps {
                last = open.run(step, values).await?.or(last);
            }
            transaction.commit().await?;
            Ok(last)
        };
        answered.await.map_err(|failure| self.name(failure))
    }

    /// Runs statements of a step of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let applied = async {
            let open = self.open().await?;
            let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            transaction.execute_batch(sql).await?;
            Ok(transaction.commit().await?)
        };
        applied.await.map_err(|failure| self.name(failure))
    }

    /// Does something while no other program reads or writes the file, and no journal of it is left. Only for a
    /// file that may be in WAL mode, as in the migration.
    pub(crate) async fn with_exclusive_lock<T>(&self, act: impl FnOnce() -> T) -> Result<T, Failure> {
        let open = self.open().await?;
        let locked = async {
            journal_mode(&open.connection, "PRAGMA journal_mode = DELETE").await?;
            open.connection.transaction_with_behavior(TransactionBehavior::Exclusive).await
        };
        match locked.await {
            Ok(transaction) => {
                let done = act();
                transaction.rollback().await?;
                Ok(done)
            }
            // SQLITE_CORRUPT, SQLITE_NOTADB: nobody can use it.
            Err(libsql::Error::SqliteFailure(code, _)) if matches!(code & 0xFF, 11 | 26) => Ok(act()),
            Err(error) => Err(self.name(error.into())),
        }
    }

    /// Says of a failure which file it is about.
    fn name(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Error(Error::Unavailable(reason)) => unavailable(format!("{}: {reason}", self.url)),
            Failure::Lost(reason) => Failure::Lost(format!("{}: {reason}", self.url)),
            failure => failure,
        }
    }
}

const IN_WAL_MODE: &str = "the database is in WAL mode, in which commits can be lost: end the programs that have it \
                           open, and run the migration, which takes it out of it";

const IN_WAL_MODE_AND_IN_USE: &str = "the database is in WAL mode, in which commits can be lost, and cannot be taken \
                                      out of it while other programs have it open: end them, and start again";

fn unavailable(reason: impl ToString) -> Failure {
    Failure::Error(Error::Unavailable(reason.to_string()))
}

/// Runs a pragma, whatever it answers.
async fn run_pragma(connection: &Connection, pragma: &str) -> Result<(), libsql::Error> {
    let mut rows = connection.query(pragma, ()).await?;
    while rows.next().await?.is_some() {}
    Ok(())
}

/// Asks for the journal mode, or for another one; the one that is in force then.
async fn journal_mode(connection: &Connection, pragma: &str) -> Result<String, libsql::Error> {
    let mut rows = connection.query(pragma, ()).await?;
    let mut mode = String::new();
    while let Some(row) = rows.next().await? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

/// A statement that is run, and is at its start again whatever becomes of it. One that met a lock, say,
/// would otherwise count as running, and SQLite commits a write only when no other runs: what came after
/// it would be acknowledged, and lost.
struct Running<'a>(&'a libsql::Statement);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.reset();
    }
}

impl Open {
    /// Runs a statement to its end; the document it answered, if any.
    async fn run(&mut self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let prepared = match self.prepared.entry(statement.sql) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(Prepared::new(&self.connection, statement).await?),
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

/// Reads rows to the end, and not to the first: only then a write is committed, or has failed.
async fn last_document(rows: &mut Rows) -> Result<Option<String>, Failure> {
    let mut last = None;
    while let Some(row) = rows.next().await? {
        last = Some(document(row.get_value(0)?)?);
    }
    Ok(last)
}
