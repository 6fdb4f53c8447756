//! `rounds backup` and `rounds restore`, for an embedded database. A libSQL server has its own tools.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rounds_data::{Database, DatabaseLock, Error};
use rustix::{
    fs::{Advice, OFlags, fadvise},
    process::{geteuid, nice},
};

const ON_SERVER: &str = "DATABASE_URL names a server: back it up and restore it there. A libSQL server (sqld) returns \
                         an SQL script for GET /dump, and Turso makes backups automatically; docs/operations.md \
                         has the commands";

/// The lowest priority of a process (nice(2)).
const LOWEST_PRIORITY: i32 = 19;

const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Copies the embedded database to a file. Other programs may use the database, but not this process (see
/// [`rounds_data::copy_database`]). The copy is checked before it replaces an earlier backup of the same name. Returns a
/// sentence that reports the result to the operator.
///
/// Lowers the priority of the calling thread for the check.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn backup(url: &str, file: &Path) -> Result<String, String> {
    let path = embedded_path(url)?;
    if !path.exists() {
        return Err(format!("there is no database at {}: set DATABASE_URL to its path", path.display()));
    }
    let file = absolute(file)?;
    if is_same_file(&path, &file) {
        return Err(format!("{} is the database itself: choose another file for the backup", file.display()));
    }
    let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    if journal_files(&real).iter().chain([&beside(&real, ".lock")]).any(|its| is_same_path(&file, its)) {
        return Err(format!("{} is a file of the database: choose another file for the backup", file.display()));
    }
    let failed = |error| format!("{} cannot be backed up: {error}", path.display());
    let draft = Draft::create_for(&file)?;
    let copied = rounds_data::copy_database(url, &draft.path, progress()).await;
    copied.map_err(|error| failed(error.into_reason()))?;
    // The priority of this thread only, which also runs SQLite. The copy keeps its priority: the log of the database grows
    // until it is complete.
    nice(LOWEST_PRIORITY).map_err(|error| failed(error.to_string()))?;
    database_at(&draft.path)?.check().await.map_err(|error| failed(error.into_reason()))?;
    draft.put_in_place().map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(format!("{} is a backup of {}", file.display(), path.display()))
}

