//! How many instructions the processor executes for one warm booking, as callgrind counts them: a
//! number that does not depend on what else the machine does.

use std::{fs, path::Path};

use rounds_local::Request;

use crate::{
    clinic::Clinic,
    instance::{Instance, Program},
    measure::{Rounds, Row, Table, Target},
    routes::of_name,
};

/// Requests before those that are counted, and up to the last of them.
const FEW: usize = 10;
const MANY: usize = 30;

/// Millions of instructions for one warm booking, beside those for an answer of hello's.
pub(crate) fn of_a_booking(clinic: &Clinic, hello: &Program, folder: &Path) -> Result<Row, String> {
    let floor = each(clinic, |_| hello.clone(), 200, folder)?;
    let mut rounds = Rounds::default();
    rounds.add(&[booking(clinic, folder)? / 1e6], &[floor / 1e6]);
    Ok(rounds.row(Table::Instructions, "booking", Target::None))
}

/// Instructions of one warm booking.
fn booking(clinic: &Clinic, folder: &Path) -> Result<f64, String> {
    each(clinic, |url| clinic.function("appointments", url, &[]), 201, folder)
}

/// Instructions of a program for each of some requests that book, on a copy of the clinic's file.
fn each(clinic: &Clinic, program: impl Fn(&str) -> Program, status: u16, folder: &Path) -> Result<f64, String> {
    let book = of_name("POST /doctors/{doctor_id}/book")?;
    let requests: Vec<Request> = (0..MANY).map(|number| (book.request)(clinic, number)).collect();
    let database = folder.join("instructions.db");
    let url = database.to_string_lossy().into_owned();
    let count = |requests: &[Request]| {
        fs::copy(&clinic.file, &database).map_err(|error| format!("{url}: {error}"))?;
        counted(&program(&url), requests, status, folder)
    };
    Ok((count(&requests)? - count(&requests[..FEW])?) as f64 / (MANY - FEW) as f64)
}

/// Instructions of an instance from its start to its answer to the last request.
fn counted(program: &Program, requests: &[Request], status: u16, folder: &Path) -> Result<u64, String> {
    let output = folder.join("callgrind.out");
    let Program { mut command, mut variables } = program.clone();
    let output_file = format!("--callgrind-out-file={}", output.display());
    command.splice(0..0, ["valgrind".into(), "--quiet".into(), "--tool=callgrind".into(), output_file]);
    variables.push(("PATH".into(), std::env::var("PATH").unwrap_or_default()));
    let mut instance = Instance::start(&Program { command, variables })?;
    for request in requests {
        let (answer, _) = instance.ask(request)?;
        if answer.status != status {
            return Err(format!("{} was answered {}: {}", request.path, answer.status, answer.body));
        }
    }
    instance.end()?;
    let text = fs::read_to_string(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.parse().ok()).ok_or_else(|| "callgrind did not count".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::generate;

    /// Instructions of one warm booking by the program of the dev profile, as they were when this was last
    /// written down.
    const KEPT: f64 = 1_373_600.0;

    #[tokio::test]
    #[cfg_attr(not(target_arch = "x86_64"), ignore = "the number is x86_64's")]
    async fn a_warm_booking_takes_no_more_instructions_than_are_written_down() {
        let folder = std::env::temp_dir().join(format!("instructions-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("clinic.db");
        generate(&file, 1000).await.unwrap();
        // Beside deps/, where this program is.
        let functions = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
        let clinic = Clinic::open(&file, &functions).await.unwrap();
        let now = booking(&clinic, &folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        println!("a warm booking: {now:.0} instructions, {KEPT:.0} are written down");
        assert!(
            now <= KEPT * 1.05,
            "a warm booking takes {now:.0} instructions, and took {KEPT:.0}: mend that, or write the new number here \
             and say in the commit why"
        );
    }
}
