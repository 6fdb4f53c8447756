//! What the tests put in place of AWS: the Runtime Interface Emulator, which is part of the SAM CLI's package, and servers
//! on 127.0.0.1.

use std::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use lambda::http::{Message, write};
use rounds_local::free_port;

use crate::support::{Value, target};

/// A function under the emulator. Both end when this is dropped.
pub(super) struct Emulated {
    child: Child,
    url: String,
}

impl Emulated {
    /// Starts a program. `variables` are its environment.
    pub(super) fn start(program: &[&str], variables: &[(&str, &str)]) -> Self {
        let port = free_port().unwrap();
        let mut command = Command::new(emulator());
        command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
        command.args(["--runtime-api-address", &format!("127.0.0.1:{}", free_port().unwrap())]);
        command.args(program).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).envs(variables.iter().copied());
        let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations");
        Self { child: command.spawn().unwrap(), url }
    }

    /// Sends an event to the function, and returns its response.
    pub(super) async fn answer(&self, event: String) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let request = reqwest::Client::new().post(&self.url).body(event.clone()).timeout(Duration::from_secs(60));
            match request.send().await {
                Ok(response) => return response.json().await.unwrap(),
                Err(error) => assert!(error.is_connect() && Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        // SIGTERM ends the function, and then the emulator. An error means that it has ended already.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Returns the path of the emulator for this machine's processor.
fn emulator() -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let libraries = target("tools/lib");
    let python = std::fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path());
    let inside = format!("site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}");
    let mut found = python.map(|python| python.join(&inside)).filter(|path| path.exists());
    found.next().unwrap_or_else(|| panic!("no {inside} under {}: make test installs it", libraries.display()))
}

/// Starts a server, and returns its URL. `respond` returns the status and the body of a response. It runs for several
/// connections at a time.
pub(super) fn start_server(respond: impl Fn(Message) -> (u16, Value) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let respond = Arc::new(respond);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, respond) = (BufReader::new(connection.unwrap()), respond.clone());
            // A connection ends when the client has ended, also in the middle of a request.
            std::thread::spawn(move || while serve(&mut connection, &*respond).is_some() {});
        }
    });
    url
}

fn serve(connection: &mut BufReader<TcpStream>, respond: &impl Fn(Message) -> (u16, Value)) -> Option<()> {
    let request = Message::read(connection).ok()??;
    let (status, body) = respond(request);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n");
    write(connection.get_mut(), &head, body.to_string().as_bytes()).ok()
}

/// A stand-in for the Secrets Manager extension. Each secret has the same value.
pub(super) struct Extension {
    pub(super) port: String,
    reads: Arc<Mutex<usize>>,
}

impl Extension {
    /// Starts a stand-in that returns one document.
    pub(super) fn start(document: Value) -> Self {
        let reads = Arc::new(Mutex::new(0));
        let counted = reads.clone();
        let url = start_server(move |_| {
            *counted.lock().unwrap() += 1;
            (200, document.clone())
        });
        Self { port: url.rsplit(':').next().unwrap().to_owned(), reads }
    }

    /// Returns the number of reads until now.
    pub(super) fn reads(&self) -> usize {
        *self.reads.lock().unwrap()
    }
}
