use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rounds_request::{Error, Usage};
use rounds_secrets::Secret;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::{
    DatabaseLock, Statement,
    address::Address,
    calendar::CachedClinic,
    error::Failure,
    file::File,
    meter::measure,
    replica::Replica,
    served::ServedFile,
    server::{Server, TIMEOUT},
    statement::{ChangeSteps, Tried, Values},
};

/// The clinic's database: an embedded libSQL file or a libSQL server, depending on its URL. Both run the same
/// statements.
#[derive(Clone)]
pub struct Database {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    primary: Engine,
    replica: Option<Replica>,
    pub(crate) cached: Mutex<Option<CachedClinic>>,
}

enum Engine {
    File(File),
    Served(ServedFile),
    Server(Box<Server>),
}

impl Engine {
    async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        match self {
            Self::File(file) => file.run(statement, values).await,
            Self::Served(file) => file.run(statement, values).await,
            Self::Server(server) => server.run(statement, values, TIMEOUT).await,
        }
    }

    async fn transact(&self, changes: &[ChangeSteps<'_>]) -> Result<Option<String>, Failure> {
        match self {
            Self::File(file) => file.transact(changes).await,
            Self::Served(file) => file.transact(changes).await,
            Self::Server(server) => server.transact(changes).await,
        }
    }

    async fn try_changes(&self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        match self {
            Self::File(file) => file.try_changes(changes).await,
            Self::Served(file) => file.try_changes(changes).await,
            Self::Server(server) => server.try_changes(changes).await,
        }
    }
}

const REPLICA_OF_FILE: &str = "DATABASE_REPLICA_URL needs a server in DATABASE_URL";

/// The address of a database, and the credentials for it.
#[derive(Clone, Default)]
pub struct Location {
    /// `DATABASE_URL`: a path, a `file:` URL, or the URL of a server.
    pub url: String,
    /// `DATABASE_REPLICA_URL`: a replica of the server, for queries whose results may lag.
    pub replica_url: Option<String>,
    /// `DATABASE_AUTH_TOKEN`: the token for the server and its replica.
    pub auth_token: Option<Secret>,
    /// `DATABASE_CA_FILE`: a PEM file with the certificates of the authorities to trust in place of the public ones.
    pub ca_file: Option<PathBuf>,
    /// `DATABASE_CA`: these certificates as text, for a function, whose disk has no such file. Line breaks can be spaces.
    pub ca: Option<String>,
    /// Whether the first statement creates a missing file. The migration needs this.
    pub create: bool,
}

impl Location {
    /// Reads the location from the environment of a function.
    ///
    /// # Errors
    /// If `DATABASE_URL` is not set.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Self {
            url: variable("DATABASE_URL").ok_or("the environment variable DATABASE_URL must be set")?,
            replica_url: variable("DATABASE_REPLICA_URL"),
            auth_token: Secret::from_env("DATABASE_AUTH_TOKEN"),
            ca_file: variable("DATABASE_CA_FILE").map(PathBuf::from),
            ca: variable("DATABASE_CA"),
            create: false,
        })
    }
}

