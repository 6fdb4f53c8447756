//! Fault injection.

use std::{
    fs,
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use fastrand::Rng;
use lambda::{Fault, Lease};
use rustix::process::{Resource, Rlimit, Signal, prlimit};
use tokio::time::sleep;

use crate::{
    Setup,
    engine::{Engine, Server},
    functions::Functions,
    programs::Programs,
    serve::wal,
    serve_faults::of_serve,
    world::{World, lock},
};

/// Longer than a server keeps an idle stream.
const FROZEN: Duration = Duration::from_secs(11);
/// How long to wait for an instance to inject a fault into.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Faults of processes. A kind that is listed twice is injected twice as often.
const OF_PROCESSES: [&str; 5] =
    ["killed at a request", "killed at a request", "killed while idle", "frozen at a request", "frozen while idle"];
const OF_FILE: [&str; 2] = ["the disk is full", "writes fail"];
pub(crate) const OF_SERVER: [&str; 8] = [
    "server killed",
    "server stalled",
    "answer lost",
    "answer lost",
    "answer doubled",
    "request delayed",
    "request doubled",
    "connections cut",
];

/// An endless sequence of kinds of faults, in random order and with pauses. Each kind comes once before any repeats.
pub(crate) struct FaultSchedule {
    pub(crate) rng: Rng,
    pause: Range<u64>,
    kinds: &'static [&'static str],
    left: Vec<&'static str>,
}

impl FaultSchedule {
    pub(crate) fn new(rng: Rng, pause: &Range<u64>, kinds: &'static [&'static str]) -> Self {
        Self { rng, pause: pause.clone(), kinds, left: Vec::new() }
    }

    pub(crate) async fn next(&mut self) -> &'static str {
        sleep(self.millis(self.pause.clone())).await;
        if self.left.is_empty() {
            self.left = self.kinds.to_vec();
            self.rng.shuffle(&mut self.left);
        }
        self.left.pop().unwrap_or_default()
    }

    pub(crate) fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(range))
    }
}

/// Injects faults into the processes, until the future is dropped or all kills of the setup are done.
pub(crate) async fn of_processes(world: &World, rng: Rng, setup: &Setup) -> Result<(), String> {
    match &world.programs {
        Programs::Functions(functions) => Err(of_functions(world, functions, rng, &setup.pause).await),
        Programs::Serve(serve) => of_serve(world, serve, rng, setup).await,
    }
}

/// Injects faults into the instances of the functions.
async fn of_functions(world: &World, functions: &Functions, rng: Rng, pause: &Range<u64>) -> String {
    let mut schedule = FaultSchedule::new(rng, pause, &OF_PROCESSES);
    loop {
        let kind = schedule.next().await;
        let rng = &mut schedule.rng;
        let soon = Duration::from_micros(rng.u64(..10_000));
        let function = functions.fallible()[rng.usize(..4)];
        match kind {
            "killed at a request" => inject(functions, Fault::Kill(soon), rng.usize(1..=3)).await,
            "frozen at a request" => inject(functions, Fault::Freeze(soon, FROZEN), 1).await,
            "killed while idle" => {
                for _ in 0..rng.u32(1..=3) {
                    if signal(&function.lease().await, Signal::KILL) {
                        world.count(kind, 1);
                    }
                }
            }
            _ => {
                let lease = function.lease().await;
                if signal(&lease, Signal::STOP) {
                    world.count(kind, 1);
                }
                tokio::spawn(async move {
                    sleep(FROZEN).await;
                    signal(&lease, Signal::CONT);
                });
            }
        }
    }
}

/// Sends an instance a signal, if it is running.
fn signal(lease: &Lease, signal: Signal) -> bool {
    lease.process().map(|process| process.signal(signal)).is_some()
}

/// Injects a fault into the next instances that handle an event. The world counts those that it hit.
async fn inject(functions: &Functions, fault: Fault, times: usize) {
    lock(&functions.faults).extend(std::iter::repeat_n(fault, times));
    let deadline = Instant::now() + TIMEOUT;
    while !lock(&functions.faults).is_empty() && Instant::now() < deadline {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Injects faults into the database, until the future is dropped.
pub(crate) async fn of_database(world: &World, engine: &Engine, rng: Rng, setup: &Setup) -> Result<(), String> {
    if setup.kills.is_some() {
        return std::future::pending().await;
    }
    let kinds: &[_] = if matches!(engine, Engine::File(_)) { &OF_FILE } else { &OF_SERVER };
    // Such a fault fails all changes of `rounds serve`, but only those of some instances of a function.
    let slower = if matches!(world.programs, Programs::Serve(_)) { 4 } else { 1 };
    let pause = setup.pause.start * slower..setup.pause.end * slower;
    let mut schedule = FaultSchedule::new(rng, &pause, kinds);
    loop {
        let kind = schedule.next().await;
        let times = match engine {
            Engine::File(path) => of_file(world, path, kind, &mut schedule).await,
            Engine::Server(server) => of_server(server, kind, &mut schedule).await?,
        };
        world.count(kind, times);
    }
}

/// Makes the disk full or failing for some processes: they cannot write past a file size. Returns the number of
/// processes.
async fn of_file(world: &World, path: &Path, kind: &str, schedule: &mut FaultSchedule) -> u32 {
    let mut processes = Vec::new();
    let size = match &world.programs {
        Programs::Functions(functions) => {
            for _ in 0..schedule.rng.u32(1..=6) {
                let lease = functions.appointments.lease().await;
                processes.extend(lease.process().map(|process| process.id));
            }
            fs::metadata(path)
        }
        Programs::Serve(serve) => {
            processes.extend(serve.process().await.map(|process| process.id));
            // The file that grows.
            fs::metadata(wal(path))
        }
    };
    let size = size.map_or(0, |file| file.len());
    let limit = if kind == "writes fail" { schedule.rng.u64(..size.max(2)) } else { size };
    let set = |process, limit| prlimit(Some(process), Resource::Fsize, Rlimit { current: limit, maximum: None });
    // A process that has exited cannot be limited.
    processes.retain(|process| set(*process, Some(limit)).is_ok());
    sleep(schedule.millis(100..700)).await;
    for process in &processes {
        // An error means that it has exited.
        let _ = set(*process, None);
    }
    processes.len() as u32
}

/// Injects a fault into the server or its proxy. Returns the number of faults.
pub(crate) async fn of_server(server: &Server, kind: &str, schedule: &mut FaultSchedule) -> Result<u32, String> {
    let times = schedule.rng.u32(4..=16);
    match kind {
        "answer lost" => server.proxy.lose(times),
        "answer doubled" => server.proxy.echo(times),
        "request delayed" => server.proxy.delay((0..times).map(|_| schedule.millis(1500..6000))),
        "request doubled" => server.proxy.duplicate(times),
        "server killed" => {
            server.restart(schedule.millis(0..800)).await?;
            return Ok(1);
        }
        "server stalled" => {
            server.stall(schedule.millis(500..4500)).await;
            return Ok(1);
        }
        _ => {
            server.proxy.cut();
            return Ok(1);
        }
    }
    Ok(times)
}
