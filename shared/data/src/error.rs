use rounds_domain::Error;

/// What the database said instead of an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule of the schema refused the statement: a trigger's word for it, or the constraint.
    Rule(String),
    /// A server was asked, and did not answer: whether the statement was run is not known.
    Lost(String),
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rule(word) => Error::Internal(format!("the database refused a statement: {word}")),
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
            // SQLITE_CONSTRAINT_TRIGGER, _CHECK
            libsql::Error::SqliteFailure(1811 | 275, message) => rule(message),
            libsql::Error::SqliteFailure(1, message) if is_not_migrated(&message) => {
                unavailable(format!("{message}: run the migration"))
            }
            // SQLITE_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN, _NOTADB
            libsql::Error::SqliteFailure(code, message) if matches!(code & 0xFF, 5 | 6 | 8 | 10 | 13 | 14 | 26) => {
                unavailable(format!("{message} (SQLite code {code})"))
            }
            libsql::Error::ConnectionFailed(message) => unavailable(message),
            libsql::Error::Hrana(error) => of_server(&error.to_string()),
            other => Failure::Error(Error::Internal(other.to_string())),
        }
    }
}

fn rule(message: String) -> Failure {
    if message == "email-taken" { Failure::Error(Error::EmailTaken) } else { Failure::Rule(message) }
}

fn is_not_migrated(message: &str) -> bool {
    message.starts_with("no such table") || message.starts_with("no such column")
}

/// The same for a server's. libsql hands on what it says as a text, without its code.
fn of_server(text: &str) -> Failure {
    let unavailable = |reason: &str| Failure::Error(Error::Unavailable(reason.to_owned()));
    if let Some((_, message)) = text.split_once("SQLite error: ") {
        let message = message.trim_end_matches('`');
        let is_word = message.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
        return match message {
            _ if is_word || message.starts_with("CHECK constraint failed") => rule(message.to_owned()),
            _ if is_not_migrated(message) => unavailable(&format!("{message}: run the migration")),
            _ if ["locked", "busy", "readonly", "I/O", "full", "unable to open"]
                .iter()
                .any(|it| message.contains(it)) =>
            {
                unavailable(message)
            }
            _ => Failure::Error(Error::Internal(message.to_owned())),
        };
    }
    // Nothing was sent, or it was refused at the door: what a token is refused with, for one.
    if text.contains("error trying to connect") || text.contains("status=4") {
        return unavailable(text);
    }
    Failure::Lost(text.to_owned())
}
