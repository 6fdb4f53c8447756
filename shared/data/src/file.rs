use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use libsql::{OpenFlags, TransactionBehavior};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::{
    Statement,
    address::FileAddress,
    error::Failure,
    local::{LocalConnection, unavailable},
    statement::{ChangeSteps, Tried, Values},
};

/// An embedded libSQL file.
///
/// The first statement opens it. If the file is replaced, the next statement opens the new file. So a function that
/// starts before its database exists needs no restart.
///
/// The file uses SQLite's rollback journal with `synchronous = FULL`: an acknowledged commit survives a power cut.
/// WAL mode was rejected: several processes write to the file, and the SQLite 3.47 that libsql bundles can lose
/// commits if a checkpoint and a write race (fixed in SQLite 3.51.3). WAL mode is a property of the file, which
/// any program can set. Statements on a file in WAL mode are rejected, and the migration takes it out of WAL mode.
/// `rounds serve` uses WAL mode, in which it is the only process that writes: see [`crate::served`].
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
    local: LocalConnection,
    /// The identity of the file, which shows whether the file at the path is still the same.
    identity: Option<Identity>,
}

/// Device and inode of a file.
pub(crate) type Identity = (u64, u64);

/// Returns the identity of the file at a path.
pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Creates an empty file that only its owner can access, if there is none. SQLite gives its journals the same
/// permissions.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
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

    /// Returns the open database, exclusively for this statement: statements of one process run one after the other.
    async fn open(&self) -> Result<MappedMutexGuard<'_, Open>, Failure> {
        let mut open = self.open.lock().await;
        let identity = || self.path.as_deref().map(identity).transpose();
        // If the file was replaced, a write to the old file would be acknowledged and lost.
        let current = match identity() {
            Ok(current) => current,
            Err(_) if self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE) && open.is_none() => {
                self.path.as_deref().map_or(Ok(()), create).map_err(unavailable)?;
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
            let local = LocalConnection::open(&self.url, self.flags).await?;
            if !self.migrating && local.pragma("PRAGMA journal_mode").await? == "wal" {
                return Err(unavailable(IN_WAL_MODE));
            }
            // The identity from before the file was opened. If the file was replaced in between, the next statement
            // opens the new one.
            let identity = match current {
                Some(_) => current,
                None => identity().map_err(unavailable)?,
            };
            *open = Some(Open { local, identity });
        }
        MutexGuard::try_map(open, Option::as_mut).map_err(|_| unavailable("the file is not open"))
    }

    /// Takes the file out of WAL mode, if it is in WAL mode.
    pub(crate) async fn use_rollback_journal(&self) -> Result<(), Failure> {
        let changed = async {
            let open = self.open().await?;
            match open.local.pragma("PRAGMA journal_mode = DELETE").await {
                Ok(mode) if mode == "wal" => Err(unavailable(IN_WAL_MODE_AND_IN_USE)),
                // SQLITE_BUSY: another connection still uses WAL.
                Err(libsql::Error::SqliteFailure(code, _)) if code & 0xFF == 5 => {
                    Err(unavailable(IN_WAL_MODE_AND_IN_USE))
                }
                mode => Ok(mode.map(drop)?),
            }
        };
        changed.await.map_err(|failure| failure.with_name(&self.url))
    }

    /// Runs a statement and returns its document, if any.
    pub(crate) async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let result = async { self.open().await?.local.run(statement, values).await };
        result.await.map_err(|failure| failure.with_name(&self.url))
    }

    /// Makes changes in one transaction. Returns the document of the last statement that returned one.
    pub(crate) async fn transact(&self, changes: &[ChangeSteps<'_>]) -> Result<Option<String>, Failure> {
        let result = async {
            let mut open = self.open().await?;
            // The transaction is rolled back when it is dropped: after a failed step, or if the caller stops waiting.
            // It is immediate, because a deferred transaction fails instead of waiting for a lock at its first write.
            let transaction = open.local.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            let mut last = None;
            for (steps, values) in changes {
                for step in *steps {
                    last = open.local.run(step, values).await?.or(last);
                }
            }
            transaction.commit().await?;
            Ok(last)
        };
        result.await.map_err(|failure: Failure| failure.with_name(&self.url))
    }

    /// Makes changes in a transaction that is rolled back: see [`LocalConnection::try_changes`].
    pub(crate) async fn try_changes(&self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        let result = async {
            let mut open = self.open().await?;
            let transaction = open.local.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            let outcomes = open.local.try_changes(changes).await?;
            transaction.rollback().await?;
            Ok(outcomes)
        };
        result.await.map_err(|failure: Failure| failure.with_name(&self.url))
    }

    /// Runs the statements of a migration step in one transaction.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let applied = async {
            let open = self.open().await?;
            let transaction = open.local.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
            transaction.execute_batch(sql).await?;
            Ok(transaction.commit().await?)
        };
        applied.await.map_err(|failure: Failure| failure.with_name(&self.url))
    }

    /// Runs `action` while no other program reads or writes the file, and after its journal was written back. Only
    /// for the migration's handle, because the file may be in WAL mode.
    pub(crate) async fn with_exclusive_lock<T>(&self, action: impl FnOnce() -> T) -> Result<T, Failure> {
        let open = self.open().await?;
        let locked = async {
            open.local.pragma("PRAGMA journal_mode = DELETE").await?;
            open.local.connection.transaction_with_behavior(TransactionBehavior::Exclusive).await
        };
        match locked.await {
            Ok(transaction) => {
                let result = action();
                transaction.rollback().await?;
                Ok(result)
            }
            // SQLITE_CORRUPT, SQLITE_NOTADB: no program can use the file, so no lock is needed.
            Err(libsql::Error::SqliteFailure(code, _)) if matches!(code & 0xFF, 11 | 26) => Ok(action()),
            Err(error) => Err(Failure::from(error).with_name(&self.url)),
        }
    }
}

const IN_WAL_MODE: &str = "the database is in WAL mode, in which commits can be lost: stop the programs that have it \
                           open, and run the migration, which takes it out of WAL mode";

const IN_WAL_MODE_AND_IN_USE: &str = "the database is in WAL mode, in which commits can be lost, and other programs \
                                      have it open, so it cannot be taken out of WAL mode: stop them and try again";
