//! `make torture` makes long histories on all engines and checks them. `make kills` kills `rounds serve` many times.
//! `make planted` checks that planted bugs are found. `make check` checks a saved history again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use futures_util::future::join_all;
use history::{
    BUGS, Bug, Kind, MessageSetup, MessageSummary, Setup, Summary, Violation, check_saved, check_saved_messages,
    has_messages, run, run_messages,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        None => torture().await,
        Some("kills") => kills().await,
        Some("messages") => messages().await,
        Some("planted") => planted().await,
        Some("check") => check_again(std::env::args().nth(2).unwrap_or_default()).await,
        Some(other) => {
            Err(format!("unknown command {other}: there are \"kills\", \"messages\", \"planted\" and \"check\""))
        }
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

/// Reads a setting that must be at least 1. An empty history would have no violations.
fn count<T: std::str::FromStr + PartialOrd + From<u8>>(name: &str) -> Result<Option<T>, String> {
    match setting(name)? {
        Some(number) if number < T::from(1) => Err(format!("{name} must be at least 1")),
        number => Ok(number),
    }
}

/// Returns the item that a setting names, or all items if it is not set.
fn chosen<T>(
    setting_name: &str,
    items: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> String,
) -> Result<Vec<T>, String> {
    let all: Vec<T> = items.into_iter().collect();
    let Some(only) = setting::<String>(setting_name)? else { return Ok(all) };
    let names = all.iter().map(&name).collect::<Vec<_>>().join(", ");
    let chosen: Vec<T> = all.into_iter().filter(|it| name(it) == only).collect();
    if chosen.is_empty() { Err(format!("{setting_name} must be one of {names}")) } else { Ok(chosen) }
}

/// Returns the folder of the built programs.
fn built() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(program.parent().map(PathBuf::from).unwrap_or_default())
}

/// Returns the seed of the setting, or a random one.
fn seed() -> Result<u64, String> {
    let seed = setting("SEED")?.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("torture: seed {seed} (SEED={seed} repeats the same choices)");
    Ok(seed)
}

async fn torture() -> Result<bool, String> {
    let functions = built()?;
    let folder = functions.join("../torture");
    let seed = seed()?;
    let (attempts, rounds) = (count("ATTEMPTS")?, count("ROUNDS")?);
    let kinds = chosen("ENGINE", [Kind::File, Kind::Server, Kind::Serve], |kind| format!("{kind:?}").to_lowercase())?;
    // All engines run at once, because one waits for the disk while another computes.
    let bars = MultiProgress::new();
    let runs = kinds.into_iter().map(|kind| {
        let mut setup = Setup::long(kind, functions.clone(), folder.clone(), seed);
        setup.attempts = attempts.unwrap_or(setup.attempts);
        setup.rounds = rounds.unwrap_or(setup.rounds);
        with_progress(setup, kind, &bars)
    });
    let mut valid = true;
    for run in join_all(runs).await {
        let (kind, summary, seconds) = run?;
        print(kind, &summary, seconds);
        valid &= summary.violations.is_empty();
    }
    Ok(valid)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "embedded file",
        Kind::Server => "libSQL server",
        Kind::Serve => "file of rounds serve",
    }
}

/// Kills `rounds serve` under load, and checks that nothing acknowledged is lost.
async fn kills() -> Result<bool, String> {
    let functions = built()?;
    let folder = functions.join("../torture/kills");
    let setup = Setup::kills(functions, folder, seed()?);
    let setup = Setup { rounds: count("ROUNDS")?.unwrap_or(setup.rounds), ..setup };
    println!("{} rounds of {} kills", setup.rounds, setup.kills.unwrap_or_default());
    let begun = Instant::now();
    let summary = run(&setup, Kind::Serve, |_| {}).await?;
    print(Kind::Serve, &summary, begun.elapsed().as_secs());
    Ok(summary.violations.is_empty())
}

