//! A saved history: a folder with everything that the checker needs, and more that helps to explain a violation.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Round, check,
    engine::{self, Kind},
    record::{Call, Grid},
    violation::{Code, Violation},
    world::World,
};

/// The parameters of the run.
const RUN: &str = "run.json";
/// The calls, one per line, ordered by the time of the request.
const HISTORY: &str = "history.jsonl";
/// The violations that the checker found.
const VIOLATIONS: &str = "violations.txt";

/// The contents of `run.json`: how a history was made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    engine: Kind,
    seed: u64,
    round: u32,
    /// The database file, relative to the folder.
    database: PathBuf,
    grid: Grid,
    /// The number of injected faults by kind.
    faults: BTreeMap<String, u32>,
    /// [`crate::Setup`], for the reader.
    setup: Value,
    /// Versions of the repository and the programs, for the reader.
    versions: Value,
}

impl Saved {
    pub(crate) fn new(round: &Round<'_>, world: &World, database: &Path) -> Self {
        let faults = world.counts().into_iter().map(|(kind, times)| (kind.to_owned(), times)).collect();
        let Round { setup, kind, number, folder } = *round;
        Self {
            engine: kind,
            seed: setup.seed,
            round: number,
            database: database.strip_prefix(folder).unwrap_or(database).to_owned(),
            grid: world.grid.clone(),
            faults,
            setup: json!(setup),
            versions: versions(&setup.functions),
        }
    }

    pub(crate) fn write(&self, folder: &Path, calls: &[Call]) -> Result<(), String> {
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        let mut calls: Vec<_> = calls.iter().collect();
        calls.sort_by_key(|call| call.called);
        let lines: Vec<_> = calls.iter().map(|call| json!(call).to_string()).collect();
        fs::write(folder.join(HISTORY), lines.join("\n")).map_err(failed)?;
        fs::write(folder.join(RUN), format!("{:#}", json!(self))).map_err(failed)
    }
}

/// Checks a saved history. Returns its violations, and writes them into the folder. Needs no server and none of the
/// programs that made the history.
///
/// # Errors
/// A sentence, if a file of the folder is missing or unreadable.
pub async fn check_saved(folder: &Path) -> Result<Vec<Violation>, String> {
    let saved: Saved = parse(&folder.join(RUN), &text(&folder.join(RUN))?)?;
    let history = folder.join(HISTORY);
    let calls: Result<Vec<Call>, _> = text(&history)?.lines().map(|line| parse(&history, line)).collect();
    let calls = calls?;
    let database = folder.join(&saved.database);
    // SQLite would create a missing file, and all bookings would count as lost.
    File::open(&database).map_err(|error| format!("{}: {error}", database.display()))?;
    let failed = |error: libsql::Error| format!("{}: {error}", database.display());
    let damage = engine::damage(&database).await.map_err(failed)?;
    let violations = if damage.is_empty() {
        let end = engine::read(&database).await.map_err(failed)?;
        // On a thread of its own, because it computes for seconds.
        let checked = tokio::task::spawn_blocking(move || check::violations(&calls, &end, &saved.grid)).await;
        checked.map_err(|error| error.to_string())?
    } else {
        damage.into_iter().map(|line| Violation::new(Code::DatabaseDamaged, line)).collect()
    };
    let written = folder.join(VIOLATIONS);
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    fs::write(&written, lines.join("\n\n")).map_err(|error| format!("{}: {error}", written.display()))?;
    Ok(violations)
}

fn text(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn parse<T: for<'a> Deserialize<'a>>(file: &Path, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{} is not part of a saved history: {error}", file.display()))
}

/// Returns the commit, whether the working copy has changes, the version of sqld, and the hash of each function.
fn versions(functions: &Path) -> Value {
    let output_of = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = |name: &str| {
        let program = fs::read(functions.join(name)).ok()?;
        Some(Sha256::digest(program).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let programs: BTreeMap<_, _> =
        ["appointments", "auth", "doctors", "migrate"].iter().map(|name| (name, hash(name))).collect();
    json!({
        "commit": output_of("git", &["rev-parse", "HEAD"]),
        "changed": output_of("git", &["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        "sqld": output_of("sqld", &["--version"]),
        "sha256": programs,
    })
}
