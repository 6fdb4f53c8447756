//! `rounds backup` and `rounds restore`, for an embedded database. A server has its own ways.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use rounds_data::{Database, Error};
use rustix::{fs::OFlags, process::geteuid};

const ON_SERVER: &str = "DATABASE_URL names a server, which is backed up and restored there: a libSQL server (sqld) \
                         answers GET /dump with a script of SQL, and Turso keeps copies itself; docs/operations.md has \
                         the commands";

/// Writes a copy of the embedded database to a file, while it is in use; what was done, in a sentence. The copy
/// is verified before it takes the place of an earlier backup.
///
/// # Errors
/// What went wrong, in a sentence.
pub async fn backup(url: &str, file: &Path) -> Result<String, String> {
    let path = embedded(url)?;
    if !path.exists() {
        return Err(format!("there is no database {}", path.display()));
    }
    let file = whole(file)?;
    if is_same(&path, &file) {
        return Err(format!("{} is the database itself: name another file", file.display()));
    }
    let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    if journals(&real).iter().any(|journal| is_in_place_of(&file, journal)) {
        return Err(format!("{} is a journal of the database: name another file", file.display()));
    }
    let draft = Draft::of(&file)?;
    Database::at(url)?.copy_to(&draft.path).await.map_err(sentence)?;
    let checked = at(&draft.path)?.check().await.map_err(sentence);
    checked.map_err(|error| format!("{} cannot be backed up: {error}", path.display()))?;
    draft.put_in_place().map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(format!("{} is a backup of {}", file.display(), path.display()))
}

