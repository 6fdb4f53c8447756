use rounds_request::{Error, Usage};

use crate::rule::Rule;

/// What the database said instead of an answer. Of the engine: the queries above it answer [`Error`].
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule of the schema refused the change.
    Rule(Rule),
    /// A constraint of one row refused the change.
    Check(String),
    /// The operation was made before.
    Repeated,
    /// A server was asked, and did not answer, or the disk failed: whether the statement was run is
    /// not known.
    Lost(String),
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            // An instance was frozen for days in the middle of a request, or a clock is wrong.
            Failure::Rule(Rule::OperationExpired) => {
                Error::Unavailable("the operation is older than what is remembered: is the clock right?".into())
            }
            Failure::Rule(rule) => Error::Internal(format!("the database refused a statement: {}", rule.word())),
            Failure::Check(said) => Error::Internal(format!("the database refused a statement: {said}")),
            Failure::Repeated => Error::Internal("an operation was made before".into()),
            Failure::Lost(reason) => Error::Unavailable(reason),
            Failure::Error(error) => error,
        }
    }
}

/// The one place where the database's constraints and faults get their meaning. The codes are
/// SQLite's extended result codes (<https://sqlite.org/rescode.html>).
impl From<libsql::Error> for Failure {
    fn from(error: libsql::Error) -> Self {
        let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
        match error {
            // SQLITE_CONSTRAINT
            libsql::Error::SqliteFailure(code, message) if code & 0xFF == 19 => constraint(&message),
            libsql::Error::SqliteFailure(1, message) if is_not_migrated(&message) => not_migrated(&message),
            // SQLITE_IOERR: a commit is the end of the journal, and may have come to pass.
            libsql::Error::SqliteFailure(code, message) if code & 0xFF == 10 => {
                Failure::Lost(format!("{message} (SQLite code {code})"))
            }
            // SQLITE_CORRUPT
            libsql::Error::SqliteFailure(code, message) if code & 0xFF == 11 => {
                unavailable(format!("the database is damaged ({message}): put a backup in its place"))
            }
            // SQLITE_NOTADB
            libsql::Error::SqliteFailure(26, message) => unavailable(format!(
                "this is no SQLite database ({message}): name another file, or put a backup in its place"
            )),
            // SQLITE_BUSY, _LOCKED, _READONLY, _FULL, _CANTOPEN
            libsql::Error::SqliteFailure(code, message) if matches!(code & 0xFF, 5 | 6 | 8 | 13 | 14) => {
                unavailable(format!("{message} (SQLite code {code})"))
            }
            libsql::Error::ConnectionFailed(message) => unavailable(message),
            other => Failure::Error(Error::Internal(other.to_string())),
        }
    }
}

fn constraint(message: &str) -> Failure {
    match message.parse() {
        Ok(rule @ Rule::DayUnknown) => Failure::Rule(rule),
        Ok(rule) => {
            Usage::note(|usage| usage.refused_by = Some(rule.word()));
            Failure::Rule(rule)
        }
        Err(()) if message.contains("operations.id") => Failure::Repeated,
        Err(()) => Failure::Check(message.to_owned()),
    }
}

fn is_not_migrated(message: &str) -> bool {
    ["no such table", "no such column", "has no column named"].iter().any(|it| message.contains(it))
}

fn not_migrated(message: &str) -> Failure {
    Failure::Error(Error::Unavailable(format!("{message}: run the migration")))
}

/// The same for what a server says of a statement that failed there.
pub(crate) fn of_server(said: &str) -> Failure {
    let message = said.trim_start_matches("SQLite error: ");
    let is = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    match message {
        _ if message.parse::<Rule>().is_ok() || is(&["constraint failed"]) => constraint(message),
        _ if is_not_migrated(message) => not_migrated(message),
        _ if is(&["I/O"]) => Failure::Lost(message.to_owned()),
        _ if is(&["image is malformed", "malformed database", "not a database"]) => Failure::Error(Error::Unavailable(
            format!("the database is damaged ({message}): put a backup in its place"),
        )),
        _ if is(&["locked", "busy", "readonly", "is full", "unable to open", "timed out", "cannot handle"]) => {
            Failure::Error(Error::Unavailable(message.to_owned()))
        }
        _ => Failure::Error(Error::Internal(message.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_statement_was_run_is_not_known_where_the_disk_failed() {
        // SQLITE_IOERR_FSYNC, _DELETE
        for code in [1034, 2570] {
            let failed = libsql::Error::SqliteFailure(code, "disk I/O error".into()).into();
            assert!(matches!(failed, Failure::Lost(reason) if reason.contains(&code.to_string())));
        }
        assert!(matches!(of_server("SQLite error: disk I/O error"), Failure::Lost(_)));
        // SQLITE_FULL is rolled back.
        let full = libsql::Error::SqliteFailure(13, "database or disk is full".into()).into();
        assert!(matches!(full, Failure::Error(Error::Unavailable(_))));
        let full = of_server("SQLite error: database or disk is full");
        assert!(matches!(full, Failure::Error(Error::Unavailable(_))));
    }
}
