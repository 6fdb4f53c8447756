//! How long commits wait during a backup of a file in WAL mode. `bench backup PROGRAM FILE`

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libsql::{Builder, Connection};

use crate::{generate::generate, measure::millis};

/// The appointments of a database of 1 GB.
const APPOINTMENTS: u64 = 3_000_000;

/// The time between two commits: 50 a second.
const INTERVAL: Duration = Duration::from_millis(20);

/// The commits before the backup, to compare with.
const BEFORE: usize = 500;

/// A commit writes about ten pages, like a booking.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS written (id INTEGER PRIMARY KEY, filler BLOB)";
const COMMIT: &str = "INSERT INTO written (filler) VALUES (randomblob(40000))";

/// The longest delays of commits in milliseconds.
pub(crate) struct Delays {
    pub(crate) before: f64,
    pub(crate) during: f64,
    pub(crate) seconds: f64,
}

/// Generates the file if it is missing, measures, and prints the result. `program` is the path of `rounds`.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn of_backup(program: &Path, file: &Path) -> Result<(), String> {
    if !file.exists() {
        generate(file, APPOINTMENTS).await?;
    }
    let Delays { before, during, seconds } = measure(program, file).await?;
    println!("longest delay of a commit: {before:.0} ms without a backup, {during:.0} ms during one of {seconds:.0} s");
    Ok(())
}

/// Makes a backup of a file while a connection commits 50 times a second, and deletes the backup.
pub(crate) async fn measure(program: &Path, file: &Path) -> Result<Delays, String> {
    let failed = |error: libsql::Error| format!("{}: {error}", file.display());
    let connection = writer(file).await.map_err(failed)?;
    let mut commits = 0..BEFORE;
    let before = longest_delay(&connection, || Ok(commits.next().is_none())).await?;
    let backup = file.with_extension("backup");
    let mut command = Command::new(program);
    command.arg("backup").arg(&backup).env("DATABASE_URL", file);
    let (started, mut child) =
        (Instant::now(), command.stdout(Stdio::null()).spawn().map_err(|error| error.to_string())?);
    let during = longest_delay(&connection, || has_succeeded(&mut child)).await?;
    fs::remove_file(&backup).map_err(|error| format!("{}: {error}", backup.display()))?;
    Ok(Delays { before, during, seconds: started.elapsed().as_secs_f64() })
}

async fn writer(file: &Path) -> Result<Connection, libsql::Error> {
    let connection = Builder::new_local(file).build().await?.connect()?;
    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
        let mut rows = connection.query(pragma, ()).await?;
        while rows.next().await?.is_some() {}
    }
    connection.execute(TABLE, ()).await?;
    Ok(connection)
}

/// Commits 50 times a second until `is_done`. Returns the longest delay in milliseconds. A commit that starts late because
/// the one before was slow is late too, as a request would be.
async fn longest_delay(
    connection: &Connection,
    mut is_done: impl FnMut() -> Result<bool, String>,
) -> Result<f64, String> {
    let (mut due, mut longest) = (Instant::now(), Duration::ZERO);
    while !is_done()? {
        tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
        connection.execute(COMMIT, ()).await.map_err(|error| error.to_string())?;
        longest = longest.max(due.elapsed());
        due += INTERVAL;
    }
    Ok(millis(longest))
}

/// Returns whether a program has ended. Fails if it has failed.
fn has_succeeded(child: &mut Child) -> Result<bool, String> {
    match child.try_wait().map_err(|error| error.to_string())? {
        None => Ok(false),
        Some(status) if status.success() => Ok(true),
        Some(status) => Err(format!("rounds backup ended ({status})")),
    }
}
