use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::tied::tied;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A libSQL server, sqld, on this machine. Ends when dropped.
#[derive(Debug)]
pub struct Sqld {
    child: Child,
    address: SocketAddr,
    replication: SocketAddr,
}

impl Sqld {
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
        let replication = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let listen = replication.to_string();
        Self::start(folder, port, replication, &[&["--grpc-listen-addr", &listen], more].concat(), output)
    }

    /// Starts a replica of a primary, likewise.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub fn replica(of: &Self, folder: &Path, output: impl Fn() -> Stdio) -> Result<Self, String> {
        let primary = format!("http://{}", of.replication);
        Self::start(folder, free_port()?, of.replication, &["--primary-grpc-url", &primary], output)
    }

    fn start(
        folder: &Path,
        port: u16,
        replication: SocketAddr,
        arguments: &[&str],
        output: impl Fn() -> Stdio,
    ) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = tied("sqld");
        command.arg("--no-welcome").arg("--db-path").arg(folder).arg("--http-listen-addr").arg(address.to_string());
        command.args(arguments).stdout(output()).stderr(output());
        let child = command.spawn().map_err(|error| format!("cannot start sqld ({error}): make installs it"))?;
        let mut server = Self { child, address, replication };
        server.listening()?;
        Ok(server)
    }

    fn listening(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("sqld ended ({status}); its output says why"));
            }
            if Instant::now() > deadline {
                return Err(format!("sqld did not listen at {} within {} s", self.address, PATIENCE.as_secs()));
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

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process, to be stalled or ended.
    pub fn process(&mut self) -> &mut Child {
        &mut self.child
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

/// A port of 127.0.0.1 where nobody listens.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16, String> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| format!("no port is free: {error}"))
}
