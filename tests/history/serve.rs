//! One process of `rounds serve`, and its clients.

use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Mutex as SyncMutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use lambda::{Answer, Process, Request, Unanswered};
use reqwest::Client;
use rounds_local::tied;
use rustix::process::Signal;
use tokio::{
    process::{Child, ChildStdin, Command},
    sync::Mutex,
    time::{sleep, timeout},
};

use crate::{
    Setup,
    engine::Engine,
    programs::{ADMIN, PASSWORD, clock_variables},
    record::Backup,
    world::{World, lock},
};

/// The timeout of a client. A process can be frozen for longer.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of a request that opens the clinic, and must succeed.
pub(crate) const OPENING_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client tries to connect. Longer than any restart.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_PAUSE: Duration = Duration::from_millis(10);
/// How long a start may take, and a graceful stop.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a backup is tried. One can fail while the program is frozen with a lock.
const BACKUP_ATTEMPTS: usize = 5;

/// The program, its process if it is running, and the HTTP client that all clients of the clinic share.
pub(crate) struct Serve {
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(String, String)>,
    url: String,
    running: Mutex<Option<Running>>,
    /// Whether the process was killed for the last time.
    ended: AtomicBool,
    client: Client,
    /// The connections to close: each after this time since a client has sent a request on it.
    cuts: SyncMutex<Vec<Duration>>,
}

struct Running {
    child: Child,
    process: Process,
    /// If it is closed, the process ends ([`tied`]). `Child::wait` would close it first.
    _stdin: Option<ChildStdin>,
}

