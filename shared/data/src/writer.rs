//! The thread that makes all changes of a served file.

use std::path::{Path, PathBuf};

use libsql::{OpenFlags, TransactionBehavior};
use rounds_request::Error;
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
};

use crate::{
    DatabaseLock, Statement,
    error::Failure,
    file::{Identity, identity},
    local::{LocalConnection, unavailable},
    statement::{ChangeSteps, Tried, Values, values},
};

/// The maximum number of changes in one commit.
const MAX_GROUP: usize = 64;

const BEGIN: Statement = control("BEGIN IMMEDIATE");
const COMMIT: Statement = control("COMMIT");
const ROLLBACK: Statement = control("ROLLBACK");
const SAVEPOINT: Statement = control("SAVEPOINT change");
const RELEASE: Statement = control("RELEASE change");
const ROLLBACK_TO: Statement = control("ROLLBACK TO change");

const fn control(sql: &'static str) -> Statement {
    Statement { name: sql, sql, allows_replica: false }
}

/// Work that waits for the writer, and the recipient of its result.
pub(crate) enum Job {
    /// Changes that are made together or not at all.
    Changes(Changes, Reply<Option<String>>),
    /// Changes that are tried, in a transaction of their own that is rolled back.
    Trial(Changes, Reply<Vec<Tried>>),
    /// The statements of a migration step, in a transaction of its own.
    Script(String, Reply<()>),
    /// Closes the file, after all earlier changes.
    Close(Reply<()>),
}

type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// The steps of changes, and the values of each.
pub(crate) type Changes = Vec<(Vec<Statement>, Values)>;

type Outcome = Result<Option<String>, Failure>;

/// The only connection that writes to a served file, and that makes checkpoints.
///
/// Changes that wait at the same time share a commit, and so a single `fsync` (group commit). Each is in a savepoint of
/// its own: a change that fails is rolled back alone. A result is sent only after the commit.
pub(crate) struct Writer {
    local: LocalConnection,
    path: PathBuf,
    /// The identity of the file that is open. If the file at the path is another one, a change would be acknowledged and
    /// lost.
    identity: Identity,
    _lock: DatabaseLock,
}

impl Writer {
    /// Opens the file and switches it to WAL mode.
    pub(crate) async fn open(url: &str, path: &Path, lock: DatabaseLock) -> Result<Self, Failure> {
        let local = LocalConnection::open(url, OpenFlags::SQLITE_OPEN_READ_WRITE).await?;
        let mode = local.pragma("PRAGMA journal_mode = WAL").await?;
        if mode != "wal" {
            return Err(unavailable(format!("it cannot be switched to WAL mode (it is in mode {mode})")));
        }
        local.pragma("PRAGMA synchronous = FULL").await?;
        // The size in pages (16 MiB) from which on a commit also copies the WAL back into the file.
        local.pragma("PRAGMA wal_autocheckpoint = 4096").await?;
        // During a backup the WAL grows. Afterwards it is truncated to this size.
        local.pragma("PRAGMA journal_size_limit = 67108864").await?;
        let identity = identity(path).map_err(unavailable)?;
        Ok(Self { local, path: path.to_owned(), identity, _lock: lock })
    }

    /// Makes the changes of a queue until it is closed.
    pub(crate) fn serve(mut self, mut queue: mpsc::Receiver<Job>) {
        // SQLite blocks the thread, so the runtime has no work but the futures of libsql, which never wait.
        let Ok(runtime) = Builder::new_current_thread().build() else {
            tracing::error!("the writer of the database has no runtime");
            return;
        };
        while let Some(first) = queue.blocking_recv() {
            let mut group = vec![first];
            while group.len() < MAX_GROUP
                && let Ok(next) = queue.try_recv()
            {
                group.push(next);
            }
            if let Some(closed) = runtime.block_on(self.complete(group)) {
                // The last connection copies the WAL back into the file and removes it.
                drop(self);
                // An error means that nobody waits for the end.
                let _ = closed.send(Ok(()));
                return;
            }
        }
    }

