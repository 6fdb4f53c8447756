//! A history in a folder, with everything that its judgement needs, and more that helps to explain it.

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

/// What the judgement needs besides the calls and the database.
const RUN: &str = "run.json";
/// The calls, one a line, by when they were sent.
const HISTORY: &str = "history.jsonl";
/// What the judgement found.
const VIOLATIONS: &str = "violations.txt";

/// How a history was made, as it is written into `run.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    engine: Kind,
    seed: u64,
    round: u32,
    /// The database file, relative to the folder.
    database: PathBuf,
    grid: Grid,
    /// How often what went wrong.
    faults: BTreeMap<String, u32>,
    /// [`crate::Setup`], for the reader.
    setup: Value,
    /// Of the repository and each program, for the reader.
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

/// Judges a saved history: answers its violations, and writes them beside it. It needs no server and none of the
/// programs that made the history.
///
/// # Errors
/// What is missing in the folder, or cannot be read, in a sentence.
pub async fn judge(folder: &Path) -> Result<Vec<Violation>, String> {
    let saved: Saved = parse(&folder.join(RUN), &text(&folder.join(RUN))?)?;
    let history = folder.join(HISTORY);
    let calls: Result<Vec<Call>, _> = text(&history)?.lines().map(|line| parse(&history, line)).collect();
    let calls = calls?;
    let database = folder.join(&saved.database);
    // SQLite would make a file that is missing, and all of its bookings would count as lost.
    File::open(&database).map_err(|error| format!("{}: {error}", database.display()))?;
    let failed = |error: libsql::Error| format!("{}: {error}", database.display());
    let damage = engine::damage(&database).await.map_err(failed)?;
    let violations = if damage.is_empty() {
        let end = engine::read(&database).await.map_err(failed)?;
        // On a thread of its own: it computes for seconds.
        let judged = tokio::task::spawn_blocking(move || check::violations(&calls, &end, &saved.grid)).await;
        judged.map_err(|error| error.to_string())?
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
    serde_json::from_str(text).map_err(|error| format!("{} is not one of a saved history: {error}", file.display()))
}

/// The commit that is checked out, whether something was changed since, sqld's version, and each function's hash.
fn versions(functions: &Path) -> Value {
    let said = |program: &str, arguments: &[&str]| {
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
        "commit": said("git", &["rev-parse", "HEAD"]),
        "changed": said("git", &["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        "sqld": said("sqld", &["--version"]),
        "sha256": programs,
    })
}
