//! The senders: instances of the function `notify`, which a schedule invokes again and again.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use futures_util::future::try_join_all;
use lambda::{Instance, Process, Program};
use rustix::process::{Resource, Rlimit, Signal, prlimit};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::{
    clinic::Programs,
    clock::{Clock, SKEWS, micros, moment},
    record::Run,
};
use crate::{
    record::{Moment, Seconds},
    world::lock,
};

/// What the schedule sends.
const EVENT: &[u8] = br#"{"schedule":"send"}"#;
/// How often the log of a sender is read.
const LOOK: Duration = Duration::from_millis(5);
/// A sender that has reported and still runs waits for a message that is due soon. After this time it is killed, because
/// the clock of the history does not wait.
const WAIT: u64 = 50_000;
/// The longest time without a report.
const LONGEST_RUN: u64 = 15_000_000;

/// Several senders, and the faults that can hit them.
pub(super) struct Senders {
    clock: Arc<Clock>,
    senders: Vec<Sender>,
    runs: Mutex<Vec<Run>>,
    freezes: Mutex<Vec<(usize, Moment)>>,
    counts: Mutex<BTreeMap<&'static str, u32>>,
    ended: AtomicBool,
}

struct Sender {
    program: Program,
    log: PathBuf,
    process: Mutex<Option<Process>>,
}

/// The log of a sender, from which its reports are read.
struct Log {
    file: File,
    at: u64,
}

impl Log {
    fn open(path: &PathBuf) -> Result<Self, String> {
        let create = File::options().create(true).append(true).open(path);
        let file = create.and_then(|_| File::open(path)).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { file, at: 0 })
    }

    /// Returns when the last report since the last call was written, if there is one.
    fn report(&mut self) -> Option<Moment> {
        let metadata = self.file.metadata().ok().filter(|metadata| metadata.len() > self.at)?;
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(self.at)).ok()?;
        self.at += self.file.read_to_string(&mut text).ok()? as u64;
        text.contains("MessagesQueued").then(|| metadata.modified().map(micros).unwrap_or_default())
    }
}

impl Senders {
    pub(super) fn new(programs: &Programs<'_>, clock: Arc<Clock>, port: u16) -> Result<Self, String> {
        let sender = |index: usize| {
            let program = programs.sender(index, SKEWS[index % SKEWS.len()], port)?;
            let log = programs.folder.join(format!("sender-{index}.log"));
            Ok(Sender { program, log, process: Mutex::default() })
        };
        Ok(Self {
            clock,
            senders: (0..programs.setup.senders).map(sender).collect::<Result<_, String>>()?,
            runs: Mutex::default(),
            freezes: Mutex::default(),
            counts: Mutex::default(),
            ended: AtomicBool::new(false),
        })
    }

    /// Lets all senders run, until [`Senders::end`].
    pub(super) async fn run(&self, rng: &mut Rng) -> Result<(), String> {
        let rngs: Vec<_> = self.senders.iter().map(|_| rng.fork()).collect();
        try_join_all(rngs.into_iter().enumerate().map(|(index, rng)| self.run_one(index, rng))).await.map(drop)
    }

