//! Histories of messages: clients change appointments and accounts while several senders tell people about it, and
//! everything fails that can fail between a change and the mail about it. A checker compares the mails that the SMTP
//! server accepted with what was committed.

mod check;
mod client;
mod clinic;
mod clock;
mod end;
mod faults;
mod mail_server;
mod record;
mod reminders;
mod senders;
mod setup;
#[cfg(test)]
mod tests;
mod times;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use client::Client;
use clinic::{Clinic, Programs, REMINDER_MINUTES};
use clock::Clock;
use fastrand::Rng;
use futures_util::future::join_all;
use mail_server::MailServer;
use record::History;
use senders::Senders;
use serde::{Deserialize, Serialize};
pub use setup::{MessageSetup, MessageSummary};

use crate::{Kind, Violation, engine::Engine, violation::Code, world::lock};

/// How far the clock moves at once after the faults, in seconds: each reminder gets time.
const STEP: i64 = 600;
/// How many such steps there are: until every appointment has begun, and every wait for another attempt is over.
const STEPS: i64 = 27;
/// The longest time that the senders need for such a step.
const LONGEST_STEP: Duration = Duration::from_secs(60);
/// The longest time of the clients, and of their changes by the clock of the programs.
const LONGEST: Duration = Duration::from_secs(240);
const LONGEST_BY_CLOCK: i64 = 6 * 3600;
/// The recorded history, for `make check`.
const HISTORY: &str = "messages.json";

/// A saved history: how it was made, and its database.
#[derive(Serialize, Deserialize)]
struct Saved {
    database: PathBuf,
    history: History,
}

/// Makes histories of messages on an engine, and checks them. Calls `progress` with the number of mails.
///
/// # Errors
/// A sentence about why a history could not be made.
pub async fn run_messages(
    setup: &MessageSetup,
    kind: Kind,
    progress: impl Fn(usize),
) -> Result<MessageSummary, String> {
    let mut summary = MessageSummary::default();
    for round in 0..setup.rounds {
        let folder = setup.folder.join(format!("messages-{kind:?}-{}-{round}", setup.seed).to_lowercase());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut rng = Rng::with_seed(setup.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(round)));
        let made = make(setup, kind, &folder, &mut rng, &mut summary, &progress).await;
        made.map_err(|error| format!("{error} (saved in {})", folder.display()))?;
        summary.violations = check_saved_messages(&folder).await?;
        if !summary.violations.is_empty() {
            summary.kept = Some(folder);
            break;
        }
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok(summary)
}

/// Makes one history, and saves it.
async fn make(
    setup: &MessageSetup,
    kind: Kind,
    folder: &Path,
    rng: &mut Rng,
    summary: &mut MessageSummary,
    progress: &impl Fn(usize),
) -> Result<(), String> {
    let engine = Engine::start(kind, folder).await?;
    let clock = Arc::new(Clock::start(folder)?);
    let (programs, keys) = Programs::new(setup, folder, &clock, &engine)?;
    let clinic = Clinic::begin(&programs, &keys, clock.clone(), &engine).await?;
    let mail = MailServer::start().await?;
    let senders = Arc::new(Senders::new(&programs, clock.clone(), mail.port().await)?);
    let (mut of_senders, history) = (rng.fork(), rng.fork());
    let made = async {
        let begun = summary.mails;
        let progress = |sent| progress(begun + sent);
        let made = use_clinic(setup, &clinic, &senders, &mail, &engine, history, &progress).await;
        senders.end();
        made
    };
    tokio::try_join!(senders.run(&mut of_senders), made)?;
    clinic.end().await;
    if let Engine::Server(server) = &engine {
        server.proxy.cut();
        server.restart(Duration::ZERO).await?;
    }
    let mails = mail.mails().await?;
    let history = History {
        calls: std::mem::take(&mut *lock(&clinic.calls)),
        mails,
        runs: senders.runs(),
        freezes: senders.freezes(),
        jumps: clock.jumps(),
        refusals: mail.refusals(),
        reminder_minutes: REMINDER_MINUTES.into(),
        unreachable: clinic.unreachable.clone(),
    };
    let database = engine.end();
    let database = database.strip_prefix(folder).unwrap_or(&database).to_owned();
    let (file, saved) = (folder.join(HISTORY), Saved { database, history });
    let text = serde_json::to_string(&saved).map_err(|error| error.to_string())?;
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    if let Ok(end) = end::read(folder, &folder.join(&saved.database)).await? {
        count(summary, &saved.history, &end, &senders);
    }
    Ok(())
}

