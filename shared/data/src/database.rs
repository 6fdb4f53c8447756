use std::{path::PathBuf, sync::Arc};

use rounds_request::Usage;
use rounds_secrets::Secret;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::{
    Statement,
    address::Address,
    calendar::CachedClinic,
    error::Failure,
    file::File,
    meter::measure,
    replica::Replica,
    server::{Server, TIMEOUT},
    statement::Values,
};

/// The clinic's database: an embedded libSQL file, or a libSQL server, by its URL. The same
/// statements run on both.
#[derive(Clone)]
pub struct Database {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    primary: Engine,
    replica: Option<Replica>,
    pub(crate) known: Mutex<Option<CachedClinic>>,
}

enum Engine {
    File(File),
    Server(Box<Server>),
}

impl Engine {
    async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        match self {
            Self::File(file) => file.run(statement, values).await,
            Self::Server(server) => server.run(statement, values, TIMEOUT).await,
        }
    }

    async fn transact(&self, steps: &[&Statement], values: &Values) -> Result<Option<String>, Failure> {
        match self {
            Self::File(file) => file.transact(steps, values).await,
            Self::Server(server) => server.transact(steps, values).await,
        }
    }
}

/// Where a database is, and how to get in.
#[derive(Clone, Default)]
pub struct Location {
    /// `DATABASE_URL`: a path, a `file:` URL, or a server's URL.
    pub url: String,
    /// `DATABASE_REPLICA_URL`: a replica of the server, which answers what may lag behind.
    pub replica_url: Option<String>,
    /// `DATABASE_AUTH_TOKEN`: of the server and its replica.
    pub auth_token: Option<Secret>,
    /// `DATABASE_CA_FILE`: in PEM, the certificates of the authorities to trust instead of the
    /// public ones.
    pub ca_file: Option<PathBuf>,
    /// Whether a file that is not there is made by the first statement: for the migration.
    pub create: bool,
}

impl Location {
    /// That of a function, from its environment.
    ///
    /// # Errors
    /// Where `DATABASE_URL` is not set.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Ok(Self {
            url: variable("DATABASE_URL").ok_or("the environment variable DATABASE_URL must be set")?,
            replica_url: variable("DATABASE_REPLICA_URL"),
            auth_token: Secret::from_env("DATABASE_AUTH_TOKEN"),
            ca_file: variable("DATABASE_CA_FILE").map(PathBuf::from),
            create: false,
        })
    }
}

impl Database {
    /// The database at a location. Nothing is opened yet.
    ///
    /// # Errors
    /// What is wrong with the location, in a sentence that names the setting.
    pub fn open(location: &Location) -> Result<Self, String> {
        let Location { url, replica_url, create, .. } = location;
        let server = |name, url: &String| Server::new(name, url, location);
        let address = Address::parse(url)?;
        if replica_url.is_some() && address != Address::Server {
            return Err("DATABASE_REPLICA_URL is of use only with a server in DATABASE_URL".into());
        }
        let primary = match address {
            Address::Server => Engine::Server(Box::new(server("DATABASE_URL", url)?)),
            Address::Memory => Engine::File(File::new(None, *create)),
            Address::File(address) => Engine::File(File::new(Some(&address), *create)),
        };
        let replica =
            replica_url.as_ref().map(|url| server("DATABASE_REPLICA_URL", url).map(Replica::new)).transpose()?;
        Ok(Self { shared: Arc::new(Shared { primary, replica, known: Mutex::default() }) })
    }

    /// The database at a path, a `file:` URL or a server's URL that needs no token. A file must be
    /// there when the first statement runs.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn at(url: &str) -> Result<Self, String> {
        Self::open(&Location { url: url.to_owned(), ..Location::default() })
    }

    /// The same; a file is made by the first statement where it is not there.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn create_at(url: &str) -> Result<Self, String> {
        Self::open(&Location { url: url.to_owned(), create: true, ..Location::default() })
    }

    /// The path of the file; `None` for a database in memory or on a server.
    pub fn path(&self) -> Option<PathBuf> {
        self.file().and_then(File::path)
    }

    /// `None` for a server.
    pub(crate) fn file(&self) -> Option<&File> {
        match &self.shared.primary {
            Engine::File(file) => Some(file),
            Engine::Server(_) => None,
        }
    }

    /// Runs statements of a step of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.apply(sql).await,
            Engine::Server(server) => server.apply(sql).await,
        }
    }

    /// Takes a file out of WAL mode, if it is in it. How a server keeps its journal is the server's.
    pub(crate) async fn use_rollback_journal(&self) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.use_rollback_journal().await,
            Engine::Server(_) => Ok(()),
        }
    }

    /// Reads from the primary: runs a statement that may be run again, and runs it again where its answer was
    /// lost. The document it answered, if any. What a replica may answer is read through the gate.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<Option<T>, Failure> {
        self.repeat(statement, &values).await
    }

    pub(crate) async fn once<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        statement.parse(measure(self.shared.primary.run(statement, values)).await?)
    }

    /// Runs statements in one transaction, once; the last document that one answered, if any.
    pub(crate) async fn transact<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        let document = measure(self.shared.primary.transact(steps, values)).await?;
        steps.last().map_or(Ok(None), |last| last.parse(document))
    }

    pub(crate) async fn repeat<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        match self.once(statement, values).await {
            Err(Failure::Lost(_)) => self.once(statement, values).await,
            answered => answered,
        }
    }

    /// The replica that a statement is to be answered by, if it may lag, there is one, and that is not
    /// left out. Whatever is wrong with it, the primary is asked.
    pub(crate) fn replica(&self, statement: &Statement) -> Option<&Replica> {
        let replica = self.shared.replica.as_ref().filter(|_| statement.allows_replica)?;
        let admitted = replica.admits();
        if !admitted {
            Usage::record(|usage| usage.replica_failures += 1);
        }
        admitted.then_some(replica)
    }
}
