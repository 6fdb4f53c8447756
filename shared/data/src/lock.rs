use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A lock on an embedded database, held until it is dropped or its process ends: `rounds serve` and `rounds restore` hold
/// it, so only one of them uses the database.
///
/// It is the lock (flock(2)) of a file of its own, `DATABASE.lock`, which is never deleted. It is not a lock of the database
/// file: SQLite's own locks on that file end as soon as the process closes any handle of it
/// (<https://sqlite.org/howtocorrupt.html>, section 2.2).
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Locks the database at a path. The database does not have to exist, but its folder does.
    ///
    /// # Errors
    /// A sentence that says that another program uses the database, or why its lock file cannot be created.
    pub fn acquire(database: &Path) -> Result<Self, String> {
        let path = lock_file(database);
        let failed = |error| format!("cannot create {} ({error}): make its folder writable", path.display());
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("{} is in use by another program of Rounds: stop that one first", database.display()))
            }
            Err(TryLockError::Error(error)) => Err(format!("cannot lock {}: {error}", path.display())),
        }
    }
}

/// Returns the path of the lock file. If the database is a symbolic link, the lock file is next to the linked file.
fn lock_file(database: &Path) -> PathBuf {
    let mut path = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(".lock");
    path.into()
}
