//! Histories: many clients use the clinic at once while faults are injected. Every request and response is recorded,
//! and a checker looks for violations of what Rounds promises.

mod absences;
mod backups;
mod booking;
mod check;
mod client;
mod desk;
mod end;
mod engine;
mod faults;
mod following;
mod functions;
mod hours;
mod inactive;
mod kinds;
mod linear;
mod messages;
mod occurrences;
mod opening;
mod plan;
mod plans;
mod plans_client;
mod planted;
mod programs;
// A panic fails the test that uses the proxy.
#[allow(clippy::unwrap_used, clippy::panic)]
mod proxy;
mod reads;
mod record;
mod rules;
mod saved;
mod series;
mod series_client;
mod serve;
mod serve_faults;
mod settings;
mod settings_client;
mod timeline;
mod violation;
mod world;

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use client::Client;
use engine::Engine;
use fastrand::Rng;
use futures_util::future::join_all;
use programs::Programs;
use record::{Call, Op, Outcome};
use saved::Saved;
use serde::Serialize;
use world::{World, lock};

pub use engine::Kind;
pub use messages::{MessageSetup, MessageSummary, check_saved_messages, has_messages, run_messages};
pub use planted::{BUGS, Bug, SchemaChange, plant};
pub use proxy::{Held, Proxy};
pub use saved::check_saved;
pub use violation::{Code, Violation};

/// The parameters of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Setup {
    /// The folder of the built programs.
    pub functions: PathBuf,
    /// The folder for the database, and for histories with violations.
    pub folder: PathBuf,
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of rounds. Each starts with a new clinic.
    pub rounds: u32,
    /// The number of booking attempts in a round.
    pub attempts: u64,
    /// The number of concurrent clients.
    pub clients: usize,
    /// The number of doctors, with sixteen slots each.
    pub doctors: usize,
    /// The number of patients.
    pub patients: usize,
    /// The pause between two faults, in milliseconds.
    pub pause: Range<u64>,
    /// Ends a round on `rounds serve` after this number of kills (SIGKILL), and injects no other faults.
    pub kills: Option<u32>,
    /// Whether histories without violations are kept too.
    pub keep: bool,
    /// Bugs to plant into the schema of an embedded file.
    pub schema: Vec<SchemaChange>,
}

impl Setup {
    /// The parameters of `make torture`.
    pub fn long(kind: Kind, functions: PathBuf, folder: PathBuf, seed: u64) -> Self {
        // `rounds serve` makes as many attempts in less time, so the same number of faults needs shorter pauses.
        let pause = if kind == Kind::Serve { 300..1200 } else { 1500..5000 };
        Self {
            functions,
            folder,
            seed,
            rounds: 8,
            attempts: 6300,
            clients: 24,
            doctors: 8,
            patients: 24,
            pause,
            kills: None,
            keep: false,
            schema: Vec::new(),
        }
    }

    /// The parameters of `make kills`: rounds of ten kills, one or two seconds after each other.
    pub fn kills(functions: PathBuf, folder: PathBuf, seed: u64) -> Self {
        let (rounds, pause, kills) = (5, 1000..2000, Some(10));
        Self { rounds, attempts: u32::MAX.into(), pause, kills, ..Self::long(Kind::Serve, functions, folder, seed) }
    }

    /// The parameters of the short histories in `make test`.
    pub fn short(functions: PathBuf, folder: PathBuf, seed: u64) -> Self {
        Self {
            functions,
            folder,
            seed,
            rounds: 1,
            attempts: 2500,
            clients: 16,
            doctors: 4,
            patients: 16,
            pause: 50..300,
            kills: None,
            keep: false,
            schema: Vec::new(),
        }
    }
}

/// The results of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The number of slots in all rounds.
    pub slots: usize,
    /// The number of booking attempts.
    pub attempts: u64,
    /// The number of acknowledged bookings.
    pub acknowledged: u64,
    /// The number of refused bookings, including 503 responses that say that nothing was changed.
    pub refused: u64,
    /// The number of bookings with an unknown outcome.
    pub unknown: u64,
    /// The number of requests of all kinds.
    pub requests: u64,
    /// The number of acknowledged changes of all kinds: bookings, cancellations, settings and so on.
    pub changes: u64,
    /// The number of acknowledged changes of appointments by kind, such as bookings by the staff.
    pub kinds: BTreeMap<&'static str, u64>,
    /// The number of injected faults by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// How long each start of `rounds serve` after a kill took, from the kill until it was ready.
    pub ready_after: Vec<Duration>,
    /// The violations found.
    pub violations: Vec<Violation>,
    /// The folders of the histories that were kept.
    pub kept: Vec<PathBuf>,
}