/// Makes histories of messages: everybody is told of every change, whatever fails meanwhile.
async fn messages() -> Result<bool, String> {
    let functions = built()?;
    let folder = functions.join("../torture");
    let seed = seed()?;
    let (messages, rounds) = (count("MESSAGES")?, count("ROUNDS")?);
    let kinds = chosen("ENGINE", [Kind::File, Kind::Server], |kind| format!("{kind:?}").to_lowercase())?;
    let bars = MultiProgress::new();
    let runs = kinds.into_iter().map(async |kind| {
        let mut setup = MessageSetup::long(functions.clone(), folder.clone(), seed);
        setup.messages = messages.unwrap_or(setup.messages);
        setup.rounds = rounds.unwrap_or(setup.rounds);
        let bar = bar(&bars, kind, setup.messages as u64 * u64::from(setup.rounds), "mails")?;
        let summary = run_messages(&setup, kind, |mails| advance(&bar, mails as u64)).await?;
        bar.finish_and_clear();
        Ok::<_, String>((kind, summary, bar.elapsed().as_secs()))
    });
    let mut valid = true;
    for run in join_all(runs).await {
        let (kind, summary, seconds) = run?;
        print_messages(kind, &summary, seconds);
        valid &= summary.violations.is_empty();
    }
    Ok(valid)
}

fn print_messages(kind: Kind, summary: &MessageSummary, seconds: u64) {
    println!("\n{}, {seconds} s", name(kind));
    let faults: u32 = summary.faults.values().sum();
    let print = |name: &str, count: usize| println!("  {name:<50} {count:>8}");
    print("acknowledged changes", summary.changes);
    print("mails accepted", summary.mails);
    print("  about several changed appointments", summary.of_several);
    print("  reminders", summary.reminders);
    print("  sent again, because the outcome was unknown", summary.repeated);
    print("messages", summary.states.values().sum());
    summary.states.iter().for_each(|(state, count)| print(&format!("  {state}"), *count));
    print("faults", faults as usize);
    summary.faults.iter().for_each(|(fault, count)| print(&format!("  {fault}"), *count as usize));
    print("violations", summary.violations.len());
    print_violations(&summary.violations);
    if let Some(folder) = &summary.kept {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        println!("  saved in {0}\n  make check HISTORY='{0}' checks it again", folder.display());
    }
}

async fn with_progress(setup: Setup, kind: Kind, bars: &MultiProgress) -> Result<(Kind, Summary, u64), String> {
    let bar = bar(bars, kind, setup.attempts * u64::from(setup.rounds), "bookings attempted")?;
    let summary = run(&setup, kind, |attempts| advance(&bar, attempts)).await?;
    bar.finish_and_clear();
    Ok((kind, summary, bar.elapsed().as_secs()))
}

/// Creates a progress bar of a run that counts up to `length`.
fn bar(bars: &MultiProgress, kind: Kind, length: u64, what: &str) -> Result<ProgressBar, String> {
    let bar = bars.add(ProgressBar::new(length));
    let style = "{prefix} {wide_bar} {pos}/{len} {msg}, {elapsed}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).map_err(|error| error.to_string())?);
    bar.set_prefix(name(kind));
    bar.set_message(what.to_owned());
    Ok(bar)
}

fn advance(bar: &ProgressBar, done: u64) {
    let tenth = bar.length().unwrap_or_default().div_ceil(10).max(1);
    // Without a terminal there is no progress bar.
    if bar.is_hidden() && bar.position() / tenth < done / tenth {
        println!("{}: {done} {}, {} s", bar.prefix(), bar.message(), bar.elapsed().as_secs());
    }
    bar.set_position(done);
}

fn print(kind: Kind, summary: &Summary, seconds: u64) {
    println!("\n{}, {seconds} s", name(kind));
    let faults = summary.faults.values().copied().map(u64::from).sum();
    let print = |name: &str, count: u64| println!("  {name:<34} {count:>8}");
    let lines = [
        ("slots", summary.slots as u64),
        ("bookings attempted", summary.attempts),
        ("  acknowledged", summary.acknowledged),
        ("  refused", summary.refused),
        ("  unknown", summary.unknown),
        ("acknowledged changes", summary.changes),
    ];
    lines.into_iter().for_each(|(name, count)| print(name, count));
    summary.kinds.iter().for_each(|(kind, count)| print(&format!("  {kind}"), *count));
    print("all requests", summary.requests);
    print("faults", faults);
    summary.faults.iter().for_each(|(fault, count)| print(&format!("  {fault}"), u64::from(*count)));
    let mut ready_after = summary.ready_after.clone();
    ready_after.sort();
    if let (Some(median), Some(longest)) = (ready_after.get(ready_after.len() / 2), ready_after.last()) {
        println!("  {:<34} {:>8}", "ms from kill to ready, median", median.as_millis());
        println!("  {:<34} {:>8}", "  longest", longest.as_millis());
    }
    println!("  {:<34} {:>8}", "violations", summary.violations.len());
    print_violations(&summary.violations);
    for folder in &summary.kept {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        println!("  saved in {0}\n  make check HISTORY='{0}' checks it again", folder.display());
    }
}

