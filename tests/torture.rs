//! `make torture`: long histories on both engines, and what came of them. `make planted`: whether
//! bugs are found.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use futures_util::future::join_all;
use history::{BUGS, Bug, Kind, Setup, Summary, run};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The source that this program was built from.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        None => torture().await,
        Some("planted") => planted().await,
        Some(other) => Err(format!("unknown command {other}: there is \"planted\"")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("torture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn setting<T: std::str::FromStr>(name: &str) -> Result<Option<T>, String> {
    let Some(value) = std::env::var(name).ok().filter(|value| !value.is_empty()) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| format!("{name} must be a whole number"))
}

/// The folder with the built programs.
fn built() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(program.parent().map(PathBuf::from).unwrap_or_default())
}

/// The seed that is set, or any.
fn seed() -> Result<u64, String> {
    let seed = setting("SEED")?.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("torture: seed {seed} (SEED={seed} makes the same choices again)");
    Ok(seed)
}

async fn torture() -> Result<bool, String> {
    let functions = built()?;
    let folder = functions.join("../torture");
    let mut setup = Setup::long(functions, folder, seed()?);
    setup.attempts = setting("ATTEMPTS")?.unwrap_or(setup.attempts);
    setup.rounds = setting("ROUNDS")?.unwrap_or(setup.rounds);
    let only: Option<String> = setting("ENGINE")?;
    let kinds = [Kind::File, Kind::Server].into_iter();
    let asked = |kind: &Kind| only.as_ref().is_none_or(|only| *only == format!("{kind:?}").to_lowercase());
    // Side by side, since the one waits for the disk while the other computes.
    let bars = MultiProgress::new();
    let runs = kinds.filter(asked).map(|kind| with_progress(&setup, kind, &bars));
    let mut fine = true;
    for run in join_all(runs).await {
        let (kind, summary, seconds) = run?;
        print(kind, &summary, seconds);
        fine &= summary.violations.is_empty();
    }
    Ok(fine)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "embedded file",
        Kind::Server => "libSQL server",
    }
}

async fn with_progress(setup: &Setup, kind: Kind, bars: &MultiProgress) -> Result<(Kind, Summary, u64), String> {
    let bar = bars.add(ProgressBar::new(setup.attempts * u64::from(setup.rounds)));
    let style = "{prefix} {wide_bar} {pos}/{len} bookings tried, {elapsed}, {eta} to go";
    bar.set_style(ProgressStyle::with_template(style).map_err(|error| error.to_string())?);
    bar.set_prefix(name(kind));
    let tenth = bar.length().unwrap_or_default().div_ceil(10);
    let progress = |attempts: u64| {
        bar.set_position(attempts);
        // Where there is no terminal, there is no bar.
        if bar.is_hidden() && attempts.is_multiple_of(tenth) {
            println!("{}: {attempts} bookings tried, {} s", name(kind), bar.elapsed().as_secs());
        }
    };
    let summary = run(setup, kind, progress).await?;
    bar.finish_and_clear();
    Ok((kind, summary, bar.elapsed().as_secs()))
}

fn print(kind: Kind, summary: &Summary, seconds: u64) {
    println!("\n{}, {seconds} s", name(kind));
    let faults = summary.faults.values().copied().map(u64::from).sum();
    let lines = [
        ("slots", summary.slots as u64),
        ("bookings tried", summary.attempts),
        ("  acknowledged", summary.acknowledged),
        ("  refused", summary.refused),
        ("  unknown", summary.unknown),
        ("all requests", summary.requests),
        ("faults", faults),
    ];
    lines.iter().for_each(|(name, count)| println!("  {name:<28} {count:>8}"));
    summary.faults.iter().for_each(|(name, count)| println!("    {name:<26} {count:>8}"));
    println!("  {:<28} {:>8}", "violations", summary.violations.len());
    summary.violations.iter().take(5).for_each(|violation| println!("    {violation:.1000}"));
    summary.kept.iter().for_each(|folder| println!("  kept in {}", folder.display()));
}

/// Plants each bug, and looks whether it is found.
async fn planted() -> Result<bool, String> {
    let (folder, seed) = (built()?.join("../planted"), seed()?);
    let only: Option<String> = setting("BUG")?;
    let mut missed = Vec::new();
    for bug in BUGS.iter().filter(|bug| only.as_ref().is_none_or(|only| only == bug.name)) {
        println!("\n{}: {}", bug.name, bug.story);
        let functions = plant(bug, &folder)?;
        let setup = Setup::long(functions, folder.join("histories").join(bug.name), seed);
        let (_, summary, seconds) = with_progress(&setup, bug.engine, &MultiProgress::new()).await?;
        match summary.violations.first() {
            Some(violation) => println!(
                "found after {seconds} s and {} bookings on the {}: {violation:.300}",
                summary.attempts,
                name(bug.engine)
            ),
            None => missed.push(bug.name),
        }
    }
    match missed.is_empty() {
        true => println!("\nevery bug was found"),
        false => println!("\nnot found: {}", missed.join(", ")),
    }
    Ok(missed.is_empty())
}

/// Builds the functions with a bug, from a copy of the source; where they are then.
fn plant(bug: &Bug, folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("source");
    let tracked =
        Command::new("git").args(["-C", SOURCE, "ls-files"]).output().map_err(|error| format!("git: {error}"))?;
    for file in String::from_utf8_lossy(&tracked.stdout).lines() {
        let text = fs::read(Path::new(SOURCE).join(file)).map_err(|error| format!("{file}: {error}"))?;
        let text = bug.change(file, text)?;
        let copy = source.join(file);
        // What is as it was is not written, and not built, again.
        if fs::read(&copy).is_ok_and(|there| there == text) {
            continue;
        }
        let written = copy.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&copy, text));
        written.map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    println!("building it (some minutes the first time)");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--workspace", "--bins"]).current_dir(&source).env("CARGO_TARGET_DIR", folder);
    match cargo.status() {
        Ok(status) if status.success() => Ok(folder.join("debug")),
        Ok(status) => Err(format!("{} does not build ({status})", bug.name)),
        Err(error) => Err(format!("cargo: {error}")),
    }
}
