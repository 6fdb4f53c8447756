//! A proxy in front of a database server. It counts requests, and can lose, delay, hold and duplicate messages.

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

/// A TCP proxy with one connection to the server per client connection.
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    connections: AtomicU64,
    requests: AtomicU64,
    /// The number of answers with a baton: streams that the server keeps open.
    streams: AtomicU64,
    /// The number of answers to lose: the server handles the request, and the client's connection is closed.
    to_lose: AtomicU32,
    /// The number of connections to refuse after a lost answer.
    refusing: AtomicU32,
    /// Delays of the next requests. They are delivered even if the client has given up.
    delays: Mutex<VecDeque<Duration>>,
    /// The number of requests before the one to hold, and its channels.
    to_hold: Mutex<Option<(u32, HoldSide)>>,
    /// The number of requests to deliver twice.
    to_duplicate: AtomicU32,
    /// The number of answers to send twice.
    to_echo: AtomicU32,
    cut: broadcast::Sender<()>,
}

/// A held request: the side of the test.
pub struct Held {
    arrived: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
    answered: oneshot::Receiver<()>,
}

/// A held request: the side of the proxy.
struct HoldSide {
    arrived: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
    answered: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request has arrived at the proxy.
    pub async fn arrived(&mut self) {
        (&mut self.arrived).await.unwrap();
    }

    /// Delivers the request to the server, and waits for its answer.
    pub async fn deliver(self) {
        self.go.send(()).unwrap();
        self.answered.await.unwrap();
    }
}

impl Proxy {
    /// Starts a proxy in front of a server, on a free port of 127.0.0.1.
    pub async fn start(server: &str) -> Self {
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
                    // If one side closes, the other is closed too.
                    tokio::select! {
                        _ = carry(client, &server, &state) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { address, shared }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the numbers of requests and of new connections since the last call.
    pub fn take_counts(&self) -> (u64, u64) {
        (self.shared.requests.swap(0, Ordering::SeqCst), self.shared.connections.swap(0, Ordering::SeqCst))
    }

    /// Returns the number of streams that were left open on the server.
    pub fn streams(&self) -> u64 {
        self.shared.streams.load(Ordering::SeqCst)
    }

    /// Loses the next answers.
    pub fn lose(&self, answers: u32) {
        self.shared.to_lose.store(answers, Ordering::SeqCst);
    }

    /// Delays the next requests.
    pub fn delay(&self, times: impl IntoIterator<Item = Duration>) {
        *self.shared.delays.lock().unwrap() = times.into_iter().collect();
    }

    /// Holds the request that comes after this number of others.
    pub fn hold_after(&self, requests: u32) -> Held {
        let ((has_arrived, arrived), (go, may_go), (has_answered, answered)) =
            (oneshot::channel(), oneshot::channel(), oneshot::channel());
        let holding = HoldSide { arrived: has_arrived, go: may_go, answered: has_answered };
        *self.shared.to_hold.lock().unwrap() = Some((requests, holding));
        Held { arrived, go, answered }
    }

    /// Delivers each of the next requests twice, and forwards the second answer.
    pub fn duplicate(&self, requests: u32) {
        self.shared.to_duplicate.store(requests, Ordering::SeqCst);
    }

    /// Forwards each of the next answers twice.
    pub fn echo(&self, answers: u32) {
        self.shared.to_echo.store(answers, Ordering::SeqCst);
    }

    /// Loses the next answer, and then refuses some connections.
    pub fn lose_and_refuse(&self, connections: u32) {
        self.shared.refusing.store(connections, Ordering::SeqCst);
        self.lose(1);
    }

    /// Closes every connection.
    pub fn cut(&self) {
        // An error means that there are no connections.
        let _ = self.shared.cut.send(());
    }
}

fn take(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl Shared {
    /// Returns the channels of the request that has just arrived, if it is the one to hold.
    fn holding(&self) -> Option<HoldSide> {
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
            // An error means that the test does not wait.
            Some(HoldSide { arrived, go, answered }) => {
                let _ = (arrived.send(()), go.await);
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

/// Reads one HTTP message. Returns false at the end of the connection.
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

/// Writes a message and flushes it.
async fn pass(message: &[u8], to: &mut BufStream<TcpStream>) -> std::io::Result<()> {
    to.write_all(message).await?;
    to.flush().await
}