/// Lets the clients use the clinic while everything fails, and then sends what is left.
async fn use_clinic(
    setup: &MessageSetup,
    clinic: &Clinic,
    senders: &Arc<Senders>,
    mail: &Arc<MailServer>,
    engine: &Engine,
    mut rng: Rng,
    progress: &impl Fn(usize),
) -> Result<(), String> {
    let stopped = AtomicBool::new(false);
    let clients = (0..setup.clients).map(|index| (index, rng.fork())).collect::<Vec<_>>();
    let clients = clients.into_iter().map(|(index, rng)| {
        let (mut client, stopped) = (Client { clinic, index, rng, registered: 0, doctor_of_series: None }, &stopped);
        async move {
            while !stopped.load(Ordering::Relaxed) {
                client.step().await;
            }
        }
    });
    mail.begin(senders, rng.fork()).await;
    let (begun, began_at) = (Instant::now(), clinic.clock.now());
    let watch = async {
        loop {
            let sent = mail.accepted().await;
            progress(sent);
            let is_late = begun.elapsed() > LONGEST || clinic.clock.now() - began_at > LONGEST_BY_CLOCK;
            // Without this, a bug that stops the senders would keep the clients waiting.
            let changes = lock(&clinic.calls).iter().filter(|call| call.is_ok()).count();
            if sent.max(changes / 2) >= setup.messages || is_late {
                return stopped.store(true, Ordering::Relaxed);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let made = tokio::select! {
        _ = async { tokio::join!(join_all(clients), watch) } => Ok(()),
        failed = faults::pass(&clinic.clock, mail, rng.fork()) => failed,
        failed = faults::of_senders(senders, mail, &clinic.clock, rng.fork(), &setup.pause) => failed,
        failed = faults::of_database(senders, engine, rng.fork(), &setup.pause) => failed,
    };
    made?;
    mail.heal();
    mail.restart(Duration::ZERO).await;
    if let Engine::Server(server) = engine {
        server.restart(Duration::ZERO).await?;
    }
    for _ in 0..STEPS {
        clinic.clock.jump(STEP)?;
        progress(mail.accepted().await);
        if !senders.reported_since(clock::moment(), LONGEST_STEP).await {
            // The checker says what is missing.
            break;
        }
    }
    Ok(())
}

fn count(summary: &mut MessageSummary, history: &History, end: &record::End, senders: &Senders) {
    summary.changes += history.calls.iter().filter(|call| call.is_ok()).count();
    summary.mails += history.mails.len();
    let ids: HashSet<_> = history.mails.iter().map(|mail| &mail.message_id).collect();
    summary.repeated += history.mails.len() - ids.len();
    summary.of_several += history.mails.iter().filter(|mail| mail.invitations.len() > 1).count();
    summary.reminders +=
        end.messages.iter().filter(|message| message.kind == "reminder" && message.state == "Sent").count();
    for message in &end.messages {
        *summary.states.entry(message.state.clone()).or_default() += 1;
    }
    for (kind, times) in senders.counts() {
        *summary.faults.entry(kind).or_default() += times;
    }
}

/// Whether a folder has a history of messages.
pub fn has_messages(folder: &Path) -> bool {
    folder.join(HISTORY).exists()
}

/// Checks a saved history of messages. Returns its violations, and writes them into the folder.
///
/// # Errors
/// A sentence, if a file of the folder is missing or unreadable.
pub async fn check_saved_messages(folder: &Path) -> Result<Vec<Violation>, String> {
    let file = folder.join(HISTORY);
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(&file).map_err(|error| failed(&error))?;
    let saved: Saved = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let violations = match end::read(folder, &folder.join(&saved.database)).await? {
        Ok(end) => check::violations(&saved.history, &end),
        Err(damage) => damage.into_iter().map(|line| Violation::new(Code::DatabaseDamaged, line)).collect(),
    };
    let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
    fs::write(folder.join("violations.txt"), lines.join("\n\n")).map_err(|error| failed(&error))?;
    Ok(violations)
}
