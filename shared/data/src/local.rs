//! A connection to an embedded file, with its prepared statements.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use libsql::{Builder, Connection, OpenFlags, Rows, params::Params};
use rounds_request::Error;

use crate::{
    Statement,
    error::Failure,
    statement::{ChangeSteps, Tried, Values, document},
};

/// How long a statement waits for a lock on the file that another connection has.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// A connection. All its calls block the thread: its futures never wait.
pub(crate) struct LocalConnection {
    pub(crate) connection: Connection,
    /// Prepared statements, by their SQL text. Each is parsed and planned once.
    prepared: HashMap<&'static str, Prepared>,
}

struct Prepared {
    statement: libsql::Statement,
    /// The parameters' names, in the order in which their values are bound.
    parameters: Vec<String>,
}

impl LocalConnection {
    /// Opens the file at a path or `file:` URL. A statement on it waits for [`BUSY_TIMEOUT`] for a lock.
    ///
    /// Deleted and replaced data is overwritten with zeros (`secure_delete`). Otherwise SQLite would leave it in the free
    /// space of the file, including the names and emails of erased people.
    pub(crate) async fn open(url: &str, flags: OpenFlags) -> Result<Self, libsql::Error> {
        let connection = Builder::new_local(url).flags(flags).build().await?.connect()?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let opened = Self { connection, prepared: HashMap::new() };
        opened.pragma("PRAGMA secure_delete = ON").await?;
        Ok(opened)
    }

    /// Runs a pragma, or another query of one column. Returns its last value as text. Empty if it has none.
    pub(crate) async fn pragma(&self, pragma: &str) -> Result<String, libsql::Error> {
        let mut rows = self.connection.query(pragma, ()).await?;
        let mut last = String::new();
        while let Some(row) = rows.next().await? {
            last = match row.get_value(0)? {
                libsql::Value::Text(text) => text,
                libsql::Value::Integer(number) => number.to_string(),
                _ => String::new(),
            };
        }
        Ok(last)
    }

    /// Runs a statement and returns its document, if any.
    pub(crate) async fn run(&mut self, statement: &Statement, values: &Values) -> Result<Option<String>, Failure> {
        let prepared = match self.prepared.entry(statement.sql) {
            Entry::Occupied(prepared) => prepared.into_mut(),
            Entry::Vacant(entry) => entry.insert(Prepared::new(&self.connection, statement).await?),
        };
        let value = |name: &String| values.get(statement, name).cloned();
        let values = prepared.parameters.iter().map(value).collect::<Result<_, _>>()?;
        let running = Running(&prepared.statement);
        let mut rows = running.0.query(Params::Positional(values)).await?;
        last_document(&mut rows).await
    }

    /// Makes changes one after the other, and returns the outcome of each. A change that a rule refuses does not prevent the
    /// next ones. The caller rolls back the transaction.
    pub(crate) async fn try_changes(&mut self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        let mut outcomes = Vec::with_capacity(changes.len());
        for (steps, values) in changes {
            let mut outcome = Ok(None);
            for step in *steps {
                match self.run(step, values).await {
                    Ok(document) => outcome = outcome.map(|last| document.or(last)),
                    Err(Failure::Rule(rule)) => {
                        outcome = Err(rule);
                        break;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

impl Prepared {
    async fn new(connection: &Connection, statement: &Statement) -> Result<Self, libsql::Error> {
        let statement = connection.prepare(statement.sql).await?;
        let name = |index| statement.parameter_name(index as i32).unwrap_or_default().to_owned();
        let parameters = (1..=statement.parameter_count()).map(name).collect();
        Ok(Self { statement, parameters })
    }
}

/// Reads all rows and returns the document of the last one. A write is committed, or fails, only at the end of the
/// rows.
async fn last_document(rows: &mut Rows) -> Result<Option<String>, Failure> {
    let mut last = None;
    while let Some(row) = rows.next().await? {
        last = Some(document(row.get_value(0)?)?);
    }
    Ok(last)
}

pub(crate) fn unavailable(reason: impl ToString) -> Failure {
    Failure::Error(Error::Unavailable(reason.to_string()))
}

/// A running statement. It is reset when this is dropped, also after an error.
///
/// Without the reset, a statement that failed at a lock would still count as running. SQLite commits a write only
/// when no other statement runs: later writes would be acknowledged and lost.
struct Running<'a>(&'a libsql::Statement);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.reset();
    }
}