impl Database {
    /// Creates a handle to the database at a location. The first statement opens the connection.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub fn open(location: &Location) -> Result<Self, String> {
        let Location { url, replica_url, create, .. } = location;
        let server = |name, url: &String| Server::new(name, url, location);
        let address = Address::parse(url)?;
        if replica_url.is_some() && address != Address::Server {
            return Err(REPLICA_OF_FILE.into());
        }
        let primary = match address {
            Address::Server => Engine::Server(Box::new(server("DATABASE_URL", url)?)),
            Address::Memory => Engine::File(File::new(None, *create)),
            Address::File(address) => Engine::File(File::new(Some(&address), *create)),
        };
        let replica =
            replica_url.as_ref().map(|url| server("DATABASE_REPLICA_URL", url).map(Replica::new)).transpose()?;
        Ok(Self { shared: Arc::new(Shared { primary, replica, cached: Mutex::default() }) })
    }

    /// Creates a handle to a database at a path, a `file:` URL, or the URL of a server that needs no token. A file
    /// must exist when the first statement runs.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the URL.
    pub fn at(url: &str) -> Result<Self, String> {
        Self::open(&Location { url: url.to_owned(), ..Location::default() })
    }

    /// Like [`Database::at`], but the first statement creates a missing file.
    ///
    /// # Errors
    /// The same.
    pub fn create_at(url: &str) -> Result<Self, String> {
        Self::open(&Location { url: url.to_owned(), create: true, ..Location::default() })
    }

    /// The path of the file. `None` for a database in memory or on a server.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.shared.primary {
            Engine::File(file) => file.path(),
            Engine::Served(file) => Some(file.path()),
            Engine::Server(_) => None,
        }
    }

    /// Opens the database for a program that serves many requests at once. An embedded file is locked, created if it is
    /// missing, and switched to WAL mode: no other program of Rounds can use it until [`Database::close`].
    ///
    /// # Errors
    /// A sentence that says what is wrong with the settings or with the file, or that another program uses the file.
    pub async fn serve(location: &Location) -> Result<Self, String> {
        match Address::parse(&location.url)? {
            Address::File(_) if location.replica_url.is_some() => Err(REPLICA_OF_FILE.into()),
            Address::File(address) if address.is_read_only() => {
                Err("DATABASE_URL opens the database only to read: remove mode=ro".into())
            }
            Address::File(address) => {
                let path = Path::new(&address.path);
                let lock = DatabaseLock::acquire(path)?;
                // Before the file is changed to WAL mode: it may belong to another program.
                if path.exists() {
                    Self::create_at(&location.url)?.refuse_foreign().await.map_err(Error::into_reason)?;
                }
                let primary = Engine::Served(ServedFile::open(&address, lock).await?);
                Ok(Self { shared: Arc::new(Shared { primary, replica: None, cached: Mutex::default() }) })
            }
            _ => Self::open(location),
        }
    }

    /// Waits until all changes of a served file are made, and closes it. Later statements fail.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is closed already.
    pub async fn close(&self) -> Result<(), Error> {
        match &self.shared.primary {
            Engine::Served(file) => Ok(file.close().await?),
            Engine::File(_) | Engine::Server(_) => Ok(()),
        }
    }

    /// The embedded file. `None` for a server.
    pub(crate) fn file(&self) -> Option<&File> {
        match &self.shared.primary {
            Engine::File(file) => Some(file),
            Engine::Served(_) | Engine::Server(_) => None,
        }
    }

    /// Runs the statements of a migration step in one transaction.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.apply(sql).await,
            Engine::Served(file) => file.apply(sql).await,
            Engine::Server(server) => server.apply(sql).await,
        }
    }

    /// Takes a file out of WAL mode, if it is in WAL mode and not served by this process. A server manages its own journal,
    /// so nothing is done there.
    pub(crate) async fn use_rollback_journal(&self) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.use_rollback_journal().await,
            Engine::Served(_) | Engine::Server(_) => Ok(()),
        }
    }

    /// Runs a statement on the primary and returns its document, if any. Runs it again if the response is lost, so
    /// the statement must be safe to repeat. Queries that may run on a replica use
    /// [`crate::gate`], which also checks the caller's token.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<Option<T>, Failure> {
        self.run_with_retry(statement, &values).await
    }

    /// Runs a statement on the primary, without a retry.
    pub(crate) async fn run_once<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        statement.parse(measure(self.shared.primary.run(statement, values)).await?)
    }

    /// Runs statements in one transaction, without a retry. Returns the document of the last statement that returned one.
    pub(crate) async fn transact<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        let document = measure(self.shared.primary.transact(&[(steps, values)])).await?;
        steps.last().map_or(Ok(None), |last| last.parse(document))
    }

    /// Makes several changes in one transaction, without a retry.
    pub(crate) async fn transact_all(&self, changes: &[ChangeSteps<'_>]) -> Result<(), Failure> {
        measure(self.shared.primary.transact(changes)).await.map(drop)
    }

    /// Makes changes in one transaction, rolls it back, and returns the outcome of each. A change that a rule refuses does not
    /// prevent the next ones.
    pub(crate) async fn try_changes(&self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        let attempt = || measure(self.shared.primary.try_changes(changes));
        match attempt().await {
            Err(Failure::Lost(_)) => attempt().await,
            outcomes => outcomes,
        }
    }

    /// Like [`Database::read`], for values that are used again.
    pub(crate) async fn run_with_retry<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        match self.run_once(statement, values).await {
            Err(Failure::Lost(_)) => self.run_once(statement, values).await,
            result => result,
        }
    }

    /// Returns the replica to run a statement on. `None` if the statement must run on the primary, if there is no
    /// replica, or if the replica is paused. If the replica fails, query the primary instead.
    pub(crate) fn replica(&self, statement: &Statement) -> Option<&Replica> {
        let replica = self.shared.replica.as_ref().filter(|_| statement.allows_replica)?;
        let is_admitted = replica.admits();
        if !is_admitted {
            Usage::record(|usage| usage.replica_failures += 1);
        }
        is_admitted.then_some(replica)
    }
}
