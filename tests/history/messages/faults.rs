//! Faults that do not belong to a mail: of processes, of the clock, of the SMTP server, and of the database.

use std::{ops::Range, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::{sleep, timeout};

use super::{
    clock::Clock,
    mail_server::MailServer,
    senders::{Senders, size},
};
use crate::{
    engine::Engine,
    faults::{FaultSchedule, OF_SERVER, of_server},
};

const KINDS: [&str; 6] = [
    "sender killed at any time",
    "sender killed at any time",
    "sender frozen at any time",
    "SMTP server restarted",
    "clock jumped past the claims",
    "clock jumped past the claims",
];
const OF_FILE: [&str; 2] = ["the disk is full", "writes fail"];
/// The longest time until the clock moves.
const LONGEST_STEP: Duration = Duration::from_secs(3);
/// How far the clock moves at once, in seconds.
const STEPS: [i64; 9] = [1, 7, 31, 61, 61, 90, 240, 400, 600];

/// Lets the time of the history pass: the clock moves forward after some mails, again and again.
pub(super) async fn pass(clock: &Clock, mail: &MailServer, mut rng: Rng) -> Result<(), String> {
    loop {
        let enough = mail.accepted().await + rng.usize(8..32);
        let mails = async {
            while mail.accepted().await < enough {
                sleep(Duration::from_millis(50)).await;
            }
        };
        // Without it, nothing would become due again.
        let _ = timeout(LONGEST_STEP, mails).await;
        clock.jump(STEPS[rng.usize(..STEPS.len())])?;
    }
}

/// Injects faults until the future is dropped.
pub(super) async fn of_senders(
    senders: &Arc<Senders>,
    mail: &MailServer,
    clock: &Clock,
    rng: Rng,
    pause: &Range<u64>,
) -> Result<(), String> {
    let mut schedule = FaultSchedule::new(rng, pause, &KINDS);
    loop {
        let kind = schedule.next().await;
        let sender = schedule.rng.usize(..senders.number());
        let is_hit = match kind {
            "sender killed at any time" => senders.kill(sender),
            "sender frozen at any time" => senders.freeze(sender, 130, schedule.millis(200..1500)),
            "SMTP server restarted" => {
                mail.restart(schedule.millis(0..400)).await;
                true
            }
            _ => {
                clock.jump(121)?;
                true
            }
        };
        senders.count(kind, is_hit.into());
    }
}

/// Injects faults into the database until the future is dropped.
pub(super) async fn of_database(
    senders: &Senders,
    engine: &Engine,
    rng: Rng,
    pause: &Range<u64>,
) -> Result<(), String> {
    // A fault of the server hits many requests, and each costs its sender seconds.
    let (kinds, slower): (&[_], _) = if matches!(engine, Engine::File(_)) { (&OF_FILE, 2) } else { (&OF_SERVER, 6) };
    let pause = pause.start * slower..pause.end * slower;
    let mut schedule = FaultSchedule::new(rng, &pause, kinds);
    loop {
        let kind = schedule.next().await;
        let times = match engine {
            Engine::File(path) => {
                let limit = if kind == "writes fail" { schedule.rng.u64(..size(path).max(2)) } else { size(path) };
                let lasting = schedule.millis(100..500);
                senders.fill_disk(&mut schedule.rng, limit, lasting).await
            }
            Engine::Server(server) => of_server(server, kind, &mut schedule).await?,
        };
        senders.count(kind, times);
    }
}
