//! An embedded file that one process serves.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use libsql::OpenFlags;
use rounds_request::Error;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot},
    task::spawn_blocking,
};

use crate::{
    DatabaseLock, Statement,
    address::FileAddress,
    error::Failure,
    file::create,
    local::{LocalConnection, unavailable},
    statement::{ChangeSteps, Tried, Values},
    writer::{Changes, Job, Writer},
};

/// A query that took longer the last time runs on a thread of its own. Others run at once on the thread that serves the
/// request: handing them to another thread would take as long as the query itself.
const SLOW_QUERY: Duration = Duration::from_millis(2);

/// How many changes may wait for the writer. More wait before they are queued.
const QUEUED_CHANGES: usize = 1024;

/// An embedded file in WAL mode that only this process writes. Any number of requests can use it at a time: queries run
/// on several connections, beside the changes.
///
/// In WAL mode a commit is one `fsync` instead of four (`synchronous = FULL`: it survives a power cut). SQLite 3.47, which
/// libsql bundles, can lose commits in WAL mode if a checkpoint and a write of two connections race
/// (<https://sqlite.org/wal.html#walresetbug>). That cannot happen here: one thread makes all writes and all checkpoints
/// ([`Writer`]), and a lock excludes other programs of Rounds ([`DatabaseLock`]).
pub(crate) struct ServedFile {
    path: PathBuf,
    url: String,
    changes: mpsc::Sender<Job>,
    readers: Arc<Readers>,
}

/// The connections for queries. They are opened when they are needed.
struct Readers {
    url: String,
    /// The maximum number of connections.
    count: u32,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<LocalConnection>>,
    /// The statements that took longer than [`SLOW_QUERY`] the last time, by their SQL text.
    slow: Mutex<HashSet<&'static str>>,
}

impl ServedFile {
    /// Opens the locked file, and creates it if it is missing.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub(crate) async fn open(address: &FileAddress, lock: DatabaseLock) -> Result<Self, String> {
        let path = PathBuf::from(&address.path);
        let failed = |error: &dyn std::fmt::Display| format!("cannot open {}: {error}", path.display());
        if address.can_be_created() {
            create(&path).map_err(|error| failed(&error))?;
        }
        // A mode would forbid one of the flags of a connection.
        let url = address.without_mode().to_sqlite();
        let writer =
            Writer::open(&url, &path, lock).await.map_err(|failure| failed(&Error::from(failure).into_reason()))?;
        let (changes, queue) = mpsc::channel(QUEUED_CHANGES);
        thread::Builder::new()
            .name("writer".into())
            .spawn(move || writer.serve(queue))
            .map_err(|error| failed(&error))?;
        let readers = Arc::new(Readers::new(&url));
        Ok(Self { path, url, changes, readers })
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Runs a statement and returns its document, if any.
    pub(crate) async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let result = match statement.is_query() {
            true => self.query(statement, values).await,
            false => self.write(vec![(vec![*statement], values.clone())]).await,
        };
        result.map_err(|failure| failure.with_name(&self.url))
    }

    /// Makes changes in one transaction. Returns the document of the last statement that returned one.
    pub(crate) async fn transact(&self, changes: &[ChangeSteps<'_>]) -> Result<Option<String>, Failure> {
        self.write(owned(changes)).await.map_err(|failure| failure.with_name(&self.url))
    }

    /// Makes changes in a transaction that is rolled back: see [`LocalConnection::try_changes`].
    pub(crate) async fn try_changes(&self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        let tried = self.queue(|reply| Job::Trial(owned(changes), reply)).await;
        tried.map_err(|failure| failure.with_name(&self.url))
    }

    /// Runs the statements of a migration step in one transaction.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let applied = self.queue(|reply| Job::Script(sql.to_owned(), reply)).await;
        applied.map_err(|failure| failure.with_name(&self.url))
    }

    /// Waits for the running statements, copies the WAL back into the file, and closes it. Later statements fail.
    pub(crate) async fn close(&self) -> Result<(), Failure> {
        self.readers.close().await;
        self.queue(Job::Close).await
    }

    async fn write(&self, changes: Changes) -> Result<Option<String>, Failure> {
        self.queue(|reply| Job::Changes(changes, reply)).await
    }

    /// Queues a job for the writer, and waits for its result.
    async fn queue<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, Failure>>) -> Job) -> Result<T, Failure> {
        let (reply, result) = oneshot::channel();
        let closed = || unavailable("the database is closed, because the program ends");
        self.changes.send(job(reply)).await.map_err(|_| closed())?;
        // The writer drops a job without a reply only if it panics. The change may have been made then.
        result.await.unwrap_or_else(|_| Err(Failure::Lost("the writer of the database has ended".into())))
    }

    /// Runs a query, which blocks a thread.
    async fn query(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let closed = |_| unavailable("the database is closed, because the program ends");
        let permit = self.readers.free.clone().acquire_owned().await.map_err(closed)?;
        if !self.readers.is_slow(statement) {
            return self.readers.run(statement, values).await;
        }
        let (readers, statement, values, runtime) =
            (self.readers.clone(), *statement, values.clone(), Handle::current());
        let done = spawn_blocking(move || {
            let _permit = permit;
            runtime.block_on(readers.run(&statement, &values))
        });
        done.await.unwrap_or_else(|error| Err(Failure::Error(Error::Internal(error.to_string()))))
    }
}

fn owned(changes: &[ChangeSteps<'_>]) -> Changes {
    changes.iter().map(|(steps, values)| (steps.iter().map(|step| **step).collect(), (*values).clone())).collect()
}

impl Readers {
    /// Creates no connection yet.
    fn new(url: &str) -> Self {
        let count = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let free = Arc::new(Semaphore::new(count));
        Self { url: url.to_owned(), count: count as u32, free, idle: Mutex::default(), slow: Mutex::default() }
    }

    /// Runs a query on an idle connection, or on a new one.
    async fn run(&self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = LocalConnection::open(&self.url, OpenFlags::SQLITE_OPEN_READ_WRITE).await?;
                connection.pragma("PRAGMA query_only = ON").await?;
                connection.pragma("PRAGMA wal_autocheckpoint = 0").await?;
                connection
            }
        };
        let started = Instant::now();
        let result = connection.run(statement, values).await;
        let is_slow = started.elapsed() > SLOW_QUERY;
        if is_slow != self.is_slow(statement) {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            if is_slow {
                slow.insert(statement.sql)
            } else {
                slow.remove(statement.sql)
            };
        }
        self.idle().push(connection);
        result
    }

    /// Returns whether the statement took long the last time.
    fn is_slow(&self, statement: &Statement) -> bool {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).contains(statement.sql)
    }

    /// Waits for the running queries, and closes the connections.
    async fn close(&self) {
        // An error means that they are closed already.
        let _all = self.free.acquire_many(self.count).await;
        self.free.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<LocalConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
