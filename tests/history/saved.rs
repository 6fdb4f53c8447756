//! A saved history: a folder with everything that the checker needs, and more that helps to explain a violation.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Round, backups, check,
    end::{self, End},
    engine::Kind,
    plans,
    record::{Backup, Call, Clinic},
    series,
    serve::wal,
    violation::{Code, Violation},
    world::{World, lock},
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
    clinic: Clinic,
    #[serde(default)]
    backups: Vec<Backup>,
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
            clinic: world.clinic.clone(),
            backups: lock(&world.backups).clone(),
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
    let violations = match contents(folder, &saved.database).await? {
        Ok(end) => {
            let of_backups = of_backups(folder, &saved.backups, &calls, &end).await?;
            // On a thread of its own, because it computes for seconds.
            let checked = tokio::task::spawn_blocking(move || check::violations(&calls, &end, &saved.clinic)).await;
            [checked.map_err(|error| error.to_string())?, of_backups].concat()
        }
        Err(damage) => damage.into_iter().map(|line| Violation::new(Code::DatabaseDamaged, line)).collect(),
    };
    let written = folder.join(VIOLATIONS);
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    fs::write(&written, lines.join("\n\n")).map_err(|error| format!("{}: {error}", written.display()))?;
    Ok(violations)
}

async fn of_backups(folder: &Path, made: &[Backup], calls: &[Call], end: &End) -> Result<Vec<Violation>, String> {
    let (calls, _) = series::expanded(calls, end);
    let (calls, _) = plans::expanded(&calls, end);
    let mut found = Vec::new();
    for backup in made {
        match contents(folder, &backup.file).await? {
            Ok(contents) => found.extend(backups::violations(backup, &contents, &calls, end)),
            Err(damage) => {
                let evidence = format!("{}: {}", backup.file.display(), damage.join(" "));
                found.push(Violation::new(Code::BackupDamaged, evidence));
            }
        }
    }
    Ok(found)
}

/// Reads a database file of the folder without Rounds. Returns its contents, or its damage. Works on a copy: SQLite would
/// copy a WAL that a killed program left into the file.
async fn contents(folder: &Path, file: &Path) -> Result<Result<End, Vec<String>>, String> {
    let (database, copy) = (folder.join(file), folder.join("checked.db"));
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", database.display());
    fs::copy(&database, &copy).map_err(|error| failed(&error))?;
    if wal(&database).exists() {
        fs::copy(wal(&database), wal(&copy)).map_err(|error| failed(&error))?;
    }
    let damage = end::damage(&copy).await.map_err(|error| failed(&error))?;
    let contents = match damage.is_empty() {
        true => Ok(end::read(&copy).await.map_err(|error| failed(&error))?),
        false => Err(damage),
    };
    // SQLite has removed the WAL of the copy when it closed the file.
    fs::remove_file(&copy).map_err(|error| failed(&error))?;
    Ok(contents)
}

fn text(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn parse<T: for<'a> Deserialize<'a>>(file: &Path, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{} is not part of a saved history: {error}", file.display()))
}

/// Returns the commit, whether the working copy has changes, the version of sqld, and the hash of each program.
fn versions(functions: &Path) -> Value {
    let output_of = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = |name: &str| {
        let program = fs::read(functions.join(name)).ok()?;
        Some(Sha256::digest(program).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    let programs: BTreeMap<_, _> = ["appointments", "auth", "doctors", "migrate", "patients", "rounds"]
        .iter()
        .map(|name| (name, hash(name)))
        .collect();
    json!({
        "commit": output_of("git", &["rev-parse", "HEAD"]),
        "changed": output_of("git", &["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        "sqld": output_of("sqld", &["--version"]),
        "sha256": programs,
    })
}
