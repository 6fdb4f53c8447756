//! The backups that `rounds serve` makes: one every night, and one before an upgrade of the schema.

mod schedule;

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{NaiveDate, Utc};
use notify::BackupStatus;
use rounds_data::{Database, clinic};
use rounds_domain::Timestamp;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use schedule::{is_due, is_overdue, night, surplus};

/// The time from the start until the first check. The start itself has priority.
const FIRST_CHECK: Duration = Duration::from_secs(60);

const CHECK_EVERY: Duration = Duration::from_secs(60);

const RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

const WARN_EVERY: Duration = Duration::from_secs(60 * 60);

/// How many backups from before an upgrade are kept.
const KEPT_UPGRADES: usize = 3;

const BEFORE_UPGRADE: &str = "before-upgrade-";

/// The backups of a clinic, in the folder `backups/CLINIC_ID` of the clinic's files.
pub struct Backups {
    store: Store,
    database: Database,
    started: Timestamp,
    newest: Mutex<Option<Timestamp>>,
}

impl Backups {
    /// Opens the folder of a migrated database, and creates it if it is missing. Returns `None` for a database that is not
    /// an embedded file. `program` is the path of `rounds`, and `home` is the folder of the clinic's files.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub async fn open(program: &Path, home: &Path, database: &Database) -> Result<Option<Self>, String> {
        let Some(store) = Store::open(program, home, database).await? else { return Ok(None) };
        let backups = Self { store, database: database.clone(), started: Utc::now(), newest: Mutex::default() };
        backups.find_newest(Utc::now())?;
        Ok(Some(backups))
    }

    /// Returns what `GET /readyz` shows.
    pub fn status(self: &Arc<Self>) -> notify::Backups {
        let backups = self.clone();
        Arc::new(move || BackupStatus { last: backups.last_backup(), is_overdue: backups.is_overdue() })
    }

    /// Returns the time of the newest nightly backup, if any.
    pub fn last_backup(&self) -> Option<Timestamp> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the newest nightly backup is older than 26 hours. If there is none, whether this was opened more than
    /// 26 hours ago.
    pub fn is_overdue(&self) -> bool {
        is_overdue(Utc::now(), self.last_backup(), self.started)
    }

    /// Makes the nightly backups, until it is dropped. Logs each success and each failure.
    pub async fn run(&self) {
        sleep(FIRST_CHECK).await;
        let (mut failed, mut warned) = (None::<Instant>, None::<Instant>);
        let is_before = |at: Option<Instant>, duration| at.is_some_and(|at| at.elapsed() < duration);
        loop {
            if !is_before(failed, RETRY_AFTER) {
                failed = match self.make_if_due(Utc::now()).await {
                    Ok(made) => {
                        made.iter().for_each(|file| tracing::info!(file = %file.display(), "made the nightly backup"));
                        None
                    }
                    Err(error) => {
                        tracing::error!(error, "the nightly backup failed: it is tried again in 15 minutes");
                        Some(Instant::now())
                    }
                };
            }
            if self.is_overdue() && !is_before(warned, WARN_EVERY) {
                let last_backup = self.last_backup().map(|at| at.to_rfc3339());
                tracing::warn!(last_backup, "the last backup is older than 26 hours");
                warned = Some(Instant::now());
            }
            sleep(CHECK_EVERY).await;
        }
    }

    /// Makes the backup of the night if it is due, and deletes old ones. Returns the new file, if any. The file appears only
    /// after it was checked.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub async fn make_if_due(&self, now: Timestamp) -> Result<Option<PathBuf>, String> {
        let zone = clinic::read(&self.database).await.map_err(|error| error.to_string())?.calendar.zone;
        let newest = self.find_newest(now)?.map(|newest| zone.local(newest).naive_local());
        let now_there = zone.local(now).naive_local();
        if !is_due(now_there, newest) {
            return Ok(None);
        }
        let made = self.store.make(&file_name(night(now_there))).await?;
        self.find_newest(Utc::now())?;
        let nights = self.store.names()?.iter().filter_map(|name| night_of(name)).collect();
        self.store.delete(surplus(nights).into_iter().map(file_name))?;
        Ok(Some(made))
    }

    /// Finds the newest backup in the folder. Ignores files from the future: the clock was wrong.
    fn find_newest(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let names = self.store.names()?;
        let made_at = |name: &String| fs::metadata(self.store.folder.join(name))?.modified().map(Timestamp::from);
        let times = names.iter().filter(|name| night_of(name).is_some()).map(made_at).collect::<io::Result<Vec<_>>>();
        let times = times.map_err(|error| self.store.cannot("read", &error))?;
        let newest = times.into_iter().filter(|at| *at <= now).max();
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = newest;
        Ok(newest)
    }
}

