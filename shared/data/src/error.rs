use rounds_request::Error;
use serde::Deserialize;

use crate::Rule;

/// What the database said instead of an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A trigger refused the statement.
    Rule(Rule),
    /// A UNIQUE or PRIMARY KEY constraint refused the statement: a row with these values exists. Names
    /// the columns: `operations.id`.
    Duplicate(String),
    /// A CHECK constraint refused the statement. Only a change of the clinic may let that happen.
    Check(String),
    /// A server did not answer, or the disk failed: whether the statement was run is not known.
    Lost(String),
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let bug = |what: &str| Error::Internal(format!("the database refused a statement: {what}"));
        match failure {
            // An instance was frozen for days in the middle of a request, or a clock is wrong.
            Failure::Rule(Rule::OperationExpired) => {
                Error::Unavailable("the operation is older than what is remembered: is the clock right?".into())
            }
            Failure::Rule(rule) => rule.refusal().map_or_else(|| bug(rule.word()), Error::Refused),
            Failure::Duplicate(columns) => bug(&format!("{columns} must be unique")),
            Failure::Check(constraint) => bug(&format!("the CHECK {constraint}")),
            Failure::Lost(reason) => Error::Unavailable(reason),
            Failure::Error(error) => error,
        }
    }
}

/// The kinds of errors of SQLite (<https://sqlite.org/rescode.html>) and of sqld that have a meaning
/// here.
enum Kind {
    Constraint,
    Lost,
    Damaged,
    NotADatabase,
    Unavailable,
    /// An error in a statement, which is a table or column that is missing if the schema is older or newer
    /// than this program.
    Statement,
    Bug,
}

/// The one place where the database's constraints and faults get their meaning.
fn failure(kind: Kind, message: &str, code: &str) -> Failure {
    let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
    let bug = || Failure::Error(Error::Internal(format!("{message} ({code})")));
    match kind {
        Kind::Constraint => constraint(message),
        Kind::Lost => Failure::Lost(format!("{message} ({code})")),
        Kind::Damaged => unavailable(format!("the database is damaged ({message}): put a backup in its place")),
        Kind::NotADatabase => unavailable(format!(
            "this is no SQLite database ({message}): name another file, or put a backup in its place"
        )),
        Kind::Unavailable => unavailable(format!("{message} ({code})")),
        // SQLite has one code for all errors in statements.
        Kind::Statement
            if ["no such table", "no such column", "has no column named"].iter().any(|it| message.contains(it)) =>
        {
            unavailable(format!("{message}: run the migration"))
        }
        Kind::Statement | Kind::Bug => bug(),
    }
}

/// Which constraint refused a statement. sqld has one code for all constraints, so SQLite's message tells
/// them apart: the word of a trigger is the whole message.
fn constraint(message: &str) -> Failure {
    if let Ok(rule) = message.parse() {
        return Failure::Rule(rule);
    }
    match message.split_once(" constraint failed: ") {
        Some(("UNIQUE", columns)) => Failure::Duplicate(columns.to_owned()),
        Some(("CHECK", constraint)) => Failure::Check(constraint.to_owned()),
        _ => Failure::Error(Error::Internal(format!("the database refused a statement: {message}"))),
    }
}

impl From<libsql::Error> for Failure {
    fn from(error: libsql::Error) -> Self {
        match error {
            libsql::Error::SqliteFailure(code, message) => {
                // The lowest byte of an extended code is the primary code.
                let kind = match code & 0xFF {
                    19 => Kind::Constraint,
                    // SQLITE_IOERR: a commit is the end of the journal, and may have come to pass.
                    10 => Kind::Lost,
                    11 => Kind::Damaged,
                    26 => Kind::NotADatabase,
                    // SQLITE_BUSY, _LOCKED, _READONLY, _INTERRUPT, _FULL, _CANTOPEN, _PROTOCOL
                    5 | 6 | 8 | 9 | 13 | 14 | 15 => Kind::Unavailable,
                    1 => Kind::Statement,
                    _ => Kind::Bug,
                };
                failure(kind, &message, &format!("SQLite code {code}"))
            }
            libsql::Error::ConnectionFailed(message) => Failure::Error(Error::Unavailable(message)),
            other => Failure::Error(Error::Internal(other.to_string())),
        }
    }
}

/// What a server says of a statement that failed there, by Hrana.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    message: String,
    /// sqld's own codes, and SQLite's primary ones.
    #[serde(default)]
    code: String,
}

