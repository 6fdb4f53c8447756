use rounds_domain::Error;

/// What the database said instead of an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule of the schema refused the statement: a trigger's word for it, or the constraint.
    Rule(String),
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rule(word) => Error::Internal(format!("the database refused a statement: {word}")),
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
            // SQLITE_CONSTRAINT_TRIGGER
            libsql::Error::SqliteFailure(1811, word) if word == "email-taken" => Failure::Error(Error::EmailTaken),
            libsql::Error::SqliteFailure(1811, word) => Failure::Rule(word),
            // SQLITE_CONSTRAINT_CHECK
            libsql::Error::SqliteFailure(275, message) => Failure::Rule(message),
            libsql::Error::SqliteFailure(1, message) if message.starts_with("no such table") => {
                unavailable(format!("{message}: run the migration"))
            }
            // SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN, _NOTADB
            libsql::Error::SqliteFailure(code, message) if matches!(code & 0xFF, 5 | 6 | 8 | 10 | 13 | 14 | 26) => {
                unavailable(format!("{message} (SQLite code {code})"))
            }
            libsql::Error::ConnectionFailed(message) => unavailable(message),
            other => Failure::Error(Error::Internal(other.to_string())),
        }
    }
}
