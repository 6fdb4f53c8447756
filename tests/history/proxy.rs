//! A proxy in front of a database server, which counts what passes, and loses what it is told to.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::{broadcast, oneshot},
};

/// One for each client that connects: the server's answers go back as they come.
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    connections: AtomicU64,
    requests: AtomicU64,
    /// How many answers named a stream that the server keeps open for more.
    streams: AtomicU64,
    /// How many answers are still to be lost: the server gets the request, and the client's
    /// connection is closed.
    to_lose: AtomicU32,
    /// How many connections are refused after the first answer that is lost.
    refusing: AtomicU32,
    /// How long the next requests are kept before the server gets them, whoever still waits.
    delays: Mutex<VecDeque<Duration>>,
    /// After how many requests one is held back, and what it waits for.
    to_hold: Mutex<Option<(u32, Holding)>>,
    /// How many requests are still to be delivered twice.
    to_duplicate: AtomicU32,
    /// How many answers are still to be handed on twice.
    to_echo: AtomicU32,
    cut: broadcast::Sender<()>,
}

/// A request that is held back, as the test sees it.
pub struct Held {
    came: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
    answered: oneshot::Receiver<()>,
}

/// The same as the proxy sees it.
struct Holding {
    came: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
    answered: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request is there.
    pub async fn came(&mut self) {
        (&mut self.came).await.unwrap();
    }

    /// Lets the server have it, whoever still waits for an answer, and answer it.
    pub async fn deliver(self) {
        self.go.send(()).unwrap();
        self.answered.await.unwrap();
    }
}

impl Proxy {
    /// A proxy on a free port of 127.0.0.1.
    pub async fn before(server: &str) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            to_lose: AtomicU32::new(0),
            refusing: AtomicU32::new(0),
            delays: Mutex::default(),
            to_hold: Mutex::default(),
            to_duplicate: AtomicU32::new(0),
            to_echo: AtomicU32::new(0),
            cut: broadcast::channel(1).0,
        });
        let state = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                state.connections.fetch_add(1, Ordering::SeqCst);
                if state.to_lose.load(Ordering::SeqCst) == 0 && take(&state.refusing) {
                    continue;
                }
                let (state, server) = (state.clone(), server.clone());
                tokio::spawn(async move {
                    let mut cut = state.cut.subscribe();
                    // Whatever ends the one side ends the other.
                    tokio::select! {
                        _ = carry(client, &server, &state) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { address, shared }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests passed, and how many connections were made, since the last look.
    pub fn passed(&self) -> (u64, u64) {
        (self.shared.requests.swap(0, Ordering::SeqCst), self.shared.connections.swap(0, Ordering::SeqCst))
    }

    /// How many streams were left open on the server.
    pub fn streams(&self) -> u64 {
        self.shared.streams.load(Ordering::SeqCst)
    }

    /// Loses the next answers.
    pub fn lose(&self, answers: u32) {
        self.shared.to_lose.store(answers, Ordering::SeqCst);
    }

    /// Keeps the next requests for some time each.
    pub fn delay(&self, times: impl IntoIterator<Item = Duration>) {
        *self.shared.delays.lock().unwrap() = times.into_iter().collect();
    }

    /// Holds one request back, the one after so many others.
    pub fn hold_after(&self, requests: u32) -> Held {
        let ((has_come, came), (go, may_go), (has_answered, answered)) =
            (oneshot::channel(), oneshot::channel(), oneshot::channel());
        let holding = Holding { came: has_come, go: may_go, answered: has_answered };
        *self.shared.to_hold.lock().unwrap() = Some((requests, holding));
        Held { came, go, answered }
    }

    /// Delivers the next requests twice each, and hands on the second answer.
    pub fn duplicate(&self, requests: u32) {
        self.shared.to_duplicate.store(requests, Ordering::SeqCst);
    }

    /// Hands on the next answers twice each.
    pub fn echo(&self, answers: u32) {
        self.shared.to_echo.store(answers, Ordering::SeqCst);
    }

    /// Loses the next answer, and is gone for some connections.
    pub fn lose_and_refuse(&self, connections: u32) {
        self.shared.refusing.store(connections, Ordering::SeqCst);
        self.lose(1);
    }

    /// Closes every connection.
    pub fn cut(&self) {
        // An error means that there was none.
        let _ = self.shared.cut.send(());
    }
}

fn take(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl Shared {
    /// What the request that has just come is to wait for, if it is the one to hold back.
    fn holding(&self) -> Option<Holding> {
        let mut to_hold = self.to_hold.lock().unwrap();
        match to_hold.as_mut() {
            Some((after @ 1.., _)) => {
                *after -= 1;
                None
            }
            _ => to_hold.take().map(|(_, holding)| holding),
        }
    }
}

async fn carry(client: TcpStream, server: &str, state: &Shared) -> std::io::Result<()> {
    let mut server = BufStream::new(TcpStream::connect(server).await?);
    let mut client = BufStream::new(client);
    loop {
        let mut request = Vec::new();
        if !message(&mut client, &mut request).await? {
            return Ok(());
        }
        let answered = match state.holding() {
            // An error means that the test waits for nothing.
            Some(Holding { came, go, answered }) => {
                let _ = (came.send(()), go.await);
                Some(answered)
            }
            None => None,
        };
        let delay = state.delays.lock().unwrap().pop_front().unwrap_or_default();
        tokio::time::sleep(delay).await;
        if take(&state.to_duplicate) {
            pass(&request, &mut server).await?;
            message(&mut server, &mut Vec::new()).await?;
        }
        pass(&request, &mut server).await?;
        state.requests.fetch_add(1, Ordering::SeqCst);
        let mut answer = Vec::new();
        message(&mut server, &mut answer).await?;
        answered.map(|answered| answered.send(()));
        if String::from_utf8_lossy(&answer).contains("\"baton\":\"") {
            state.streams.fetch_add(1, Ordering::SeqCst);
        }
        if take(&state.to_lose) {
            return Ok(());
        }
        if take(&state.to_echo) {
            answer.extend_from_within(..);
        }
        pass(&answer, &mut client).await?;
    }
}

/// Reads one HTTP message; false where there is none any more.
async fn message(from: &mut BufStream<TcpStream>, message: &mut Vec<u8>) -> std::io::Result<bool> {
    while !message.ends_with(b"\r\n\r\n") {
        if from.read_until(b'\n', message).await? == 0 {
            return Ok(false);
        }
    }
    let head = String::from_utf8_lossy(message).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<u64>().ok());
    let length = length.unwrap_or_else(|| panic!("a message without a length: {head}"));
    Ok(from.take(length).read_to_end(message).await? as u64 == length)
}

/// Writes a message, at once.
async fn pass(message: &[u8], to: &mut BufStream<TcpStream>) -> std::io::Result<()> {
    to.write_all(message).await?;
    to.flush().await
}
