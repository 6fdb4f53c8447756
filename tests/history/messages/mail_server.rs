//! The SMTP server of a history, and its faults: it is slow, refuses, drops connections, and it kills or freezes a
//! sender at a step of a message.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use smtp::{Act, Fault, Options, Server, Step};
use tokio::time::sleep;

use super::{record, senders::Senders};
use crate::{serve::free_port, world::lock};

/// How many of a thousand mails have a fault.
const FAULTS: u32 = 60;

/// A server that can be restarted, and whether it injects faults.
pub(super) struct MailServer {
    server: tokio::sync::Mutex<Server>,
    is_faulty: AtomicBool,
    /// How many mails it has refused for good.
    refusals: AtomicUsize,
}

impl MailServer {
    pub(super) async fn start() -> Result<Arc<Self>, String> {
        let server = tokio::sync::Mutex::new(Server::start_on(free_port()?, Options::default()).await);
        Ok(Arc::new(Self { server, is_faulty: AtomicBool::new(false), refusals: AtomicUsize::new(0) }))
    }

    pub(super) async fn port(&self) -> u16 {
        self.server.lock().await.port()
    }

    /// Begins to inject faults.
    pub(super) async fn begin(self: &Arc<Self>, senders: &Arc<Senders>, mut rng: Rng) {
        self.is_faulty.store(true, Ordering::SeqCst);
        // What the next trap of each sender does. `None`: it kills.
        let freezing: Arc<Vec<Mutex<Option<u64>>>> =
            Arc::new((0..senders.number()).map(|_| Mutex::default()).collect());
        let trap = {
            let (freezing, senders) = (freezing.clone(), senders.clone());
            move |from: &str, _: Step| {
                let Some(sender) = record::sender(from) else { return true };
                match lock(&freezing[sender]).take() {
                    Some(millis) => senders.freeze(sender, 130, Duration::from_millis(millis)),
                    None => {
                        senders.kill(sender);
                        false
                    }
                }
            }
        };
        let (server, senders) = (self.clone(), senders.clone());
        let choose = move |from: &str| {
            let sender = record::sender(from)?;
            if !server.is_faulty.load(Ordering::SeqCst) || rng.u32(..1000) >= FAULTS {
                return None;
            }
            let (kind, fault, is_freezing) = any(&mut rng);
            *lock(&freezing[sender]) = is_freezing.then(|| rng.u64(200..1200));
            senders.count(kind, 1);
            if kind == REFUSED {
                server.refusals.fetch_add(1, Ordering::SeqCst);
            }
            Some(fault)
        };
        self.server.lock().await.on_message(choose, trap);
    }

    /// Restarts the server.
    pub(super) async fn restart(&self, after: Duration) {
        let mut server = self.server.lock().await;
        server.stop().await;
        sleep(after).await;
        server.restart().await;
    }

    /// Ends the faults.
    pub(super) fn heal(&self) {
        self.is_faulty.store(false, Ordering::SeqCst);
    }

    /// The number of mails that it has accepted.
    pub(super) async fn accepted(&self) -> usize {
        self.server.lock().await.accepted()
    }

    pub(super) fn refusals(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }

    /// Returns the mails that it has accepted.
    pub(super) async fn mails(&self) -> Result<Vec<record::Mail>, String> {
        let mails = self.server.lock().await.mails();
        let read = |mail: &smtp::Mail| {
            record::Mail::read(mail)
                .ok_or_else(|| format!("a mail cannot be read: {}", String::from_utf8_lossy(&mail.bytes)))
        };
        mails.iter().map(read).collect()
    }
}

const REFUSED: &str = "mail refused for good";

/// Returns a fault with its kind, and whether its trap freezes.
fn any(rng: &mut Rng) -> (&'static str, Fault, bool) {
    let steps = [Step::Sender, Step::Recipient, Step::Data, Step::Message, Step::End];
    let step = steps[rng.usize(..steps.len())];
    let (is_trap, is_accepted) = ([Act::Trap, Act::TrapAfterReply][rng.usize(..2)], rng.bool());
    match rng.u32(..100) {
        0..20 => ("mail answered slowly", Fault::slow(step, Duration::from_millis(rng.u64(50..400))), false),
        20..34 => ("connection dropped before the mail was accepted", Fault::close(step, false), false),
        34..48 => ("connection dropped after the mail was accepted", Fault::close(Step::End, true), false),
        48..60 => {
            let replies = [
                Fault::reply(Step::Sender, "421 4.3.2 shutting down"),
                Fault::reply(Step::Sender, "451 4.3.0 try again"),
                Fault::reply(Step::Recipient, "450 4.2.0 greylisted"),
                Fault::reply(Step::End, "452 4.3.1 no space"),
            ];
            ("mail refused for now", replies[rng.usize(..replies.len())], false)
        }
        60..64 => {
            let replies = [
                Fault::reply(Step::Recipient, "550 5.1.1 no such user"),
                Fault::reply(Step::End, "554 5.7.1 rejected"),
            ];
            (REFUSED, replies[rng.usize(..replies.len())], false)
        }
        64..74 => ("sender killed before the mail was accepted", Fault::trap(step, Act::Trap, false), false),
        74..80 => ("sender killed after the mail was accepted", Fault::trap(Step::End, Act::Trap, true), false),
        80..88 => ("sender killed after the answer", Fault::trap(Step::End, Act::TrapAfterReply, true), false),
        88..99 => ("sender frozen with a claim in hand", Fault::trap(step, is_trap, true), true),
        _ => ("mail never answered", Fault::stall(step, is_accepted), false),
    }
}