impl From<Refusal> for Failure {
    fn from(Refusal { message, code }: Refusal) -> Self {
        let kind = match code.as_str() {
            "SQLITE_CONSTRAINT" => Kind::Constraint,
            // The primary of a replica that passes statements on did not answer as expected.
            "SQLITE_IOERR" | "PROXY_ERROR" => Kind::Lost,
            "SQLITE_CORRUPT" => Kind::Damaged,
            "SQLITE_NOTADB" => Kind::NotADatabase,
            "SQLITE_BUSY"
            | "SQLITE_LOCKED"
            | "SQLITE_READONLY"
            | "SQLITE_INTERRUPT"
            | "SQLITE_FULL"
            | "SQLITE_CANTOPEN"
            | "SQLITE_PROTOCOL"
            | "TRANSACTION_TIMEOUT"
            | "TRANSACTION_BUSY"
            | "BLOCKED" => Kind::Unavailable,
            // An error in a statement without and with a place in its text.
            "SQLITE_UNKNOWN" | "SQL_INPUT_ERROR" => Kind::Statement,
            _ => Kind::Bug,
        };
        failure(kind, message.trim_start_matches("SQLite error: "), &code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locally(code: i32, message: &str) -> Failure {
        libsql::Error::SqliteFailure(code, message.into()).into()
    }

    fn on_a_server(code: &str, message: &str) -> Failure {
        Refusal { message: message.into(), code: code.into() }.into()
    }

    #[test]
    fn whether_a_statement_was_run_is_not_known_where_the_disk_failed() {
        // SQLITE_IOERR_FSYNC, _DELETE
        for code in [1034, 2570] {
            assert!(
                matches!(locally(code, "disk I/O error"), Failure::Lost(reason) if reason.contains(&code.to_string()))
            );
        }
        assert!(matches!(on_a_server("SQLITE_IOERR", "SQLite error: disk I/O error"), Failure::Lost(_)));
        // SQLITE_FULL is rolled back.
        for full in [
            locally(13, "database or disk is full"),
            on_a_server("SQLITE_FULL", "SQLite error: database or disk is full"),
        ] {
            assert!(matches!(full, Failure::Error(Error::Unavailable(_))));
        }
    }

    /// SQLITE_CONSTRAINT_TRIGGER, _UNIQUE, _PRIMARYKEY, _CHECK, _FOREIGNKEY
    #[test]
    fn a_constraint_is_told_apart_from_the_others() {
        let both = |code, message: &str| {
            [locally(code, message), on_a_server("SQLITE_CONSTRAINT", &format!("SQLite error: {message}"))]
        };
        for failure in both(1811, "doctor-busy") {
            assert!(matches!(failure, Failure::Rule(Rule::DoctorBusy)), "{failure:?}");
        }
        for code in [2067, 1555] {
            for failure in both(code, "UNIQUE constraint failed: operations.id") {
                assert!(matches!(&failure, Failure::Duplicate(columns) if columns == "operations.id"), "{failure:?}");
            }
        }
        for failure in both(275, "CHECK constraint failed: duration > 0") {
            assert!(matches!(&failure, Failure::Check(check) if check == "duration > 0"), "{failure:?}");
        }
        for (code, message) in [(787, "FOREIGN KEY constraint failed"), (1811, "no-such-rule")] {
            for failure in both(code, message) {
                assert!(matches!(failure, Failure::Error(Error::Internal(_))), "{failure:?}");
            }
        }
    }

    /// However it is worded.
    #[test]
    fn the_code_decides_and_not_the_text() {
        for failure in [
            locally(5, "doctor-busy"),
            on_a_server("SQLITE_BUSY", "doctor-busy"),
            on_a_server("TRANSACTION_TIMEOUT", "Transaction timed out"),
        ] {
            assert!(matches!(failure, Failure::Error(Error::Unavailable(_))), "{failure:?}");
        }
        for failure in [locally(20, "the file is locked"), on_a_server("RESPONSE_TOO_LARGE", "the disk is full")] {
            assert!(matches!(failure, Failure::Error(Error::Internal(_))), "{failure:?}");
        }
    }

    #[test]
    fn a_refusal_that_follows_from_a_rule_is_the_callers_and_any_other_is_a_bug() {
        use rounds_domain::Error::EmailTaken;
        assert!(matches!(Error::from(Failure::Rule(Rule::EmailTaken)), Error::Refused(EmailTaken)));
        for bug in [Failure::Rule(Rule::AuditStays), Failure::Check("x > 0".into()), Failure::Duplicate("a.b".into())] {
            assert!(matches!(Error::from(bug), Error::Internal(_)));
        }
    }
}
