//! Warm requests of every route, on a file and on a server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use lambda::{Instance, Program, Request};
use rounds_local::Sqld;

use crate::{
    clinic::Clinic,
    floor,
    measure::{Rounds, Row, Table, Target, millis},
    recorder::{Recorder, Sent},
    routes::{Kind, Route, has_database, routes},
};

const ROUNDS: usize = 5;

/// Returns the number of requests in a round, and before the first round.
fn requests(kind: Kind) -> (usize, usize) {
    match kind {
        Kind::Reads | Kind::Signs => (40, 20),
        Kind::Writes => (8, 3),
        Kind::Hashes(_) => (5, 2),
    }
}

/// Three copies of one database: for the measurement, for its floor, and to record statements.
pub(crate) struct Copies {
    folder: PathBuf,
    measured: PathBuf,
    floor: PathBuf,
    /// The servers of the measurement and the floor, if the engine is a server.
    servers: Option<(Sqld, Sqld)>,
    recorded: Sqld,
}

impl Copies {
    pub(crate) fn of_file(file: &Path, folder: &Path) -> Result<Self, String> {
        Self::make(file, folder, false)
    }

    pub(crate) fn of_server(file: &Path, folder: &Path) -> Result<Self, String> {
        Self::make(file, folder, true)
    }

    fn make(file: &Path, folder: &Path, on_server: bool) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(failed)?;
        }
        fs::create_dir_all(folder).map_err(failed)?;
        let (measured, floor) = (folder.join("measured.db"), folder.join("floor.db"));
        let servers = match on_server {
            true => Some((server_of(file, &folder.join("measured"))?, server_of(file, &folder.join("floor"))?)),
            false => {
                fs::copy(file, &measured).and_then(|_| fs::copy(file, &floor)).map_err(failed)?;
                None
            }
        };
        let recorded = server_of(file, &folder.join("recorded"))?;
        Ok(Self { folder: folder.to_owned(), measured, floor, servers, recorded })
    }

    fn url(&self) -> String {
        match &self.servers {
            Some((measured, _)) => measured.url(),
            None => self.measured.to_string_lossy().into_owned(),
        }
    }

    /// Deletes the copies.
    pub(crate) fn remove(self) -> Result<(), String> {
        let folder = self.folder.clone();
        drop(self);
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))
    }
}

/// Starts a server with the content of a file.
pub(crate) fn server_of(file: &Path, folder: &Path) -> Result<Sqld, String> {
    let data = folder.join("dbs/default");
    let copied = fs::create_dir_all(&data).and_then(|()| fs::copy(file, data.join("data")));
    copied.map_err(|error| format!("{}: {error}", folder.display()))?;
    Sqld::primary(folder, Stdio::null)
}

/// Runs the statements of the floor.
enum Bare {
    File(floor::File),
    Server(floor::Server),
}

impl Bare {
    async fn of(copies: &Copies) -> Result<Self, String> {
        Ok(match &copies.servers {
            Some((_, server)) => {
                Self::Server(floor::Server::connect(&server.url()).map_err(|error| error.to_string())?)
            }
            None => Self::File(floor::File::open(&copies.floor).await.map_err(|error| error.to_string())?),
        })
    }

    async fn run(&mut self, requests: &[Sent]) -> Result<Duration, String> {
        let mut took = Duration::ZERO;
        for sent in requests {
            took += match self {
                Self::File(file) => file.run(sent).await.map_err(|error| error.to_string())?,
                Self::Server(server) => server.run(&sent.request).map_err(|error| error.to_string())?,
            };
        }
        Ok(took)
    }
}

/// Sends a request, and checks its status. Returns the duration.
pub(crate) fn send_request(instance: &mut Instance, route: &Route, request: &Request) -> Result<Duration, String> {
    let (answer, took) = instance.send_request(request)?;
    match answer.status == route.status {
        true => Ok(took),
        false => Err(format!("{} returned {}: {}", route.name, answer.status, answer.body)),
    }
}

/// Measures each route.
pub(crate) async fn measure(
    clinic: &Clinic,
    hello: &Program,
    copies: &Copies,
    mut progress: impl FnMut(&str),
) -> Result<Vec<Row>, String> {
    let table = if copies.servers.is_some() { Table::WarmServer } else { Table::WarmFile };
    let recorder = Recorder::start(&copies.recorded.url())?;
    let mut hello = Instance::start(hello)?;
    let mut bare = Bare::of(copies).await?;
    let mut rows = Vec::new();
    // Routes without a database are measured on files only.
    for route in routes().into_iter().filter(|route| copies.servers.is_none() || has_database(route.function)) {
        progress(&route.name);
        let (count, before) = requests(route.kind);
        let all: Vec<Request> = (0..before + ROUNDS * count).map(|number| route.request(clinic, number)).collect();
        let sent = recorded(clinic, &route, &recorder, &all)?;
        let mut measured = Instance::start(&clinic.function(route.function, &copies.url(), &[]))?;
        for (request, sent) in all.iter().zip(&sent).take(before) {
            send_request(&mut measured, &route, request)?;
            bare.run(sent).await?;
            hello.send_request(request)?;
        }
        let mut rounds = Rounds::default();
        for round in 0..ROUNDS {
            let mut samples = [Vec::new(), Vec::new()];
            let from = before + round * count;
            for (request, sent) in all.iter().zip(&sent).skip(from).take(count) {
                let mut floor = hello.send_request(request)?.1 + bare.run(sent).await?;
                floor += match route.kind {
                    Kind::Hashes(times) => hash()? * times,
                    Kind::Signs => clinic.signature()?,
                    Kind::Reads | Kind::Writes => Duration::ZERO,
                };
                samples[0].push(millis(floor));
                samples[1].push(millis(send_request(&mut measured, &route, request)?));
            }
            rounds.add(&samples[1], &samples[0]);
        }
        rows.push(rounds.row(table, &route.name, Target::AtMost(1.5)));
    }
    Ok(rows)
}

/// Records the requests to the database for each request. Read requests are recorded once, because they repeat.
pub(crate) fn recorded(
    clinic: &Clinic,
    route: &Route,
    recorder: &Recorder,
    all: &[Request],
) -> Result<Vec<Vec<Sent>>, String> {
    let mut function = Instance::start(&clinic.function(route.function, &recorder.url, &[]))?;
    // The first request may also read the calendar.
    send_request(&mut function, route, &all[0])?;
    let mut sent = vec![recorder.take()];
    let rest = if route.kind == Kind::Reads { &all[..1] } else { &all[1..] };
    for request in rest {
        send_request(&mut function, route, request)?;
        sent.push(recorder.take());
    }
    if route.kind == Kind::Reads {
        let once = sent.pop().unwrap_or_default();
        sent = vec![once; all.len()];
    }
    Ok(sent)
}

/// Hashes a password with the parameters of the functions. Returns the duration.
fn hash() -> Result<Duration, String> {
    let password = "correct horse battery".parse()?;
    let begun = Instant::now();
    rounds_auth::hash(&password).map_err(|error| error.to_string())?;
    Ok(begun.elapsed())
}
