use std::{
    env,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{PathBuf, absolute},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rounds_data::Limits;

use crate::{
    KeyFiles,
    functions::{emulator_router, probes},
    tied::tied,
};

/// How long a probe request may take. The first request to a function also starts it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a run of `notify` may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(90);
/// How long the functions have to shut down before they are killed.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The settings of the emulator and of the functions.
pub struct Settings {
    /// The clone whose functions are served.
    pub clone: PathBuf,
    /// The port to listen at, on 127.0.0.1.
    pub port: u16,
    /// `DATABASE_URL`
    pub database_url: String,
    /// `DATABASE_REPLICA_URL`; empty for none.
    pub database_replica_url: String,
    /// `DATABASE_AUTH_TOKEN`; empty for none.
    pub database_auth_token: String,
    /// `DATABASE_CA_FILE`; empty for none.
    pub database_ca_file: String,
    /// `SIGNING_KEY` and `PUBLIC_KEYS`, as paths and not as values. All functions have the same environment, but
    /// only `auth` reads the file of the signing key.
    pub keys: KeyFiles,
    /// The limits of failed sign-ins and of registrations.
    pub limits: Limits,
    /// The maximum number of instances of each function.
    pub concurrency: u32,
    /// The folder that mails are written into.
    pub mail_folder: PathBuf,
}

/// The functions, run by `cargo lambda watch`. Stops all its processes when dropped.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    address: SocketAddr,
}

impl Emulator {
    /// Starts the emulator in the clone, with its output going to `output`. Build the functions before: the emulator
    /// builds a missing one at its first request.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn start(settings: &Settings, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
        let mut command = tied("cargo");
        // For each function, the emulator watches everything below its current folder, even with --ignore-changes. It
        // follows links, and blocks its threads meanwhile. The clone has thousands of folders in `target`.
        command.current_dir(settings.clone.join("shared/local")).args(["lambda", "watch"]);
        command.arg("--manifest-path").arg(settings.clone.join("Cargo.toml"));
        // A relative path is one of the folder that this program runs in.
        if let Some(target) = env::var_os("CARGO_TARGET_DIR").and_then(|target| absolute(target).ok()) {
            command.env("CARGO_TARGET_DIR", target);
        }
        // No CORS: the functions answer OPTIONS themselves. No restart of the functions when code changes.
        command.args(["--ignore-changes", "--disable-cors", "--invoke-address", "127.0.0.1"]);
        command.arg("--invoke-port").arg(settings.port.to_string());
        command.env("CARGO_LAMBDA_WATCH", emulator_router());
        // No --timeout: it also applies while a function waits for its next request. The function would end and
        // never start again.
        if settings.concurrency > 1 {
            command.arg("--concurrency").arg(settings.concurrency.to_string());
        }
        // Cargo sets these variables for the tests that it runs. The emulator calls cargo for each function, and
        // cargo would compile ring again because they changed.
        let describes_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(describes_package)) {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", &settings.database_url);
        command.env("DATABASE_REPLICA_URL", &settings.database_replica_url);
        command.env("DATABASE_CA_FILE", &settings.database_ca_file);
        command.env("DATABASE_AUTH_TOKEN", &settings.database_auth_token);
        command.env("SIGNING_KEY", &settings.keys.signing_key).env("PUBLIC_KEYS", &settings.keys.public_keys);
        command.envs(settings.limits.by_setting().map(|(name, limit)| (name, limit.to_string())));
        command
            .env("MAIL_FOLDER", &settings.mail_folder)
            .env("PUBLIC_URL", format!("http://localhost:{}", settings.port));
        command.env_remove("ADMIN_PASSWORD");
        // No colours in the log, since programs read it too. (On Lambda the log is JSON without colours.)
        command.env("NO_COLOR", "1");
        command.stdout(output()).stderr(output());
        let child = command.spawn().map_err(|error| format!("cannot start cargo lambda watch: {error}"))?;
        Ok(Self { child, address })
    }

    /// Returns the base URL of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until every function that has a database answers a request for one of its routes.
    ///
    /// # Errors
    /// If a function does not answer within `limit`, or if the emulator ends.
    pub async fn ready(&mut self, limit: Duration) -> Result<(), String> {
        let deadline = Instant::now() + limit;
        for (path, expected) in probes() {
            loop {
                if let Some(status) = self.ended() {
                    return Err(format!("cargo lambda watch ended ({status}): see its output above for the reason"));
                }
                let address = self.address;
                let probe = tokio::task::spawn_blocking(move || status(address, path)).await;
                if probe.ok().flatten() == Some(expected) {
                    break;
                }
                if Instant::now() > deadline {
                    return Err(format!(
                        "GET {path} did not return status {expected} within {} s: see the log of the functions above",
                        limit.as_secs()
                    ));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Lets `notify` send the messages that are due, as the schedule does on AWS. Blocks until the run has ended.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub fn send_messages(address: SocketAddr) -> Result<(), String> {
        let event = r#"{"schedule":"send"}"#;
        let path = "/2015-03-31/functions/notify/invocations";
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{event}",
            event.len()
        );
        match send(address, &request, SEND_TIMEOUT) {
            Some(200) => Ok(()),
            Some(status) => Err(format!("the function notify returned status {status}: see its log above")),
            None => Err("the function notify did not answer: see its log above".into()),
        }
    }

    /// The address of the API.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the exit status of the emulator, or `None` while it runs.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
        while Instant::now() < deadline && self.ended().is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        // An error means that it has ended already. Otherwise the functions end too, because they can no longer
        // connect to the emulator's runtime API.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a GET request. Returns the status, or `None` if there is no response.
fn status(address: SocketAddr, path: &str) -> Option<u16> {
    send(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"), PROBE_TIMEOUT)
}

/// Sends a request. Returns the status, or `None` if there is no response within `limit`.
fn send(address: SocketAddr, request: &str, limit: Duration) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).ok()?;
    std::str::from_utf8(&line).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
