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
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

/// One for each client that connects: the server's answers go back as they come.
pub(crate) struct Proxy {
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
    cut: broadcast::Sender<()>,
}

impl Proxy {
    pub(crate) async fn before(server: &str) -> Self {
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

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests passed, and how many connections were made, since the last look.
    pub(crate) fn passed(&self) -> (u64, u64) {
        (self.shared.requests.swap(0, Ordering::SeqCst), self.shared.connections.swap(0, Ordering::SeqCst))
    }

    /// How many streams were left open on the server.
    pub(crate) fn streams(&self) -> u64 {
        self.shared.streams.load(Ordering::SeqCst)
    }

    /// Loses the next answers.
    pub(crate) fn lose(&self, answers: u32) {
        self.shared.to_lose.store(answers, Ordering::SeqCst);
    }

    /// Keeps the next requests for some time each.
    pub(crate) fn delay(&self, times: impl IntoIterator<Item = Duration>) {
        *self.shared.delays.lock().unwrap() = times.into_iter().collect();
    }

    /// Loses the next answer, and is gone for some connections.
    pub(crate) fn lose_and_refuse(&self, connections: u32) {
        self.shared.refusing.store(connections, Ordering::SeqCst);
        self.lose(1);
    }

    /// Closes every connection.
    pub(crate) fn cut(&self) {
        // An error means that there was none.
        let _ = self.shared.cut.send(());
    }
}

fn take(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

async fn carry(mut client: TcpStream, server: &str, state: &Shared) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    loop {
        let mut request = Vec::new();
        if !message(&mut client, &mut request).await? {
            return Ok(());
        }
        let delay = state.delays.lock().unwrap().pop_front().unwrap_or_default();
        tokio::time::sleep(delay).await;
        server.write_all(&request).await?;
        state.requests.fetch_add(1, Ordering::SeqCst);
        let mut answer = Vec::new();
        message(&mut server, &mut answer).await?;
        if String::from_utf8_lossy(&answer).contains("\"baton\":\"") {
            state.streams.fetch_add(1, Ordering::SeqCst);
        }
        if take(&state.to_lose) {
            return Ok(());
        }
        client.write_all(&answer).await?;
    }
}

/// Carries one HTTP message over; false where there is none any more.
async fn message(from: &mut TcpStream, to: &mut (impl AsyncWriteExt + Unpin)) -> std::io::Result<bool> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if from.read(&mut byte).await? == 0 {
            return Ok(false);
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_else(|| panic!("a message without a length: {text}"))];
    from.read_exact(&mut body).await?;
    to.write_all(&head).await?;
    to.write_all(&body).await?;
    Ok(true)
}