/// Makes histories on an engine, and checks them. Calls `progress` with the number of attempts. The folder of a history
/// with violations is kept, with everything that [`check_saved`] needs to check it again.
///
/// # Errors
/// A sentence about why a history could not be made.
pub async fn run(setup: &Setup, kind: Kind, progress: impl Fn(u64)) -> Result<Summary, String> {
    let mut summary = Summary::default();
    for round in 0..setup.rounds {
        let folder = setup.folder.join(format!("{kind:?}-{}-{round}", setup.seed).to_lowercase());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let round = Round { setup, kind, number: round, folder: &folder };
        let checked = round.run(&mut summary, &progress).await;
        let found = checked.map_err(|error| format!("{error} (saved in {})", folder.display()))?;
        if found.is_empty() && !setup.keep {
            fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            continue;
        }
        summary.kept.push(folder);
        if !found.is_empty() {
            summary.violations = found;
            break;
        }
    }
    Ok(summary)
}

/// One history.
#[derive(Clone, Copy)]
pub(crate) struct Round<'a> {
    setup: &'a Setup,
    kind: Kind,
    number: u32,
    folder: &'a Path,
}

impl Round<'_> {
    /// Makes the history, saves it, and checks it.
    async fn run(&self, summary: &mut Summary, progress: &impl Fn(u64)) -> Result<Vec<Violation>, String> {
        let Self { setup, kind, number, folder } = *self;
        let mut rng = Rng::with_seed(setup.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(number)));
        let day = (chrono::Utc::now().timestamp() / 86_400 + 3) * 86_400;
        let engine = Engine::start(kind, folder).await?;
        let world = World::begin(setup, kind, &engine, folder, day).await?;

        let left = AtomicU64::new(setup.attempts);
        let begun = summary.attempts;
        let clients = (0..setup.clients).map(|index| (index, rng.fork())).collect::<Vec<_>>();
        let clients = clients.into_iter().map(|(index, rng)| {
            let mut client = Client { world: &world, index, rng, keys: 0 };
            let left = &left;
            async move {
                let take = |left: u64| left.checked_sub(1);
                while left.load(Ordering::Relaxed) > 0 {
                    if client.step().await && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                        progress(begun + setup.attempts - left.load(Ordering::Relaxed));
                    }
                }
            }
        });
        let (processes, database) = (rng.fork(), rng.fork());
        let clients = async { tokio::join!(join_all(clients), self.end_by_kill(&world, &left)) };
        // Functions have faults of the database alone at first, then of processes too.
        let one_by_one = async {
            while kind != Kind::Serve && left.load(Ordering::Relaxed) > setup.attempts * 3 / 4 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let processes = async {
            one_by_one.await;
            faults::of_processes(&world, processes, setup).await?;
            // The round has had all its kills.
            left.store(0, Ordering::Relaxed);
            std::future::pending().await
        };
        let made = tokio::select! {
            _ = clients => Ok(()),
            failed = processes => failed,
            failed = faults::of_database(&world, &engine, database, setup) => failed,
        };
        let settled = settle(&world, &engine).await;
        let calls = std::mem::take(&mut *lock(&world.calls));
        let saved = Saved::new(self, &world, &engine.end());
        saved.write(folder, &calls)?;
        made.and(settled)?;
        count(summary, &calls, &world);
        check_saved(folder).await
    }

    /// Kills `rounds serve` in every second round as the last event, while the last requests are in flight.
    async fn end_by_kill(&self, world: &World, left: &AtomicU64) {
        if let Programs::Serve(serve) = &world.programs
            && self.number.is_multiple_of(2)
        {
            while left.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            serve.end_by_kill().await;
            world.count("killed at the end", 1);
        }
    }
}

/// Waits for requests in flight, and ends the programs.
async fn settle(world: &World, engine: &Engine) -> Result<(), String> {
    world.programs.end().await?;
    if let Engine::Server(server) = engine {
        server.proxy.cut();
        server.restart(Duration::ZERO).await?;
    }
    Ok(())
}

fn count(summary: &mut Summary, calls: &[Call], world: &World) {
    summary.slots += world.clinic.grid.doctors.len() * world.clinic.grid.starts.len();
    summary.requests += calls.len() as u64;
    for call in calls.iter().filter(|call| matches!(call.op, Op::Book(_))) {
        summary.attempts += 1;
        match call.outcome {
            Outcome::Ok { .. } => summary.acknowledged += 1,
            Outcome::Refused { .. } => summary.refused += 1,
            Outcome::Unknown { .. } => summary.unknown += 1,
        }
    }
    summary.changes += calls.iter().filter(|call| call.is_ok() && call.op.is_change()).count() as u64;
    for (kind, times) in kinds::kinds(calls, &world.clinic) {
        *summary.kinds.entry(kind).or_default() += times;
    }
    summary.ready_after.extend(lock(&world.ready_after).iter());
    for (kind, times) in world.counts() {
        *summary.faults.entry(kind).or_default() += times;
    }
}
