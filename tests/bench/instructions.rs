//! How many instructions the processor executes for one warm booking, as callgrind counts them: a
//! number that does not depend on what else the machine does.

use std::{fs, path::Path};

use rounds_local::Request;

use crate::{
    clinic::Clinic,
    instance::{Instance, Program},
    measure::{Rounds, Row, Table, Target},
    routes::routes,
};

/// Requests before those that are counted, and up to the last of them.
const FEW: usize = 10;
const MANY: usize = 30;

/// Millions of instructions for one warm booking, beside those for an answer of hello's.
pub(crate) fn of_a_booking(clinic: &Clinic, hello: &Program, folder: &Path) -> Result<Row, String> {
    let routes = routes();
    let book = routes.iter().find(|route| route.name == "POST /doctors/{doctor_id}/book").ok_or("no such route")?;
    let requests: Vec<Request> = (0..MANY).map(|number| (book.request)(clinic, number)).collect();
    let database = folder.join("instructions.db");
    let url = database.to_string_lossy().into_owned();
    let each = |program: &Program, status| -> Result<f64, String> {
        let mut counts = [FEW, MANY].into_iter().map(|count| {
            fs::copy(&clinic.file, &database).map_err(|error| format!("{url}: {error}"))?;
            counted(program, &requests[..count], status, folder)
        });
        let (few, many) = (counts.next().unwrap_or(Ok(0))?, counts.next().unwrap_or(Ok(0))?);
        Ok((many - few) as f64 / (MANY - FEW) as f64 / 1e6)
    };
    let floor = each(hello, 200)?;
    let measured = each(&clinic.function(book.function, &url, &[]), book.status)?;
    let mut rounds = Rounds::default();
    rounds.add(&[measured], &[floor]);
    Ok(rounds.row(Table::Instructions, "booking", Target::None))
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
