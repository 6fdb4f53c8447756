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

/// How long a server may take to listen.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A libSQL server, sqld, on this machine. Ends when dropped.
#[derive(Debug)]
pub struct Sqld {
    child: Child,
    address: SocketAddr,
    replication: SocketAddr,
    guard: Option<Guard>,
}

/// By whom a server and its replicas can be asked.
#[derive(Clone)]
struct Guard {
    public_key: PathBuf,
    token: String,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guard({})", self.public_key.display())
    }
}

impl Sqld {
    /// Starts a primary that answers only requests with its token, on a free port of 127.0.0.1, with its
    /// files in a folder; its output goes to `output`. Its key is new each time.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn guarded_primary(folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let key = ServerKey::generate().map_err(|error| error.to_string())?;
        let public_key = folder.with_extension("public_key");
        write_private(&public_key, &key.public).map_err(|error| format!("{}: {error}", public_key.display()))?;
        let guard = Guard { public_key, token: key.token };
        Start { guard: Some(guard), ..Start::of_primary(folder, free_port()?) }.run(output)
    }

    /// Starts a primary on a free port of 127.0.0.1, with its files in a folder; its output goes
    /// to `output`.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn primary(folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        Self::primary_at(folder, free_port()?, &[], output)
    }

    /// The same on a port of its own, with further arguments.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn primary_at(folder: &Path, port: u16, more: &[&str], output: impl Fn() -> Stdio) -> Result<Self, String> {
        Start { more, ..Start::of_primary(folder, port) }.run(output)
    }

    /// Starts a replica of a primary, likewise; with the primary's token, if it has one.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn replica(of: &Self, folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let (primary, guard) = (Some(of.replication), of.guard.clone());
        Start { primary, guard, ..Start::of_primary(folder, free_port()?) }.run(output)
    }

    fn listening(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("sqld ended ({status}); its output says why"));
            }
            if Instant::now() > deadline {
                return Err(format!("sqld did not listen at {} within {} s", self.address, TIMEOUT.as_secs()));
            }
            sleep(Duration::from_millis(5));
        }
        // Somebody listens there: this one, or it is about to end.
        sleep(Duration::from_millis(5));
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            _ => Err(format!("sqld ended: somebody else listens at {}", self.address)),
        }
    }

    /// Where replicas reach it.
    pub fn replication(&self) -> SocketAddr {
        self.replication
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that it asks for; empty where it asks for none.
    pub fn token(&self) -> &str {
        self.guard.as_ref().map_or("", |guard| &guard.token)
    }

    /// Its process, to be stalled or ended.
    pub fn process(&mut self) -> &mut Child {
        &mut self.child
    }
}

/// How a server is started.
struct Start<'a> {
    folder: &'a Path,
    port: u16,
    /// Where a replica reaches its primary; `None` for a primary.
    primary: Option<SocketAddr>,
    guard: Option<Guard>,
    /// Further arguments.
    more: &'a [&'a str],
}

impl<'a> Start<'a> {
    /// A primary that anybody can ask.
    fn of_primary(folder: &'a Path, port: u16) -> Self {
        Self { folder, port, primary: None, guard: None, more: &[] }
    }

    fn run(self, output: impl Fn() -> Stdio) -> Result<Sqld, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut command = tied("sqld");
        command.arg("--no-welcome").arg("--db-path").arg(self.folder);
        command.arg("--http-listen-addr").arg(address.to_string());
        // 128 by default. A busy instance holds one, and one that was killed for ten seconds more.
        command.args(["--max-concurrent-connections", "1024"]);
        if let Some(guard) = &self.guard {
            command.arg("--auth-jwt-key-file").arg(&guard.public_key);
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
        command.args(self.more).stdout(output()).stderr(output());
        let child = command.spawn().map_err(|error| format!("cannot start sqld ({error}): make installs it"))?;
        let mut server = Sqld { child, address, replication, guard: self.guard };
        server.listening()?;
        Ok(server)
    }
}

impl Drop for Sqld {
    fn drop(&mut self) {
        // An error means that it has ended already. It needs no farewell: what it acknowledged is
        // on its disk.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Below those that a system gives to connections by itself (from 32768 on Linux, from 49152 by
/// RFC 6335, section 6): there, anybody's connection could take a port between two of our lines,
/// and an attempt to connect to a port where nobody listens yet could meet itself (RFC 9293,
/// section 3.5: simultaneous open), and take itself for the server.
const PORTS: Range<u32> = 16_384..32_768;

/// A port of 127.0.0.1 where nobody listens, and that this process has not been given yet: what
/// the system chooses twice can be one port, for two servers that are about to listen.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16, String> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let count = PORTS.end - PORTS.start;
    // Processes side by side begin far from each other.
    let first = std::process::id().wrapping_mul(101);
    (0..count)
        .map(|_| PORTS.start + first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % count)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| format!("no port from {} to {} is free: end what listens there", PORTS.start, PORTS.end - 1))
}

#[cfg(test)]
mod tests {
    use super::{PORTS, free_port};

    #[test]
    fn a_free_port_is_given_once_and_to_no_connection() {
        let mut ports: Vec<u32> = (0..1000).map(|_| free_port().unwrap().into()).collect();
        assert!(ports.iter().all(|port| PORTS.contains(port)), "{ports:?}");
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 1000);
    }
}