/// Makes a backup of an embedded database that lacks a migration of this program, and keeps the newest 3 of these backups.
/// Returns the new file. `None` if no migration is missing, or if there is no clinic yet. For the other arguments, see
/// [`Backups::open`].
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn before_migration(program: &Path, home: &Path, database: &Database) -> Result<Option<PathBuf>, String> {
    if database.path().is_none() || !database.is_outdated().await.map_err(|error| error.to_string())? {
        return Ok(None);
    }
    let Some(store) = Store::open(program, home, database).await? else { return Ok(None) };
    let made = store.make(&format!("{BEFORE_UPGRADE}{}.db", Utc::now().format("%Y-%m-%dT%H%M%SZ"))).await?;
    // Their names sort by time.
    let mut names: Vec<_> = store.names()?.into_iter().filter(|name| is_before_upgrade(name)).collect();
    names.sort_unstable_by(|one, other| other.cmp(one));
    store.delete(names.into_iter().skip(KEPT_UPGRADES))?;
    Ok(Some(made))
}

fn is_before_upgrade(name: &str) -> bool {
    name.strip_prefix(BEFORE_UPGRADE)
        .and_then(|rest| rest.strip_suffix("Z.db"))
        .is_some_and(|time| chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H%M%S").is_ok())
}

/// The name of a nightly backup.
fn file_name(night: NaiveDate) -> String {
    format!("{night}.db")
}

/// Returns the night of a nightly backup. `None` for the names of other files.
fn night_of(name: &str) -> Option<NaiveDate> {
    name.strip_suffix(".db")?.parse().ok().filter(|night| file_name(*night) == name)
}

/// The folder of a clinic's backups, and the program that writes them.
struct Store {
    program: PathBuf,
    database: PathBuf,
    folder: PathBuf,
}

impl Store {
    async fn open(program: &Path, home: &Path, database: &Database) -> Result<Option<Self>, String> {
        let Some(path) = database.path() else { return Ok(None) };
        // Several clinics may share the folder of the clinic's files.
        let id = database.clinic_id().await.map_err(|error| error.to_string())?;
        let Some(id) = id else { return Ok(None) };
        let folder = home.join("backups").join(id.to_string());
        let store = Self { program: program.to_owned(), database: path, folder };
        let created = DirBuilder::new().recursive(true).mode(0o700).create(&store.folder);
        created.map_err(|error| store.cannot("create", &error))?;
        Ok(Some(store))
    }

    fn cannot(&self, action: &str, error: &io::Error) -> String {
        format!("cannot {action} the folder of backups {}: {error}", self.folder.display())
    }

    /// Makes a backup in a process of its own. In this process, it would end SQLite's locks (see
    /// [`rounds_data::copy_database`]).
    async fn make(&self, name: &str) -> Result<PathBuf, String> {
        // Always the same name, so an interrupted backup leaves no file that is never deleted.
        let (unfinished, file) = (self.folder.join("unfinished.db"), self.folder.join(name));
        let mut command = Command::new(&self.program);
        command.arg("backup").arg(&unfinished).env("DATABASE_URL", &self.database);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
        let output = output.map_err(|error| format!("cannot run {}: {error}", self.program.display()))?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stderr);
            // The lines before the last one report the progress.
            let message = messages.lines().last().map(|line| line.trim_start_matches("rounds: "));
            return Err(message.map_or_else(|| output.status.to_string(), str::to_owned));
        }
        let renamed = fs::rename(&unfinished, &file).and_then(|()| File::open(&self.folder)?.sync_all());
        renamed.map_err(|error| self.cannot("write to", &error))?;
        Ok(file)
    }

    /// Returns the names of all files.
    fn names(&self) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(&self.folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| self.cannot("read", &error))?;
        Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    fn delete(&self, mut names: impl Iterator<Item = String>) -> Result<(), String> {
        let deleted = names.try_for_each(|name| fs::remove_file(self.folder.join(name)));
        deleted.map_err(|error| format!("cannot delete an old backup in {}: {error}", self.folder.display()))
    }
}
