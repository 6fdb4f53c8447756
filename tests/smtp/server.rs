use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::{
    Certificate, Fault, Step,
    fault::{Choice, Faults},
    session::Session,
};

/// Whether and when connections are encrypted.
#[derive(Clone)]
pub enum Encryption {
    /// Never.
    None,
    /// After the command STARTTLS. It is not required.
    StartTls(Certificate),
    /// From the start.
    FromTheStart(Certificate),
}

/// How the server behaves.
#[derive(Clone)]
pub struct Options {
    /// Whether and when connections are encrypted.
    pub encryption: Encryption,
    /// The user and the password that it requires (AUTH PLAIN).
    pub login: Option<(String, String)>,
    /// Whether it takes several commands in one packet (RFC 2920). Otherwise it rejects them.
    pub is_pipelining: bool,
    /// Whether it takes addresses outside of ASCII (RFC 6531).
    pub has_utf8: bool,
    /// The time from the arrival of a command to its reply.
    pub delay: Duration,
    /// Whether it rejects the first message to each recipient.
    pub is_greylisting: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            encryption: Encryption::None,
            login: None,
            is_pipelining: true,
            has_utf8: true,
            delay: Duration::ZERO,
            is_greylisting: false,
        }
    }
}

/// A message that the server has accepted.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address of the sender.
    pub from: String,
    /// The addresses of the recipients.
    pub to: Vec<String>,
    /// The message as it was before the dots of lines were doubled.
    pub bytes: Vec<u8>,
    /// The value of the header `Message-ID`, or an empty string.
    pub message_id: String,
    /// When it was accepted.
    pub at: SystemTime,
    /// Whether the server has told the client so.
    pub is_confirmed: bool,
    /// The number of the connection, from 1.
    pub connection: u64,
    /// Whether the connection was encrypted.
    pub is_encrypted: bool,
    /// The user, if any.
    pub user: Option<String>,
}

/// An SMTP server on a port of 127.0.0.1.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
}

/// Called with the sender of a message and the step. Returns whether the server continues.
pub(crate) type Trap = dyn Fn(&str, Step) -> bool + Send + Sync;

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) trap: Mutex<Option<Arc<Trap>>>,
    pub(crate) mails: Mutex<Vec<Mail>>,
    /// The commands that it received, in order, and whether the connection was encrypted.
    pub(crate) commands: Mutex<Vec<(bool, String)>>,
    /// The recipients that were rejected once.
    pub(crate) greylisted: Mutex<HashSet<String>>,
    /// How often a client waited for a reply.
    pub(crate) round_trips: AtomicU64,
    connections: AtomicU64,
}

impl Server {
    /// Starts a server on a free port.
    pub async fn start(options: Options) -> Self {
        Self::start_on(0, options).await
    }

    /// Starts a server on a port.
    pub async fn start_on(port: u16, options: Options) -> Self {
        let shared = Arc::new(Shared { options, ..Shared::default() });
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], port)), shared, running: None };
        server.restart().await;
        server
    }

    /// Starts the server again on its port, without the connections that it had.
    pub async fn restart(&mut self) {
        self.stop().await;
        let mut attempts = 0;
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                // A program that is just being started has a copy of the old socket until its code is loaded.
                Err(error) if attempts == 500 => panic!("{}: {error}", self.address),
                Err(_) => attempts += 1,
            }
            sleep(Duration::from_millis(10)).await;
        };
        self.address = listener.local_addr().unwrap();
        let shared = self.shared.clone();
        self.running = Some(tokio::spawn(async move {
            // The sessions end with this task.
            let mut sessions = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
                sessions.spawn(Session::run(tcp, number, shared.clone()));
                while sessions.try_join_next().is_some() {}
            }
        }));
    }

    /// Closes all connections, and refuses new ones.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Appends to the script: the faults of the next messages, in order. `None` is a message without a fault. A fault
    /// of a connection comes before those of its messages.
    pub fn script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        lock(&self.shared.faults).script(faults);
    }

    /// After the script, injects a random fault into one of `one_in` messages. 0 stops this.
    pub fn inject_at_random(&self, seed: u64, one_in: u32) {
        lock(&self.shared.faults).at_random(seed, one_in);
    }

    /// Lets `choose` decide about the fault of each message, by the address of its sender, and calls `trap` for the faults
    /// that are traps.
    pub fn on_message(
        &self,
        choose: impl FnMut(&str) -> Option<Fault> + Send + 'static,
        trap: impl Fn(&str, Step) -> bool + Send + Sync + 'static,
    ) {
        lock(&self.shared.faults).choice = Some(Box::new(choose) as Choice);
        *lock(&self.shared.trap) = Some(Arc::new(trap));
    }

    /// Returns the number of faults that were injected.
    pub fn injected(&self) -> u64 {
        lock(&self.shared.faults).injected()
    }

    /// Returns the messages that it has accepted.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.shared.mails).clone()
    }

    /// Returns the number of messages that it has accepted.
    pub fn accepted(&self) -> usize {
        lock(&self.shared.mails).len()
    }

    /// Returns the commands that it received, and whether each was encrypted.
    pub fn commands(&self) -> Vec<(bool, String)> {
        lock(&self.shared.commands).clone()
    }

    /// Returns the number of connections.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Returns how often a client has waited for a reply since the last call.
    pub fn take_round_trips(&self) -> u64 {
        self.shared.round_trips.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
