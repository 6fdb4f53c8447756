//! The sizes of the deployed zips.

use std::{fs, path::Path, process::Command};

use crate::{
    measure::{Rounds, Row, Table, Target},
    routes::functions,
};

/// Returns the limit of a zip in megabytes, from the Makefile. A larger zip starts later.
fn limit() -> Result<f64, String> {
    let limit = include_str!("../../Makefile").lines().find_map(|line| line.strip_prefix("ZIP_LIMIT := "));
    let bytes = limit.and_then(|bytes| bytes.parse::<f64>().ok());
    Ok(bytes.ok_or("the Makefile's ZIP_LIMIT is not a number of bytes")? / 1e6)
}

/// Measures two rows for each function: relative to hello, and relative to the limit.
pub(crate) fn zips(programs: &Path, folder: &Path) -> Result<Vec<Row>, String> {
    let hello = zipped(&programs.join("hello"), folder)?;
    let sizes = functions().into_iter().map(|function| Ok((function, zipped(&programs.join(function), folder)?)));
    let sizes: Vec<(&str, f64)> = sizes.collect::<Result<_, String>>()?;
    let mut rows = Vec::new();
    for (table, floor, most) in [(Table::Zip, hello, 4.0), (Table::ZipLimit, limit()?, 1.0)] {
        for (function, size) in &sizes {
            let mut rounds = Rounds::default();
            rounds.add(&[*size], &[floor]);
            rows.push(rounds.row(table, *function, Target::AtMost(most)));
        }
    }
    Ok(rows)
}

/// Returns the size of a program's zip in megabytes, created as `make build` creates it.
fn zipped(program: &Path, folder: &Path) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let (bootstrap, zip) = (folder.join("bootstrap"), folder.join("function.zip"));
    fs::copy(program, &bootstrap).map_err(failed)?;
    let mut command = Command::new("python3");
    command.args(["-m", "zipfile", "-c", "function.zip", "bootstrap"]).current_dir(folder);
    let status = command.status().map_err(|error| format!("python3: {error}"))?;
    if !status.success() {
        return Err(format!("python3 -m zipfile ended with {status}"));
    }
    let bytes = fs::metadata(&zip).map_err(failed)?.len();
    fs::remove_file(&zip).and_then(|()| fs::remove_file(&bootstrap)).map_err(failed)?;
    Ok(bytes as f64 / 1e6)
}