impl Serve {
    /// Starts the program. It creates and migrates the database.
    pub(crate) async fn start(setup: &Setup, engine: &Engine, folder: &Path) -> Result<Self, String> {
        let port = free_port()?;
        let variables = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("ROUNDS_HOME", folder.join("home").to_string_lossy().into_owned()),
            ("DATABASE_URL", engine.url()),
            ("LISTEN", format!("127.0.0.1:{port}")),
            ("ADMIN_EMAIL", ADMIN.into()),
            ("ADMIN_PASSWORD", PASSWORD.into()),
            ("DEMO", "false".into()),
        ];
        let serve = Self {
            program: setup.functions.join("rounds"),
            folder: folder.to_owned(),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            url: format!("http://127.0.0.1:{port}"),
            running: Mutex::default(),
            ended: AtomicBool::new(false),
            client: Client::builder().no_proxy().build().map_err(|error| error.to_string())?,
            cuts: SyncMutex::default(),
        };
        serve.run(0).await?;
        Ok(serve)
    }

    /// Starts the process with a clock that is some seconds off, and waits until it is ready.
    pub(crate) async fn run(&self, clock: i64) -> Result<(), String> {
        let mut running = self.running.lock().await;
        if self.ended.load(Ordering::SeqCst) {
            // The history ends without the process.
            return std::future::pending().await;
        }
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(|error| format!("{}: {error}", self.log().display()))?;
        let mut command = Command::from(tied(&self.program.to_string_lossy()));
        command.arg("serve").current_dir(&self.folder).env_clear().envs(self.variables.iter().cloned());
        command.envs(clock_variables(clock)?).kill_on_drop(true);
        let error_log = log.try_clone().map_err(|error| error.to_string())?;
        command.stdout(log).stderr(error_log);
        let failed = |error: std::io::Error| format!("{}: {error}", self.program.display());
        let mut child = command.spawn().map_err(failed)?;
        let process = Process::of(child.id().unwrap_or_default()).map_err(failed)?;
        let stdin = child.stdin.take();
        let child = &mut running.insert(Running { child, process, _stdin: stdin }).child;
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.is_ready().await {
            let ended = child.try_wait().map_err(failed)?;
            if ended.is_some() || Instant::now() > deadline {
                return Err(format!("rounds serve is not ready ({ended:?}): see {}", self.log().display()));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn is_ready(&self) -> bool {
        let asked = self.client.get(format!("{}/readyz", self.url)).timeout(Duration::from_secs(1)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("serve.log")
    }

    /// Returns the process, if it is running. Waits while it starts or stops.
    pub(crate) async fn process(&self) -> Option<Process> {
        self.running.lock().await.as_ref().map(|running| running.process.clone())
    }

    /// Kills the process (SIGKILL).
    pub(crate) async fn kill(&self) {
        if let Some(running) = self.running.lock().await.as_mut() {
            running.process.signal(Signal::KILL);
            // An error means that it has ended.
            let _ = running.child.wait().await;
        }
    }

    /// Kills the process for the last time. Clients do not try to connect any more.
    pub(crate) async fn end_by_kill(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.kill().await;
    }

    /// Stops the process gracefully (SIGTERM), if it is running.
    pub(crate) async fn stop(&self) -> Result<(), String> {
        let mut running = self.running.lock().await;
        let Some(Running { child, process, .. }) = running.as_mut() else { return Ok(()) };
        if child.try_wait().is_ok_and(|ended| ended.is_none()) {
            // It may be frozen.
            process.signal(Signal::CONT);
            process.signal(Signal::TERM);
            let stopped = timeout(START_TIMEOUT, child.wait()).await;
            if !matches!(&stopped, Ok(Ok(status)) if status.success()) {
                return Err(format!("rounds serve did not stop ({stopped:?}): see {}", self.log().display()));
            }
        }
        *running = None;
        Ok(())
    }

    /// Closes the connections of requests, each some time after a client has sent one.
    pub(crate) fn cut(&self, after: impl IntoIterator<Item = Duration>) {
        lock(&self.cuts).extend(after);
    }

    /// Sends a request. Returns also whether the connection was closed before the response.
    pub(crate) async fn send_or_cut(&self, request: &Request) -> (Result<Answer, Unanswered>, bool) {
        let Some(after) = lock(&self.cuts).pop() else { return (self.send(request, CLIENT_TIMEOUT).await, false) };
        // The HTTP client closes the connection if the future is dropped before the response.
        match timeout(after, self.send(request, CLIENT_TIMEOUT)).await {
            Ok(answer) => {
                lock(&self.cuts).push(after);
                (answer, false)
            }
            Err(_) => (Err(Unanswered("the connection was cut".into())), true),
        }
    }

    /// Sends a request on an open connection, or on a new one. If no connection can be opened, nothing was sent, so it is
    /// tried again.
    pub(crate) async fn send(&self, request: &Request, within: Duration) -> Result<Answer, Unanswered> {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        loop {
            match self.try_send(request, within).await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_connect() && Instant::now() < deadline && !self.ended.load(Ordering::SeqCst) => {
                    sleep(CONNECT_PAUSE).await;
                }
                Err(error) => return Err(Unanswered(format!("{error:?}"))),
            }
        }
    }

    async fn try_send(&self, request: &Request, within: Duration) -> Result<Answer, reqwest::Error> {
        let Request { method, path, query, headers, body } = request;
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{separator}{query}", self.url);
        let method = method.parse().unwrap_or_default();
        let mut sending = self.client.request(method, url).timeout(within);
        for (name, value) in headers {
            sending = sending.header(*name, value);
        }
        if let Some(body) = body {
            sending = sending.json(body);
        }
        let answer = sending.send().await?;
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Answer { status: answer.status().as_u16(), headers, body: answer.text().await? })
    }

    /// Makes a backup while the database is served, and records it. A backup that fails is tried again.
    pub(crate) async fn back_up(&self, world: &World) -> Result<(), String> {
        let begun = world.now();
        let file = PathBuf::from(format!("backup-{begun}.db"));
        let mut error = String::new();
        for _ in 0..BACKUP_ATTEMPTS {
            let begun = world.now();
            let mut command = Command::new(&self.program);
            command.arg("backup").arg(&file).current_dir(&self.folder).kill_on_drop(true);
            command.env_clear().envs(self.variables.iter().cloned()).stdin(Stdio::null());
            let output = command.output().await.map_err(|error| format!("rounds backup: {error}"))?;
            if output.status.success() {
                lock(&world.backups).push(Backup { file, begun });
                return Ok(());
            }
            error = String::from_utf8_lossy(&output.stderr).into_owned();
            sleep(Duration::from_secs(1)).await;
        }
        Err(format!("no backup could be made: {error}"))
    }
}

/// Returns the path of the WAL of a database.
pub(crate) fn wal(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Returns a free port. It is none of those that Linux gives to outgoing connections: after a kill, one of them could take
/// the port, also one to this port itself.
pub(crate) fn free_port() -> Result<u16, String> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| fastrand::u16(10_000..30_000)).take(1000);
    ports.find(is_free).ok_or_else(|| "there is no free port".into())
}