/// Replaces the embedded database with a backup and revokes all sessions. The replaced database stays in the same
/// folder, with the suffix `.replaced`. Returns a sentence that reports the result to the operator.
///
/// # Errors
/// A sentence that says what went wrong. The database is then unchanged.
pub async fn restore(url: &str, file: &Path) -> Result<String, String> {
    let path = embedded_path(url)?;
    // The target, if the path is a symbolic link.
    let path = fs::canonicalize(&path).unwrap_or(path);
    let file = absolute(file)?;
    let is_backup = fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.is_file();
    if !is_backup || is_same_file(&path, &file) {
        return Err(format!("{} is not a backup: name a file that `rounds backup` wrote", file.display()));
    }
    if let Some(journal) = journal_files(&file).into_iter().find(|journal| journal.exists()) {
        return Err(format!(
            "{} is a database in use and not a backup (it has the journal {}): name a file that `rounds backup` wrote",
            file.display(),
            journal.display()
        ));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let _lock = DatabaseLock::acquire(&path)?;
    keep_owner(&path).map_err(|error| format!("cannot change the owner of the lock of {}: {error}", path.display()))?;
    let mut draft = Draft::create_for(&path)?;
    let copied = File::open(&file).and_then(|mut backup| io::copy(&mut backup, &mut draft.file));
    copied.map_err(|error| format!("cannot copy {} to {}: {error}", file.display(), draft.path.display()))?;
    let prepared = Database::create_at(utf8(&draft.path)?)?.make_restorable().await.map_err(Error::into_reason);
    prepared.map_err(|error| format!("{} cannot be restored: {error}", file.display()))?;
    let previous = beside(&path, ".replaced");
    if !path.exists() {
        replace(&path, None, draft)?;
        return Ok(format!(
            "restored {} to {}; all sessions are revoked, so everybody has to sign in again",
            file.display(),
            path.display()
        ));
    }
    let replaced =
        Database::create_at(utf8(&path)?)?.with_exclusive_lock(|| replace(&path, Some(&previous), draft)).await;
    replaced.map_err(|error| in_use_error(&path).unwrap_or_else(|| error.into_reason()))??;
    Ok(format!(
        "restored {} to {}; all sessions are revoked, so everybody has to sign in again; the replaced database is now {}",
        file.display(),
        path.display(),
        previous.display()
    ))
}

/// Replaces a database that is not in use. After a crash, the path holds either the old or the new database.
fn replace(path: &Path, previous: Option<&Path>, draft: Draft) -> Result<(), String> {
    if let Some(reason) = in_use_error(path) {
        return Err(reason);
    }
    if let Some(previous) = previous {
        let linked = remove(previous).and_then(|()| fs::hard_link(path, previous));
        linked.map_err(|error| format!("cannot keep the current database as {}: {error}", previous.display()))?;
    }
    let failed = |error| format!("cannot replace {}: {error}", path.display());
    // The owner stays the same, even if root runs the restore.
    if let Ok(owner) = fs::metadata(path) {
        fchown(&draft.file, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    }
    // SQLite would otherwise write the contents of an old journal into the new file. An intact database has no journal at
    // this point.
    journal_files(path).iter().try_for_each(|journal| remove(journal)).map_err(failed)?;
    draft.put_in_place().map_err(failed)
}

/// Gives the lock file the owner of the database, even if root runs the restore.
fn keep_owner(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(owner) => chown(beside(path, ".lock"), Some(owner.uid()), Some(owner.gid())),
        Err(_) => Ok(()),
    }
}

/// Returns a function that prints the progress of a long copy.
fn progress() -> impl FnMut(u64, u64) {
    let mut last = Instant::now();
    move |copied, all| {
        if last.elapsed() >= PROGRESS_EVERY {
            last = Instant::now();
            eprintln!("rounds: copied {} of {} MB", copied / 1_000_000, all / 1_000_000);
        }
    }
}

/// Returns the path of the embedded database.
fn embedded_path(url: &str) -> Result<PathBuf, String> {
    if rounds_data::is_server(url) {
        return Err(ON_SERVER.into());
    }
    Database::at(url)?.path().ok_or_else(|| "DATABASE_URL must be the path of a file".into())
}

/// A temporary file next to `target`, locked against other writers. Once it is complete, it replaces `target`. Before
/// that, it is removed when dropped.
struct Draft {
    path: PathBuf,
    target: PathBuf,
    /// The open file, which holds the lock.
    file: File,
    in_place: bool,
}

impl Draft {
    fn create_for(target: &Path) -> Result<Self, String> {
        let path = beside(target, ".new");
        let failed = |error: io::Error| format!("cannot write {}: {error}", path.display());
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).mode(0o600);
            // NOFOLLOW: other users may have put a symbolic link here, if they can write to the folder.
            let file = options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(&path).map_err(failed)?;
            file.try_lock()
                .map_err(|_| format!("another backup or restore is writing {}: wait for it", path.display()))?;
            // If the inode differs, another backup or restore renamed the file after it was opened here: try again.
            let metadata = file.metadata().map_err(failed)?;
            if fs::metadata(&path).is_ok_and(|current| metadata.ino() == current.ino()) {
                if !metadata.is_file() || metadata.nlink() > 1 || metadata.uid() != geteuid().as_raw() {
                    return Err(format!("{} is not a temporary file of your own: remove it", path.display()));
                }
                let draft = Self { path: path.clone(), target: target.to_owned(), file, in_place: false };
                // Remove the contents that a killed backup or restore left.
                draft.file.set_len(0).map_err(failed)?;
                draft.file.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
                journal_files(&path).iter().try_for_each(|journal| remove(journal)).map_err(failed)?;
                return Ok(draft);
            }
        }
    }

    fn put_in_place(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        // The page cache is for files that are read soon.
        fadvise(&self.file, 0, None, Advice::DontNeed)?;
        fs::rename(&self.path, &self.target)?;
        self.in_place = true;
        self.target.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.in_place {
            // If this fails, the files stay. Only their owner can read them, and the next backup or restore reuses them.
            let _ = fs::remove_file(&self.path);
            journal_files(&self.path).iter().for_each(|journal| drop(fs::remove_file(journal)));
        }
    }
}

/// Returns an error message if another process has the file open. This works only on Linux, and without root only
/// for the user's own processes. In all other cases, only SQLite's lock protects the file, and only while the other
/// program reads or writes.
fn in_use_error(path: &Path) -> Option<String> {
    let database = fs::metadata(path).ok()?;
    let is_open = |process: &Path| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::metadata(file.path()).ok())
            .any(|file| file.dev() == database.dev() && file.ino() == database.ino())
    };
    // Each process has a folder there, named by its id.
    let process_id = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let mut processes =
        fs::read_dir("/proc").ok()?.flatten().filter_map(process_id).filter(|id| *id != std::process::id());
    let folder = |id: u32| Path::new("/proc").join(id.to_string());
    let id = processes.find(|id| is_open(&folder(*id)))?;
    let name = fs::read_to_string(folder(id).join("comm")).unwrap_or_default();
    Some(format!("{} is in use by {} (process {id}): stop it first", path.display(), name.trim()))
}

/// Returns the files in which SQLite keeps changes that are not in the database file yet.
fn journal_files(path: &Path) -> [PathBuf; 3] {
    ["-journal", "-wal", "-shm"].map(|end| beside(path, end))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let id = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    id(one).is_some_and(|id_of_one| Some(id_of_one) == id(other))
}

/// Returns whether two paths name the same file. Neither file has to exist.
fn is_same_path(file: &Path, other: &Path) -> bool {
    let folders = file.parent().zip(other.parent());
    file.file_name() == other.file_name() && folders.is_some_and(|(one, other)| is_same_file(one, other))
}

/// Returns the absolute form of a path.
fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn utf8(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))
}

fn database_at(path: &Path) -> Result<Database, String> {
    Database::at(utf8(path)?)
}
