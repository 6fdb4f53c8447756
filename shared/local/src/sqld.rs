use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use rounds_auth::ServerKey;

use crate::{tied::tied, write_private};

/// How long a server may take until it listens.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A libSQL server (sqld) on this machine. Stops when dropped.
#[derive(Debug)]
pub struct Sqld {
    child: Child,
    address: SocketAddr,
    replication: SocketAddr,
    authentication: Option<Authentication>,
}

/// The authentication of a server and its replicas: the file of the public key, and a token that its private key signed.
#[derive(Clone)]
struct Authentication {
    public_key: PathBuf,
    token: String,
}

impl std::fmt::Debug for Authentication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authentication({})", self.public_key.display())
    }
}

impl Sqld {
    /// Starts a primary that accepts only requests with its token. It listens at a free port of 127.0.0.1, keeps its
    /// files in `folder`, and writes its log to `output`. Each start generates a new key and token.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn primary_with_token(folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let key = ServerKey::generate().map_err(|error| error.to_string())?;
        let public_key = folder.with_extension("public_key");
        write_private(&public_key, &key.public).map_err(|error| format!("{}: {error}", public_key.display()))?;
        let authentication = Authentication { public_key, token: key.token };
        Start { authentication: Some(authentication), ..Start::primary(folder, free_port()?) }.run(output)
    }

    /// Starts a primary without authentication. It listens at a free port of 127.0.0.1, keeps its files in `folder`,
    /// and writes its log to `output`.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn primary(folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        Self::primary_at(folder, free_port()?, &[], output)
    }

    /// Like [`Sqld::primary`], but at the given port and with additional command-line arguments.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn primary_at(
        folder: &Path,
        port: u16,
        arguments: &[&str],
        output: impl Fn() -> Stdio,
    ) -> Result<Self, String> {
        Start { arguments, ..Start::primary(folder, port) }.run(output)
    }

    /// Starts a replica of a primary, at a free port of 127.0.0.1. It accepts the same token as the primary, if that
    /// has one.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn replica(primary: &Self, folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let (primary, authentication) = (Some(primary.replication), primary.authentication.clone());
        Start { primary, authentication, ..Start::primary(folder, free_port()?) }.run(output)
    }

    fn wait_until_listening(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("sqld ended ({status}): see its log for the reason"));
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "sqld did not listen at {} within {} s: see its log for the reason",
                    self.address,
                    TIMEOUT.as_secs()
                ));
            }
            sleep(Duration::from_millis(5));
        }
        // If another program already listens at the port, this server is about to end.
        sleep(Duration::from_millis(5));
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            _ => Err(format!("sqld ended: another program listens at {}, so stop that one first", self.address)),
        }
    }

    /// Returns the address at which replicas connect to this primary.
    pub fn replication(&self) -> SocketAddr {
        self.replication
    }

    /// Returns the base URL of the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the token that the server requires, or an empty string if it requires none.
    pub fn token(&self) -> &str {
        self.authentication.as_ref().map_or("", |authentication| &authentication.token)
    }

    /// Returns the server's process, so that a test can suspend or kill it.
    pub fn process(&mut self) -> &mut Child {
        &mut self.child
    }
}

/// The options of a server's start.
struct Start<'a> {
    folder: &'a Path,
    port: u16,
    /// For a replica, the replication address of its primary. `None` for a primary.
    primary: Option<SocketAddr>,
    authentication: Option<Authentication>,
    /// Additional command-line arguments.
    arguments: &'a [&'a str],
}

impl<'a> Start<'a> {
    /// Returns the options of a primary without authentication.
    fn primary(folder: &'a Path, port: u16) -> Self {
        Self { folder, port, primary: None, authentication: None, arguments: &[] }
    }

    fn run(self, output: impl Fn() -> Stdio) -> Result<Sqld, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut command = tied("sqld");
        command.arg("--no-welcome").arg("--db-path").arg(self.folder);
        command.arg("--http-listen-addr").arg(address.to_string());
        // The default is 128. Each busy instance uses one connection. The connection of a killed instance stays open
        // for ten more seconds.
        command.args(["--max-concurrent-connections", "1024"]);
        if let Some(authentication) = &self.authentication {
            command.arg("--auth-jwt-key-file").arg(&authentication.public_key);
        }
        let replication = match self.primary {
            Some(primary) => {
                command.arg("--primary-grpc-url").arg(format!("http://{primary}"));
                primary
            }
            None => {
                let replication = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
                command.arg("--grpc-listen-addr").arg(replication.to_string());
                replication
            }
        };
        command.args(self.arguments).stdout(output()).stderr(output());
        let child = command.spawn().map_err(|error| {
            format!("cannot start sqld ({error}): install it with `make run-server` or `make test`")
        })?;
        let mut server = Sqld { child, address, replication, authentication: self.authentication };
        server.wait_until_listening()?;
        Ok(server)
    }
}

impl Drop for Sqld {
    fn drop(&mut self) {
        // An error means that it has ended already. No graceful shutdown is needed: every change that the server
        // acknowledged is on disk.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The range of [`free_port`]. It lies below the ephemeral ports, which the system assigns to outgoing connections
/// (from 32768 on Linux, from 49152 in RFC 6335, section 6), for two reasons:
///
/// - Any outgoing connection could take an ephemeral port before the server listens at it.
/// - A connection attempt to an ephemeral port at which no server listens yet can connect to itself (simultaneous
///   open, RFC 9293, section 3.5). It would look like a running server.
const PORTS: Range<u32> = 16_384..32_768;

/// Returns a port of 127.0.0.1 that is free and that this process has not used before. Binding to port 0 is not
/// enough: the system may choose the same port for two servers that do not listen yet.
///
/// # Errors
/// If no port is free.
pub fn free_port() -> Result<u16, String> {
    static RETURNED: AtomicU32 = AtomicU32::new(0);
    let count = PORTS.end - PORTS.start;
    // Parallel processes start at distant ports.
    let first = std::process::id().wrapping_mul(101);
    (0..count)
        .map(|_| PORTS.start + first.wrapping_add(RETURNED.fetch_add(1, Ordering::Relaxed)) % count)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| {
            format!("no port from {} to {} is free: stop a program that uses one", PORTS.start, PORTS.end - 1)
        })
}

#[cfg(test)]
mod tests {
    use super::{PORTS, free_port};

    #[test]
    fn returns_each_free_port_once_and_no_ephemeral_port() {
        let mut ports: Vec<u32> = (0..1000).map(|_| free_port().unwrap().into()).collect();
        assert!(ports.iter().all(|port| PORTS.contains(port)), "{ports:?}");
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 1000);
    }
}