    /// Makes a group of changes. Returns the recipient of the end, if one of them closes the file.
    async fn complete(&mut self, group: Vec<Job>) -> Option<Reply<()>> {
        let (mut changes, mut closed) = (Vec::new(), None);
        for job in group {
            match job {
                // The client of a change has gone away, and the change was not begun.
                Job::Changes(_, reply) if reply.is_closed() => {}
                Job::Changes(together, reply) => changes.push((together, reply)),
                Job::Trial(tried, reply) => {
                    let _ = reply.send(self.try_changes(&tried).await);
                }
                Job::Script(sql, reply) => {
                    let _ = reply.send(self.script(&sql).await);
                }
                Job::Close(reply) => closed = Some(reply),
            }
        }
        let (changes, replies): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        for (reply, outcome) in replies.into_iter().zip(self.commit(&changes).await) {
            // An error means that the client has gone away.
            let _ = reply.send(outcome);
        }
        closed
    }

    /// Makes changes in one commit. Returns the outcome of each.
    async fn commit(&mut self, changes: &[Changes]) -> Vec<Outcome> {
        if changes.is_empty() {
            return Vec::new();
        }
        match self.try_commit(changes).await {
            Ok(outcomes) => outcomes,
            Err(Failure::Lost(reason)) => changes.iter().map(|_| Err(Failure::Lost(reason.clone()))).collect(),
            Err(failure) => {
                let reason = Error::from(failure).into_reason();
                changes.iter().map(|_| Err(unavailable(&reason))).collect()
            }
        }
    }

    /// Makes changes in a transaction that is rolled back: see [`LocalConnection::try_changes`].
    async fn try_changes(&mut self, changes: &Changes) -> Result<Vec<Tried>, Failure> {
        self.begin().await?;
        let steps: Vec<Vec<&Statement>> = changes.iter().map(|(steps, _)| steps.iter().collect()).collect();
        let steps: Vec<ChangeSteps<'_>> =
            steps.iter().zip(changes).map(|(steps, (_, values))| (&steps[..], values)).collect();
        let outcomes = self.local.try_changes(&steps).await;
        if !self.local.connection.is_autocommit() {
            self.control(&ROLLBACK).await?;
        }
        outcomes
    }

    /// Makes changes in one commit. An error means that none was made, or, if it is [`Failure::Lost`], perhaps all.
    async fn try_commit(&mut self, changes: &[Changes]) -> Result<Vec<Outcome>, Failure> {
        self.begin().await?;
        let mut outcomes = Vec::with_capacity(changes.len());
        for together in changes {
            match self.change(together).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(failure) => return self.abandon(failure).await,
            }
        }
        match self.control(&COMMIT).await {
            Ok(()) => Ok(outcomes),
            Err(failure) => self.abandon(failure).await,
        }
    }

    /// Begins a transaction.
    async fn begin(&mut self) -> Result<(), Failure> {
        if identity(&self.path).map_err(unavailable)? != self.identity {
            return Err(unavailable("another file has taken its place: restart the program"));
        }
        // Only if the last rollback failed.
        if !self.local.connection.is_autocommit() {
            self.control(&ROLLBACK).await?;
        }
        self.control(&BEGIN).await
    }

    /// Rolls the transaction back, if SQLite has not done so. Returns the reason as an error.
    async fn abandon<T>(&mut self, reason: Failure) -> Result<T, Failure> {
        if !self.local.connection.is_autocommit() {
            self.control(&ROLLBACK).await?;
        }
        Err(reason)
    }

    /// Makes changes together, in a savepoint. If one fails, they are rolled back, and the failure is their outcome. An error
    /// means that the whole transaction has to be rolled back, or was.
    async fn change(&mut self, together: &Changes) -> Result<Outcome, Failure> {
        self.control(&SAVEPOINT).await?;
        let outcome = self.run(together).await;
        match &outcome {
            Ok(_) => {}
            // After some errors, such as a full disk, SQLite rolls back the whole transaction.
            Err(_) if self.local.connection.is_autocommit() => return outcome.map(Ok),
            Err(_) => self.control(&ROLLBACK_TO).await?,
        }
        self.control(&RELEASE).await?;
        Ok(outcome)
    }

    /// Runs the steps of changes. Returns the document of the last one that returned one.
    async fn run(&mut self, together: &Changes) -> Outcome {
        let mut last = None;
        for (steps, values) in together {
            for step in steps {
                last = self.local.run(step, values).await?.or(last);
            }
        }
        Ok(last)
    }

    /// Runs a migration step in a transaction of its own.
    async fn script(&self, sql: &str) -> Result<(), Failure> {
        let transaction = self.local.connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
        transaction.execute_batch(sql).await?;
        Ok(transaction.commit().await?)
    }

    async fn control(&mut self, statement: &Statement) -> Result<(), Failure> {
        self.local.run(statement, &values![]).await.map(drop)
    }
}
