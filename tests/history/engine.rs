//! The database under test.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    time::Duration,
};

use libsql::Builder;
use rounds_local::{Sqld, free_port};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::{proxy::Proxy, world::lock};

/// The database engine of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An embedded file that the functions share.
    File,
    /// A libSQL server behind a proxy, which the functions use.
    Server,
    /// An embedded file that `rounds serve` uses alone.
    Serve,
}

/// A database in a folder of its own.
pub(crate) enum Engine {
    File(PathBuf),
    Server(Server),
}

/// A libSQL server that can be killed, stalled and restarted, behind a proxy that loses, delays and duplicates
/// messages.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    running: Mutex<Option<Sqld>>,
    pub(crate) proxy: Proxy,
}

impl Engine {
    pub(crate) async fn start(kind: Kind, folder: &Path) -> Result<Self, String> {
        if kind != Kind::Server {
            return Ok(Self::File(folder.join("clinic.db")));
        }
        let (folder, port) = (folder.join("sqld"), free_port()?);
        let server = start(&folder, port)?;
        let proxy = Proxy::start(&server.url()).await;
        Ok(Self::Server(Server { folder, port, running: Mutex::new(Some(server)), proxy }))
    }

    /// The `DATABASE_URL` of the programs.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(path) => path.to_string_lossy().into_owned(),
            Self::Server(server) => server.proxy.url(),
        }
    }

    /// Changes the database without Rounds.
    pub(crate) async fn execute(&self, statements: &str) -> Result<(), String> {
        let database = match self {
            Self::File(path) => Builder::new_local(path).build().await,
            Self::Server(server) => {
                let mut http = hyper_for_libsql::client::HttpConnector::new();
                http.set_nodelay(true);
                let url = format!("http://127.0.0.1:{}", server.port);
                Builder::new_remote(url, String::new()).connector(http).build().await
            }
        };
        let connection = database.and_then(|database| database.connect()).map_err(|error| error.to_string())?;
        connection.execute_batch(statements).await.map(drop).map_err(|error| error.to_string())
    }

    /// Kills the server, and returns the path of the database file.
    pub(crate) fn end(self) -> PathBuf {
        match self {
            Self::File(path) => path,
            Self::Server(server) => {
                drop(lock(&server.running).take());
                server.folder.join("dbs/default/data")
            }
        }
    }
}

fn start(folder: &Path, port: u16) -> Result<Sqld, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let log = File::options().create(true).append(true).open(folder.with_extension("log"));
    let log = log.map_err(|error| format!("{}: {error}", folder.display()))?;
    Sqld::primary_at(folder, port, &[], || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from))
}

impl Server {
    /// Kills the server (SIGKILL), and starts it again after some time.
    pub(crate) async fn restart(&self, after: Duration) -> Result<(), String> {
        drop(lock(&self.running).take());
        tokio::time::sleep(after).await;
        let (folder, port) = (self.folder.clone(), self.port);
        let started = tokio::task::spawn_blocking(move || start(&folder, port)).await;
        *lock(&self.running) = Some(started.map_err(|error| error.to_string())??);
        Ok(())
    }

    /// Freezes the server (SIGSTOP), and continues it (SIGCONT) after some time.
    pub(crate) async fn stall(&self, lasting: Duration) {
        let process = lock(&self.running).as_mut().and_then(|server| Pid::from_raw(server.process().id() as i32));
        if let Some(process) = process {
            // Errors mean that it has exited.
            let _ = kill_process(process, Signal::STOP);
            tokio::time::sleep(lasting).await;
            let _ = kill_process(process, Signal::CONT);
        }
    }
}
