//! `rounds import`: creates the patients or appointments of a CSV file.

use std::{io::Read, path::PathBuf, process::ExitCode};

use rounds_local::{Import, ImportKind, print, print_line};

const USAGE: &str = "usage: rounds import patients|appointments FILE.csv --url URL [--dry-run] [--country-code CODE] \
                     [--report FILE.csv] (with an Admin's token on the standard input)";
/// The exit code if rows were refused.
const REFUSED: u8 = 1;
/// The exit code if the arguments are wrong, or if the clinic cannot be reached.
const FAILED: u8 = 2;

/// Imports the file that the arguments name.
pub(crate) async fn import(arguments: &[String]) -> ExitCode {
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => REFUSED.into(),
        Err(error) => {
            eprintln!("rounds: {error}");
            FAILED.into()
        }
    }
}

/// Returns whether no row was refused.
async fn run(arguments: &[String]) -> Result<bool, String> {
    let (mut import, report_file) = parse(arguments)?;
    // A token has at most some kilobytes.
    let mut input = std::io::stdin().take(64 * 1024);
    input.read_to_string(&mut import.token).map_err(|error| format!("cannot read the token: {error}"))?;
    import.token = import.token.trim().to_owned();
    if import.token.is_empty() {
        return Err(format!("there is no token on the standard input\n{USAGE}"));
    }
    let report = import.run().await?;
    print(&report.lines());
    if let Some(path) = report_file {
        report.write(&path)?;
        print_line(&format!("wrote the refused rows to {}", path.display()));
    }
    match report.stopped() {
        Some(reason) => {
            Err(format!("stopped: {reason}\nRun the same command again: what is there is not created again"))
        }
        None => Ok(report.is_complete()),
    }
}

/// Reads the arguments: the import without its token, and the file for the report.
fn parse(arguments: &[String]) -> Result<(Import, Option<PathBuf>), String> {
    let (mut words, mut url, mut country_code, mut report, mut is_dry_run) = (Vec::new(), None, None, None, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--dry-run" => is_dry_run = true,
            "--url" => url = Some(value()?.clone()),
            "--report" => report = Some(PathBuf::from(value()?)),
            "--country-code" => {
                let code = value()?.parse().map_err(|error| format!("--country-code {error}"))?;
                country_code = Some(code);
            }
            option if option.starts_with('-') => return Err(format!("{option} is not an option\n{USAGE}")),
            word => words.push(word),
        }
    }
    let (kind, file) = match words.as_slice() {
        ["patients", file] => (ImportKind::Patients, file),
        ["appointments", file] => (ImportKind::Appointments, file),
        _ => return Err(USAGE.to_owned()),
    };
    let url = url.ok_or_else(|| format!("--url is missing\n{USAGE}"))?;
    let import = Import { kind, file: file.into(), url, token: String::new(), is_dry_run, country_code };
    Ok((import, report))
}
