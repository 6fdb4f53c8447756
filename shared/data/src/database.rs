use std::{path::PathBuf, sync::Arc, time::Duration};

use rounds_domain::{Calendar, Caller, Error, Usage};
use rounds_secrets::Secret;
use serde::de::DeserializeOwned;
use tokio::{runtime::Handle, sync::Mutex, time::timeout};

use crate::{
    Statement,
    address::Address,
    audit, clinic,
    error::Failure,
    file::File,
    meter::Meter,
    replica::{Change, Replica},
    server::{PATIENCE, Server},
    statement::{Gated, Value, Values, gate},
};

/// How often a request starts over because the clinic's calendar changed under it.
const CALENDAR_ATTEMPTS: usize = 3;

/// How long the first request may be held up by what is done before it.
const EARLY_PATIENCE: Duration = Duration::from_millis(800);

/// The clinic's database: an embedded libSQL file, or a libSQL server, by its URL. The same
/// statements run on both.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    primary: Engine,
    replica: Option<Replica>,
    calendar: Mutex<Option<Calendar>>,
    meter: Meter,
}

enum Engine {
    File(File),
    Server(Box<Server>),
}

impl Engine {
    async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        match self {
            Self::File(file) => file.run(statement, values).await,
            Self::Server(server) => server.run(statement, values, PATIENCE).await,
        }
    }

    /// One statement is a transaction by itself.
    async fn transact(&self, steps: &[&Statement], values: &Values) -> Result<Option<String>, Failure> {
        match (steps, self) {
            ([statement], _) => self.run(statement, values).await,
            (steps, Self::File(file)) => file.transact(steps, values).await,
            (steps, Self::Server(server)) => server.transact(steps, values).await,
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
        let (calendar, meter) = (Mutex::default(), Meter::default());
        Ok(Self { shared: Arc::new(Shared { primary, replica, calendar, meter }) })
    }

    /// That of a function, from its environment. It is opened at once, beside what else the function does
    /// until its first request is there.
    ///
    /// # Errors
    /// What is wrong with the environment, in a sentence that names the setting.
    pub fn from_env() -> Result<Self, String> {
        let database = Self::open(&Location::from_env()?)?;
        let early = database.clone();
        let runtime = Handle::current();
        // On a thread of its own: a file keeps it busy, and most of all the parsing of its schema.
        tokio::task::spawn_blocking(move || {
            // Whatever goes wrong, the first statement meets it again, and says so.
            let _ = runtime.block_on(timeout(EARLY_PATIENCE, early.calendar()));
        });
        Ok(database)
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

    /// Whether something is in between, which may lose or repeat what is sent.
    pub(crate) fn is_on_server(&self) -> bool {
        matches!(self.shared.primary, Engine::Server(_))
    }

    /// What has been asked of it since the process started, by all clones, migrations left out.
    pub fn usage(&self) -> Usage {
        self.shared.meter.usage()
    }

    /// Runs statements of a step of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.apply(sql).await,
            Engine::Server(server) => server.apply(sql).await,
        }
    }

    /// Takes a file out of WAL mode, if it is in it. How a server keeps its journal is the server's.
    pub(crate) async fn keep_rollback_journal(&self) -> Result<(), Failure> {
        match &self.shared.primary {
            Engine::File(file) => file.keep_rollback_journal().await,
            Engine::Server(_) => Ok(()),
        }
    }

    /// Reads: runs a statement that may be run again, and runs it again where its answer was
    /// lost. The document it answered, if any.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Failure> {
        let values = Values::new(values);
        if let Some(replica) = self.replica(statement)
            && let Some(document) = replica.answer(statement, &values, &self.shared.meter).await
        {
            return Ok(document);
        }
        self.repeat(statement, &values).await
    }

    pub(crate) async fn once<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        statement.parse(self.shared.meter.answer(self.shared.primary.run(statement, values)).await?)
    }

    /// Runs statements in one transaction, once; the last document that one answered, if any.
    pub(crate) async fn transact<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        let document = self.shared.meter.answer(self.shared.primary.transact(steps, values)).await?;
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
    fn replica(&self, statement: &Statement) -> Option<&Replica> {
        let replica = self.shared.replica.as_ref().filter(|_| statement.may_lag)?;
        let admitted = replica.admits();
        if !admitted {
            self.shared.meter.replica_failed();
        }
        admitted.then_some(replica)
    }

    /// Reads what is behind the gate; `None` where there is no answer.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &Caller,
        calendar: Option<&Calendar>,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Error> {
        let values = Values::new(gate(caller, calendar).into_iter().chain(values));
        let nothing = |statement: &Statement| Error::Internal(format!("{} answered nothing", statement.name));
        let meter = &self.shared.meter;
        if let Some(replica) = self.replica(statement) {
            // What was read may lag; whether the caller may read it, the primary says meanwhile, and how
            // far it has come itself.
            let (document, gate) = tokio::join!(
                replica.answer::<Gated<T>>(statement, &values, meter),
                self.repeat::<Gated<Change>>(&audit::NEWEST, &values)
            );
            let newest = gate?.ok_or_else(|| nothing(&audit::NEWEST))?.open()?;
            meter.caller_confirmed();
            if let Some(Some(document)) = document {
                meter.replica_lags(replica.lag(document.newest, newest));
                match document.open() {
                    Ok(answer) => return Ok(answer),
                    // A replica that does not know the caller or the calendar yet is behind.
                    Err(_) => meter.replica_failed(),
                }
            }
        }
        let document: Option<Gated<T>> = self.repeat(statement, &values).await?;
        let document = document.ok_or_else(|| nothing(statement))?;
        document.open().inspect(|_| self.shared.meter.caller_confirmed())
    }

    /// The clinic's calendar, from memory where it has been read before. Whatever is done with
    /// it must carry its version.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn calendar(&self) -> Result<Calendar, Error> {
        let mut known = self.shared.calendar.lock().await;
        match *known {
            Some(calendar) => Ok(calendar),
            None => Ok(*known.insert(clinic::read(self).await?.calendar)),
        }
    }

    pub(crate) async fn learn(&self, calendar: Option<Calendar>) {
        *self.shared.calendar.lock().await = calendar;
    }

    /// Does something that depends on the clinic's days, and does it again with the new calendar
    /// where that has changed meanwhile.
    ///
    /// # Errors
    /// Those of what is done.
    pub async fn in_calendar<T, F: Future<Output = Result<T, Error>>>(
        &self,
        act: impl Fn(Calendar) -> F,
    ) -> Result<T, Error> {
        for _ in 1..CALENDAR_ATTEMPTS {
            match act(self.calendar().await?).await {
                Err(Error::CalendarChanged) => self.learn(None).await,
                done => return done,
            }
        }
        act(self.calendar().await?).await
    }
}
