//! How much processor time the first `make run` takes.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use rounds_local::find_clone;

use crate::{
    measure::{Row, Table},
    serve::limit,
};

/// Builds what `make run` builds into an empty folder, and returns a row that compares the processor time with the limit.
pub(crate) fn measure(work: &Path, progress: impl Fn(&str)) -> Result<Row, String> {
    progress("make run (about four minutes)");
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let clone = find_clone(&here).ok_or("the benchmark runs inside of the clone")?;
    let before = seconds_of_children()?;
    let built = Command::new("cargo")
        .args(["build", "--workspace", "--bin", "rounds"])
        .current_dir(clone)
        .env("CARGO_TARGET_DIR", work.join("first-start"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !built.success() {
        return Err(format!("cargo build --workspace --bin rounds failed ({built}): run it to see why"));
    }
    Ok(limit(Table::FirstStart, "make run, a fresh clone", seconds_of_children()? - before, 400.0))
}

/// Returns the processor time of all children of this process that have ended, in user and in system mode (proc(5)).
fn seconds_of_children() -> Result<f64, String> {
    let path = "/proc/self/stat";
    let stat = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    // The name of the program, in parentheses, can contain spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Option<u64> = fields.skip(13).take(2).map(|field| field.parse::<u64>().ok()).sum();
    let ticks = ticks.ok_or_else(|| format!("{path} has no times of children"))?;
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}
