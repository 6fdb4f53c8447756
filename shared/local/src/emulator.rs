use std::{
    env,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rounds_data::Limits;

use crate::{
    KeyFiles,
    functions::{emulators_router, probes},
    tied::tied,
};

/// How long a request of our own may take: the first to a function starts it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the functions have to end by themselves.
const GRACE: Duration = Duration::from_secs(3);

/// What the functions are started with.
pub struct Settings {
    /// The clone whose functions are served.
    pub clone: PathBuf,
    /// Where to listen, on 127.0.0.1.
    pub port: u16,
    /// `DATABASE_URL`
    pub database_url: String,
    /// `DATABASE_REPLICA_URL`; empty for none.
    pub database_replica_url: String,
    /// `DATABASE_AUTH_TOKEN`; empty for none.
    pub database_auth_token: String,
    /// `DATABASE_CA_FILE`; empty for none.
    pub database_ca_file: String,
    /// `SIGNING_KEY` and `PUBLIC_KEYS`, as paths: the environment is every function's, and only `auth`
    /// reads the signing key's file.
    pub keys: KeyFiles,
    /// How much guessing is too much.
    pub limits: Limits,
    /// How many instances of each function there may be.
    pub concurrency: u32,
}

/// The functions behind `cargo lambda watch`. Ends with all its processes when dropped.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    address: SocketAddr,
}

impl Emulator {
    /// Starts the emulator in the clone; its output goes to `output`. The functions should have been built: the emulator builds what is not, at the first request.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn start(settings: &Settings, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
        let mut command = tied("cargo");
        command.current_dir(&settings.clone).args(["lambda", "watch"]);
        // The functions answer OPTIONS themselves, and are not restarted when code changes.
        command.args(["--ignore-changes", "--disable-cors", "--invoke-address", "127.0.0.1"]);
        command.arg("--invoke-port").arg(settings.port.to_string());
        command.env("CARGO_LAMBDA_WATCH", emulators_router());
        // No --timeout: it would also end a function's wait for its next request, and with it the
        // function, which is not started again.
        if settings.concurrency > 1 {
            command.arg("--concurrency").arg(settings.concurrency.to_string());
        }
        // What cargo tells of a package to the tests that it runs. The emulator asks cargo for each function,
        // and ring is compiled again where these have changed.
        let of_a_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_a_package)) {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", &settings.database_url);
        command.env("DATABASE_REPLICA_URL", &settings.database_replica_url);
        command.env("DATABASE_CA_FILE", &settings.database_ca_file);
        command.env("DATABASE_AUTH_TOKEN", &settings.database_auth_token);
        command.env("SIGNING_KEY", &settings.keys.signing_key).env("PUBLIC_KEYS", &settings.keys.public_keys);
        command.envs(settings.limits.by_setting().map(|(name, limit)| (name, limit.to_string())));
        command.env_remove("ADMIN_PASSWORD");
        // No colours in the log: programs read it too. (On Lambda it is JSON, and has none.)
        command.env("NO_COLOR", "1");
        command.stdout(output()).stderr(output());
        let child = command.spawn().map_err(|error| format!("cannot start cargo lambda watch: {error}"))?;
        Ok(Self { child, address })
    }

    /// Where the clinic answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until every function that has a database answers, each by a route of its own.
    ///
    /// # Errors
    /// Where that takes too long, or the emulator ends, in a sentence.
    pub async fn ready(&mut self, limit: Duration) -> Result<(), String> {
        let deadline = Instant::now() + limit;
        for (path, expected) in probes() {
            loop {
                if let Some(status) = self.ended() {
                    return Err(format!("cargo lambda watch ended ({status}); its output says why"));
                }
                let address = self.address;
                let probe = tokio::task::spawn_blocking(move || status(address, path)).await;
                if probe.ok().flatten() == Some(expected) {
                    break;
                }
                if Instant::now() > deadline {
                    return Err(format!("{path} did not answer {expected} within {} s", limit.as_secs()));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Whether it has ended by itself, and how.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && self.ended().is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // An error means that it has ended already. If not, the functions find their runtime's
        // API gone, and end too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of a GET; `None` where there is no answer.
fn status(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(PROBE_TIMEOUT)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).ok()?;
    std::str::from_utf8(&line).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