/// Puts a backup in the place of the embedded database, which is kept beside it, and ends all sessions; what was
/// done, in a sentence.
///
/// # Errors
/// What went wrong, in a sentence. The database is as it was then.
pub async fn restore(url: &str, file: &Path) -> Result<String, String> {
    let path = embedded(url)?;
    // Where it is a symbolic link, what that leads to.
    let path = fs::canonicalize(&path).unwrap_or(path);
    let file = whole(file)?;
    let is_backup = fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.is_file();
    if !is_backup || is_same(&path, &file) {
        return Err(format!("{} is not a backup: name a file that rounds backup has written", file.display()));
    }
    if let Some(journal) = journals(&file).into_iter().find(|journal| journal.exists()) {
        return Err(format!(
            "{} belongs to {}, so that is a database in use and not a backup",
            journal.display(),
            file.display()
        ));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let mut draft = Draft::of(&path)?;
    let copied = File::open(&file).and_then(|mut backup| io::copy(&mut backup, &mut draft.file));
    copied.map_err(|error| format!("cannot copy {} to {}: {error}", file.display(), draft.path.display()))?;
    let ready = Database::create_at(utf8(&draft.path)?)?.make_restorable().await.map_err(sentence);
    ready.map_err(|error| format!("{} cannot be restored: {error}", file.display()))?;
    let earlier = beside(&path, ".replaced");
    if !path.exists() {
        replace(&path, None, draft)?;
        return Ok(format!("restored {} to {}; all earlier sign-ins have ended", file.display(), path.display()));
    }
    let replaced =
        Database::create_at(utf8(&path)?)?.with_exclusive_lock(|| replace(&path, Some(&earlier), draft)).await;
    replaced.map_err(|error| in_use(&path).unwrap_or_else(|| sentence(error)))??;
    Ok(format!(
        "restored {} to {}; all earlier sign-ins have ended; the database of before is {}",
        file.display(),
        path.display(),
        earlier.display()
    ))
}

/// Puts a file in the place of a database that nobody uses. A crash leaves the one or the other.
fn replace(path: &Path, earlier: Option<&Path>, draft: Draft) -> Result<(), String> {
    if let Some(sentence) = in_use(path) {
        return Err(sentence);
    }
    if let Some(earlier) = earlier {
        let kept = remove(earlier).and_then(|()| fs::hard_link(path, earlier));
        kept.map_err(|error| format!("cannot keep the present database as {}: {error}", earlier.display()))?;
    }
    let failed = |error| format!("cannot replace {}: {error}", path.display());
    // As root, too, it stays its user's.
    if let Ok(owner) = fs::metadata(path) {
        fchown(&draft.file, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    }
    // SQLite would write what they hold into the new file. A database that is whole has none by now.
    journals(path).iter().try_for_each(|journal| remove(journal)).map_err(failed)?;
    draft.put_in_place().map_err(failed)
}

/// The path of the embedded database.
fn embedded(url: &str) -> Result<PathBuf, String> {
    if rounds_data::is_server(url) {
        return Err(ON_SERVER.into());
    }
    Database::at(url)?.path().ok_or_else(|| "DATABASE_URL names no file".into())
}

/// A file that is written beside another, which nobody else writes, and which takes the other's place once it is
/// complete. Until then it is removed when dropped.
struct Draft {
    path: PathBuf,
    target: PathBuf,
    /// Holds the lock.
    file: File,
    in_place: bool,
}

impl Draft {
    fn of(target: &Path) -> Result<Self, String> {
        let path = beside(target, ".new");
        let failed = |error: io::Error| format!("cannot write {}: {error}", path.display());
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).mode(0o600);
            // In a folder that others can write to, somebody may have put a link there, or a file of their own.
            let file = options.custom_flags(OFlags::NOFOLLOW.bits() as i32).open(&path).map_err(failed)?;
            file.try_lock()
                .map_err(|_| format!("another backup or restore is writing {}: let it end", path.display()))?;
            // Otherwise another one has put it in place since it was opened here.
            let found = file.metadata().map_err(failed)?;
            if fs::metadata(&path).is_ok_and(|there| found.ino() == there.ino()) {
                if !found.is_file() || found.nlink() > 1 || found.uid() != geteuid().as_raw() {
                    return Err(format!("{} was not left by a backup of yours: remove it", path.display()));
                }
                let draft = Self { path: path.clone(), target: target.to_owned(), file, in_place: false };
                // What a killed one has left.
                draft.file.set_len(0).map_err(failed)?;
                draft.file.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
                journals(&path).iter().try_for_each(|journal| remove(journal)).map_err(failed)?;
                return Ok(draft);
            }
        }
    }

    fn put_in_place(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.in_place = true;
        self.target.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.in_place {
            // An error leaves a file that only its owner can read, and that the next one takes over.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Says which other program has a file open, on Linux. Elsewhere, and of other users' programs for who is not root,
/// only SQLite's lock tells, while such a program reads or writes.
fn in_use(path: &Path) -> Option<String> {
    let database = fs::metadata(path).ok()?;
    let is_open = |process: &Path| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::metadata(file.path()).ok())
            .any(|it| it.dev() == database.dev() && it.ino() == database.ino())
    };
    // A process is a folder there, by its number.
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let mut processes = fs::read_dir("/proc").ok()?.flatten().filter_map(number).filter(|id| *id != std::process::id());
    let folder = |id: u32| Path::new("/proc").join(id.to_string());
    let id = processes.find(|id| is_open(&folder(*id)))?;
    let name = fs::read_to_string(folder(id).join("comm")).unwrap_or_default();
    Some(format!("{} is in use by {} (process {id}): end it first", path.display(), name.trim()))
}

/// The files in which SQLite keeps what is not in the database's file yet.
fn journals(path: &Path) -> [PathBuf; 3] {
    ["-journal", "-wal", "-shm"].map(|end| beside(path, end))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    id(one).is_some_and(|it| Some(it) == id(other))
}

/// Whether a file, which need not be there, has the path of another.
fn is_in_place_of(file: &Path, other: &Path) -> bool {
    let folders = file.parent().zip(other.parent());
    file.file_name() == other.file_name() && folders.is_some_and(|(one, other)| is_same(one, other))
}

/// A path that means the same in every folder.
fn whole(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn utf8(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))
}

fn at(path: &Path) -> Result<Database, String> {
    Database::at(utf8(path)?)
}

fn sentence(error: Error) -> String {
    match error {
        Error::Unavailable(reason) => reason,
        error => error.to_string(),
    }
}