    async fn run_one(&self, index: usize, mut rng: Rng) -> Result<(), String> {
        let sender = &self.senders[index];
        let mut log = Log::open(&sender.log)?;
        let mut idle = None;
        while !self.ended.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(rng.u64(..150))).await;
            let instance = match idle.take() {
                Some(instance) => instance,
                None => self.start(sender).await?,
            };
            idle = self.invoke(index, instance, &mut log, &mut rng).await;
        }
        Ok(())
    }

    async fn start(&self, sender: &Sender) -> Result<Instance, String> {
        let (program, path) = (sender.program.clone(), sender.log.clone());
        let started = spawn_blocking(move || {
            let mut error = String::new();
            // It can be killed while it starts.
            for _ in 0..5 {
                let log = File::options().append(true).open(&path).map_err(|error| error.to_string())?;
                match Instance::with_log(&program, log.into()) {
                    Ok(instance) => return Ok(instance),
                    Err(failed) => error = failed,
                }
            }
            Err(error)
        });
        let instance = started.await.map_err(|error| error.to_string())??;
        *lock(&sender.process) = Some(instance.process().clone());
        Ok(instance)
    }

    /// Invokes a sender, and records its runs. Returns the instance, if it is still good.
    async fn invoke(&self, index: usize, mut instance: Instance, log: &mut Log, rng: &mut Rng) -> Option<Instance> {
        let process = instance.process().clone();
        let mut begun = moment();
        let mut record = |ended: Moment, is_reported| {
            // The time of a file is a few milliseconds early.
            let ended = ended.max(begun);
            lock(&self.runs).push(Run { sender: index, begun, ended, is_reported });
            begun = ended;
        };
        let mut invoked = spawn_blocking(move || (instance.invoke(EVENT), instance));
        let may_wait = rng.u32(..5) == 0;
        let mut reported = None;
        let mut last = moment();
        loop {
            let done = timeout(LOOK, &mut invoked).await;
            let report = log.report();
            if let Some(at) = report {
                record(at, true);
                (reported, last) = (Some(at), at);
            }
            match done {
                Ok(Ok((Ok(_), instance))) => {
                    // Without room on the disk, there is no report of a run that has succeeded.
                    if report.is_none() {
                        record(moment(), true);
                    }
                    return Some(instance);
                }
                Ok(_) => {
                    record(moment(), false);
                    return None;
                }
                Err(_) if reported.is_some() && !may_wait && moment() > last + WAIT => process.signal(Signal::KILL),
                Err(_) if moment() > last + LONGEST_RUN => process.signal(Signal::KILL),
                Err(_) => {}
            }
        }
    }

    /// Kills a sender.
    pub(super) fn kill(&self, index: usize) -> bool {
        let process = lock(&self.senders[index].process).take();
        process.map(|process| process.signal(Signal::KILL)).is_some()
    }

    /// Freezes a sender for longer than a claim lasts.
    pub(super) fn freeze(self: &Arc<Self>, index: usize, by: Seconds, lasting: Duration) -> bool {
        let Some(process) = lock(&self.senders[index].process).clone() else { return false };
        process.signal(Signal::STOP);
        lock(&self.freezes).push((index, moment()));
        let senders = self.clone();
        tokio::spawn(async move {
            sleep(lasting / 4).await;
            let jumped = senders.clock.jump(by);
            sleep(lasting).await;
            process.signal(Signal::CONT);
            jumped
        });
        true
    }

    /// Lets writes of some senders fail at this size of a file. Returns their number.
    pub(super) async fn fill_disk(&self, rng: &mut Rng, limit: u64, lasting: Duration) -> u32 {
        let mut processes: Vec<_> = self.senders.iter().filter_map(|it| Some(lock(&it.process).as_ref()?.id)).collect();
        rng.shuffle(&mut processes);
        processes.truncate(rng.usize(1..=3));
        let set = |process, limit| prlimit(Some(process), Resource::Fsize, Rlimit { current: limit, maximum: None });
        processes.retain(|process| set(*process, Some(limit)).is_ok());
        sleep(lasting).await;
        for process in &processes {
            // An error means that it has exited.
            let _ = set(*process, None);
        }
        processes.len() as u32
    }

    pub(super) fn count(&self, kind: &'static str, times: u32) {
        *lock(&self.counts).entry(kind).or_default() += times;
    }

    pub(super) fn counts(&self) -> BTreeMap<&'static str, u32> {
        lock(&self.counts).clone()
    }

    /// The number of senders.
    pub(super) fn number(&self) -> usize {
        self.senders.len()
    }

    /// Waits until each sender has reported a run that began after a moment.
    pub(super) async fn reported_since(&self, since: Moment, longest: Duration) -> bool {
        let has_reported = |sender| {
            let runs = lock(&self.runs);
            runs.iter().rev().any(|run| run.sender == sender && run.begun > since && run.is_reported)
        };
        let enough = async {
            while !(0..self.number()).all(has_reported) {
                sleep(LOOK).await;
            }
        };
        timeout(longest, enough).await.is_ok()
    }

    /// Ends all senders after their present runs.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        lock(&self.runs).clone()
    }

    pub(super) fn freezes(&self) -> Vec<(usize, Moment)> {
        lock(&self.freezes).clone()
    }
}

/// Returns the size of a file. 0 if there is none.
pub(super) fn size(path: &std::path::Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
