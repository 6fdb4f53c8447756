//! Backup and restore of an embedded database: the parts that need SQL. `rounds backup` and `rounds restore` do the
//! rest.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use libsql::{OpenFlags, TransactionBehavior};
use rounds_domain::ClinicId;

use crate::{
    Database, Error, Statement,
    address::Address,
    error::Failure,
    local::{LocalConnection, unavailable},
    statement::{sql, values},
};

// Not declared with `statements!`, because no function runs them.
const INTEGRITY: Statement =
    Statement { name: "backup/integrity", sql: sql!("backup/integrity"), allows_replica: false };
const CLINIC_ID: Statement =
    Statement { name: "backup/clinic_id", sql: sql!("backup/clinic_id"), allows_replica: false };

/// Revokes all tokens that were issued before the backup.
const REVOKE_SESSIONS: &str = "DELETE FROM sessions";

/// Begins to read in a transaction: the transaction gets its lock or its read mark.
const BEGIN_TO_READ: &str = "SELECT count(*) FROM sqlite_schema";

/// How long the copy waits for a lock of another program.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes are copied and written to the disk at once.
const CHUNK: u64 = 1 << 20;

/// The shortest time for a chunk, i.e. 100 MiB a second.
const CHUNK_TIME: Duration = Duration::from_micros(10_000);

/// How often the log is copied at most. See [`copy_database`]: while it is copied, it can be started anew only once.
const ATTEMPTS: u32 = 4;

/// The length of the header of a write-ahead log.
const LOG_HEADER: usize = 32;

/// Copies an embedded database, which other programs may be using, to a new file with a rollback journal. The copy has
/// every change that was committed before the call. `report` is called with the copied bytes and all bytes.
///
/// Blocks the thread. No other connection of this process may use the database, because this function closes a file
/// handle of it. That ends all locks of this process on the file (<https://sqlite.org/howtocorrupt.html>, section 2.2).
///
/// During the copy, a transaction reads the database. With a rollback journal, it has the file's shared lock: no program
/// can write to the file, so it is copied as fast as possible. With a write-ahead log (<https://sqlite.org/walformat.html>),
/// writes continue, and this function copies first the file and then the log. The copies match, because every page of the
/// file that changes during the copy is also in the log:
///
/// - If the transaction has a read mark, checkpoints write only frames up to the mark into the file, and the log is not
///   started anew. So the copied log has all these frames.
/// - If a checkpoint had written the whole log into the file before, the transaction has the read mark 0. Then no
///   checkpoint can write to the file, but a writer may start the log anew once, and overwrite its frames. Frames of
///   two logs do not belong together, so the log is copied again if its header has changed: its salts differ in every log.
///   It cannot start anew again, because that needs a checkpoint.
///
/// SQLite recovers the copied log when it opens the copy. It ignores everything after the last complete transaction.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn copy_database(url: &str, copy: &Path, mut report: impl FnMut(u64, u64)) -> Result<(), Error> {
    let source = match Address::parse(url) {
        Ok(Address::File(source)) => source,
        Ok(_) => return Err(Error::Internal("only a file can be copied".into())),
        Err(error) => return Err(Error::Unavailable(error)),
    };
    // If the path is a symbolic link, SQLite puts the log next to the linked file.
    let path = fs::canonicalize(&source.path).map_err(unavailable)?;
    // Declared before the connection, so it is closed after it.
    let file = File::open(&path).map_err(unavailable)?;
    let local = LocalConnection::open(&source.to_sqlite(), OpenFlags::SQLITE_OPEN_READ_WRITE).await;
    let (local, started) = (local.map_err(Failure::from)?, Instant::now());
    local.connection.busy_timeout(BUSY_TIMEOUT).map_err(Failure::from)?;
    copy_in_transaction(&local, &path, &file, copy, &mut report).await?;
    drop(local);
    // The next commit writes the log back that has grown since. This function does not write to the disk meanwhile.
    tokio::time::sleep(started.elapsed() / 10).await;
    let copy = copy.to_str().ok_or_else(|| unavailable(format!("{} is not UTF-8", copy.display())))?;
    // Writes the log into the copy, and deletes it.
    let database = Database::create_at(copy).map_err(Error::Unavailable)?;
    Ok(database.use_rollback_journal().await?)
}

