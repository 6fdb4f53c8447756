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
            // SQLITE_CONSTRAINT_TRIGGER, _CHECK, _UNIQUE
            libsql::Error::SqliteFailure(1811 | 275 | 2067, message) => rule(message),
            libsql::Error::SqliteFailure(1, message) if is_not_migrated(&message) => not_migrated(&message),
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
    ["no such table", "no such column", "has no column named"].iter().any(|it| message.contains(it))
}

fn not_migrated(message: &str) -> Failure {
    Failure::Error(Error::Unavailable(format!("{message}: run the migration")))
}

/// The same for a server's. libsql hands on what it says as a text, without its code.
fn of_server(text: &str) -> Failure {
    let unavailable = |reason: &str| Failure::Error(Error::Unavailable(reason.to_owned()));
    let said = text.split_once("api error: `").map(|(_, said)| said.trim_end_matches('`'));
    match said {
        // Refused at the door: what a token is refused with, for one.
        Some(said) if said.starts_with("status=4") => unavailable(said),
        Some(said) if !said.starts_with("status=") => of_statement(said),
        // Nothing was sent.
        _ if text.contains("error trying to connect") => unavailable(text),
        _ => Failure::Lost(text.to_owned()),
    }
}

/// What a server says of a statement that failed there.
fn of_statement(said: &str) -> Failure {
    let message = said.trim_start_matches("SQLite error: ");
    let is_word = message.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
    let is = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    match message {
        _ if is_word || is(&["CHECK constraint failed", "UNIQUE constraint failed"]) => rule(message.to_owned()),
        _ if is_not_migrated(message) => not_migrated(message),
        _ if is(&["locked", "busy", "readonly", "I/O", "is full", "unable to open", "timed out", "cannot handle"]) => {
            Failure::Error(Error::Unavailable(message.to_owned()))
        }
        _ => Failure::Error(Error::Internal(message.to_owned())),
    }
}
