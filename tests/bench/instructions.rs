//! The number of processor instructions of one warm booking, counted by callgrind. It does not depend on the load of
//! the machine.

use std::{fs, path::Path};

use lambda::{Instance, Program, Request};

use crate::{
    clinic::Clinic,
    measure::{Rounds, Row, Table, Target},
    routes::route_named,
};

/// The number of requests before the counted ones, and the number of all.
const FEW: usize = 10;
const MANY: usize = 30;

/// Measures the instructions of one warm booking in millions. The floor is a response of hello.
pub(crate) fn of_a_booking(clinic: &Clinic, hello: &Program, folder: &Path) -> Result<Row, String> {
    let floor = each(clinic, |_| hello.clone(), &Workload { requests: &bookings(clinic)?, status: 200 }, folder)?;
    let mut rounds = Rounds::default();
    rounds.add(&[booking(clinic, folder)? / 1e6], &[floor / 1e6]);
    Ok(rounds.row(Table::Instructions, "booking", Target::None))
}

/// Returns the instructions of one warm booking.
fn booking(clinic: &Clinic, folder: &Path) -> Result<f64, String> {
    each(
        clinic,
        |url| clinic.function("appointments", url, &[]),
        &Workload { requests: &bookings(clinic)?, status: 201 },
        folder,
    )
}

fn bookings(clinic: &Clinic) -> Result<Vec<Request>, String> {
    let book = route_named("POST /doctors/{doctor_id}/book")?;
    Ok((0..MANY).map(|number| book.request(clinic, number)).collect())
}

/// Requests and their expected status.
struct Workload<'a> {
    requests: &'a [Request],
    status: u16,
}

/// Returns the instructions per request, on a copy of the clinic's file: the difference between runs of all requests
/// and of the first `FEW`.
fn each(
    clinic: &Clinic,
    program: impl Fn(&str) -> Program,
    workload: &Workload<'_>,
    folder: &Path,
) -> Result<f64, String> {
    let Workload { requests, status } = *workload;
    let database = folder.join("instructions.db");
    let url = database.to_string_lossy().into_owned();
    let count = |requests: &[Request]| {
        fs::copy(&clinic.file, &database).map_err(|error| format!("{url}: {error}"))?;
        counted(&program(&url), requests, status, folder)
    };
    Ok((count(requests)? - count(&requests[..FEW])?) as f64 / (requests.len() - FEW) as f64)
}

/// Returns the instructions of an instance from its start to its last response.
fn counted(program: &Program, requests: &[Request], status: u16, folder: &Path) -> Result<u64, String> {
    let output = folder.join("callgrind.out");
    let Program { mut command, mut variables } = program.clone();
    let output_file = format!("--callgrind-out-file={}", output.display());
    command.splice(0..0, ["valgrind".into(), "--quiet".into(), "--tool=callgrind".into(), output_file]);
    variables.push(("PATH".into(), std::env::var("PATH").unwrap_or_default()));
    let mut instance = Instance::start(&Program { command, variables })?;
    for request in requests {
        let (answer, _) = instance.send_request(request)?;
        if answer.status != status {
            return Err(format!("{} returned {}: {}", request.path, answer.status, answer.body));
        }
    }
    instance.end()?;
    let text = fs::read_to_string(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.parse().ok()).ok_or_else(|| "callgrind did not count".into())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::{clinic::with, generate::generate, routes::by_anyone};

    /// The stored number of instructions of one warm booking, with a program of the dev profile.
    const STORED: f64 = 2_298_900.0;

    /// A small clinic in a folder of its own.
    pub(crate) async fn clinic(name: &str) -> (Clinic, PathBuf) {
        let folder = std::env::temp_dir().join(format!("instructions-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("clinic.db");
        generate(&file, 1000).await.unwrap();
        // Beside deps/, where this program is.
        let functions = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
        (Clinic::open(&file, &functions).await.unwrap(), folder)
    }

    #[tokio::test]
    #[cfg_attr(not(target_arch = "x86_64"), ignore = "the number is of x86_64")]
    async fn warm_booking_stays_within_the_stored_instruction_count() {
        let (clinic, folder) = clinic("booking").await;
        let now = booking(&clinic, &folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        println!("a warm booking: {now:.0} instructions, {STORED:.0} stored");
        assert!(
            now <= STORED * 1.05,
            "a warm booking takes {now:.0} instructions, {STORED:.0} before: fix that, or store the new number here \
             and explain it in the commit"
        );
    }

    /// Otherwise the time of a refused sign-in would reveal whether an email has an account. Instructions are counted,
    /// because their number does not depend on the machine and its load.
    #[tokio::test]
    async fn refused_sign_in_does_the_same_work_for_unknown_emails() {
        let (clinic, folder) = clinic("login").await;
        let guess =
            |email: String| with(json!({ "email": email, "password": "a wrong guess" }), by_anyone("POST", "/login"));
        let each = |email: &dyn Fn(usize) -> String| {
            let guesses: Vec<_> = (0..FEW + 4).map(|number| guess(email(number))).collect();
            each(
                &clinic,
                |url| clinic.function("auth", url, &[]),
                &Workload { requests: &guesses, status: 401 },
                &folder,
            )
            .unwrap()
        };
        let known = each(&|number| clinic.network.email(clinic.patient(number)));
        let unknown = each(&|number| format!("nobody{number}@example.org"));
        fs::remove_dir_all(&folder).unwrap();
        assert!(
            (known / unknown - 1.0).abs() < 0.01,
            "{known:.0} instructions for a known email, {unknown:.0} for an unknown one"
        );
    }
}