async fn copy_in_transaction(
    local: &LocalConnection,
    path: &Path,
    file: &File,
    copy: &Path,
    report: &mut impl FnMut(u64, u64),
) -> Result<(), Failure> {
    let transaction = local.connection.transaction_with_behavior(TransactionBehavior::Deferred).await?;
    local.pragma(BEGIN_TO_READ).await?;
    let has_log = local.pragma("PRAGMA journal_mode").await? == "wal";
    let metadata = file.metadata().map_err(unavailable)?;
    let current = fs::metadata(path).map_err(unavailable)?;
    if (metadata.dev(), metadata.ino()) != (current.dev(), current.ino()) {
        return Err(Failure::Error(Error::Unavailable("the database was replaced meanwhile: try again".into())));
    }
    let mut options = OpenOptions::new();
    let to = options.write(true).create(true).mode(0o600).open(copy).map_err(unavailable)?;
    copy_bytes(file, metadata.len(), &to, has_log, report).await.map_err(unavailable)?;
    if has_log {
        copy_log(&with_suffix(path, "-wal"), &with_suffix(copy, "-wal")).await.map_err(unavailable)?;
    }
    Ok(transaction.rollback().await?)
}

/// Copies a write-ahead log that other programs append to, and that they may start anew.
async fn copy_log(log: &Path, copy: &Path) -> io::Result<()> {
    let log = File::open(log)?;
    let copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy)?;
    for _ in 0..ATTEMPTS {
        let header = read_header(&log)?;
        copy_bytes(&log, log.metadata()?.len(), &copy, true, &mut |_, _| ()).await?;
        if read_header(&log)? == header {
            return Ok(());
        }
    }
    Err(io::Error::other("the write-ahead log changes too often"))
}

/// Returns the header of a write-ahead log. It is shorter if the log is empty.
fn read_header(log: &File) -> io::Result<Vec<u8>> {
    let mut header = vec![0; LOG_HEADER];
    let length = log.read_at(&mut header, 0)?;
    header.truncate(length);
    Ok(header)
}

/// Copies the first bytes of a file to another file, which is overwritten.
///
/// If `paced`, leaves the disk to other programs for at least a third of the time, and writes each chunk to the disk before
/// the next one. Otherwise, the system would write a large part of the copy at once, and commits would wait for it.
async fn copy_bytes(
    mut from: &File,
    length: u64,
    mut to: &File,
    paced: bool,
    report: &mut impl FnMut(u64, u64),
) -> io::Result<()> {
    to.set_len(0)?;
    to.rewind()?;
    from.rewind()?;
    let (mut copied, mut chunk) = (0, Vec::with_capacity(CHUNK as usize));
    while copied < length {
        let started = Instant::now();
        chunk.clear();
        from.take(CHUNK.min(length - copied)).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            break; // A checkpoint has made the file shorter.
        }
        to.write_all(&chunk)?;
        copied += chunk.len() as u64;
        report(copied, length);
        if paced {
            to.sync_data()?;
            let elapsed = started.elapsed();
            tokio::time::sleep((elapsed / 2).max(CHUNK_TIME.saturating_sub(elapsed))).await;
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Database {
    /// Returns the clinic's id, also if the schema is older than this program. `None` if there is no clinic yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn clinic_id(&self) -> Result<Option<ClinicId>, Error> {
        if !self.is_clinic().await? {
            return Ok(None);
        }
        Ok(self.read(&CLINIC_ID, values![]).await?)
    }

    /// Checks that a database is undamaged and a clinic's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason.
    pub async fn check(&self) -> Result<(), Error> {
        let integrity: Option<String> = self.read(&INTEGRITY, values![]).await?;
        match integrity.as_deref() {
            Some("ok") if self.is_clinic().await? => Ok(()),
            Some("ok") => Err(Error::Unavailable("it is not the database of a clinic".into())),
            other => {
                let damage = other.unwrap_or_default().replace('\n', " ");
                Err(Error::Unavailable(format!("the database is damaged: {damage}")))
            }
        }
    }

    /// Checks a copy of a backup and prepares it to replace the database: gives it a rollback journal, and deletes
    /// the sessions that it contains.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason, also if this program is too old for the schema.
    pub async fn make_restorable(&self) -> Result<(), Error> {
        self.use_rollback_journal().await?;
        self.check().await?;
        self.check_version().await?;
        Ok(self.apply(REVOKE_SESSIONS).await?)
    }

    /// Runs `action` while no other program reads or writes an embedded database, and after its journal was written
    /// back to the file. A file that is damaged or not a database is not locked.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if another program is reading or writing.
    pub async fn with_exclusive_lock<T>(&self, action: impl FnOnce() -> T) -> Result<T, Error> {
        match self.file() {
            Some(file) => Ok(file.with_exclusive_lock(action).await?),
            None => Err(Failure::Error(Error::Internal("a server cannot be locked".into())).into()),
        }
    }
}