/// Prints the first violations.
fn print_violations(violations: &[Violation]) {
    violations.iter().take(5).for_each(|violation| println!("    {:.1000}", violation.to_string()));
}

/// Checks a saved history again.
async fn check_again(folder: String) -> Result<bool, String> {
    if folder.is_empty() {
        return Err("name the folder of a saved history: make check HISTORY=…".into());
    }
    let folder = Path::new(&folder);
    let violations = match has_messages(folder) {
        true => check_saved_messages(folder).await?,
        false => check_saved(folder).await?,
    };
    println!("violations {}", violations.len());
    print_violations(&violations);
    Ok(violations.is_empty())
}

/// Plants each bug, and checks that it is found.
async fn planted() -> Result<bool, String> {
    let (folder, seed, attempts) = (built()?.join("../planted"), seed()?, count("ATTEMPTS")?);
    let bugs = chosen("BUG", BUGS, |bug| bug.name.to_owned())?;
    let current = std::env::current_dir().map_err(|error| error.to_string())?;
    let source = rounds_local::find_clone(&current)
        .ok_or("the current folder is not in a clone of Rounds: change to a clone")?;
    let mut missed = Vec::new();
    for bug in bugs {
        println!("\n{}: {}", bug.name, bug.story);
        let functions = if bug.source.is_empty() { built()? } else { build(bug, &source, &folder)? };
        if bug.is_of_messages {
            let schema = bug.schema.to_vec();
            let setup =
                MessageSetup { schema, ..MessageSetup::long(functions, folder.join("histories").join(bug.name), seed) };
            let begun = Instant::now();
            let summary = run_messages(&setup, bug.engine, |_| {}).await?;
            let (seconds, mails) = (begun.elapsed().as_secs(), summary.mails);
            match summary.violations.first() {
                Some(violation) => {
                    println!("found after {seconds} s and {mails} mails: {:.300}", violation.to_string())
                }
                None => missed.push(bug.name),
            }
            continue;
        }
        let long = Setup::long(bug.engine, functions, folder.join("histories").join(bug.name), seed);
        let setup = Setup { schema: bug.schema.to_vec(), attempts: attempts.unwrap_or(long.attempts), ..long };
        let (_, summary, seconds) = with_progress(setup, bug.engine, &MultiProgress::new()).await?;
        match summary.violations.first() {
            Some(violation) => println!(
                "found after {seconds} s and {} bookings on the {}: {:.300}",
                summary.attempts,
                name(bug.engine),
                violation.to_string()
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

/// Builds the functions with a bug, from a copy of the clone. Returns the folder of the programs.
fn build(bug: &Bug, clone: &Path, folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("source");
    let tracked = Command::new("git").arg("-C").arg(clone).arg("ls-files").output();
    let tracked = tracked.map_err(|error| format!("git: {error}"))?;
    for file in String::from_utf8_lossy(&tracked.stdout).lines() {
        let text = fs::read(clone.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let text = bug.change(file, text)?;
        let copy = source.join(file);
        // Unchanged files are not written, so that they are not built again.
        if fs::read(&copy).is_ok_and(|there| there == text) {
            continue;
        }
        let written = copy.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&copy, text));
        written.map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    println!("building the functions with this bug (some minutes the first time)");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--workspace", "--bins"]).current_dir(&source).env("CARGO_TARGET_DIR", folder);
    match cargo.status() {
        Ok(status) if status.success() => Ok(folder.join("debug")),
        Ok(status) => Err(format!("{} does not build ({status})", bug.name)),
        Err(error) => Err(format!("cargo: {error}")),
    }
}
