use rounds_request::Error;
use serde::Deserialize;

use crate::Rule;

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A trigger refused the statement.
    Rule(Rule),
    /// A UNIQUE or PRIMARY KEY constraint refused the statement: a row with these values exists. Holds the columns,
    /// like `operations.id`.
    Duplicate(String),
    /// A CHECK constraint refused the statement. Only a change of the clinic may cause this.
    Check(String),
    /// The server did not respond, or the disk failed. It is not known whether the statement took effect.
    Lost(String),
    /// Any other error.
    Error(Error),
}

impl Failure {
    /// Adds the name of the file that failed.
    pub(crate) fn with_name(self, name: &str) -> Self {
        match self {
            Self::Error(Error::Unavailable(reason)) => Self::Error(Error::Unavailable(format!("{name}: {reason}"))),
            Self::Lost(reason) => Self::Lost(format!("{name}: {reason}")),
            failure => failure,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let bug = |reason: &str| Error::Internal(format!("the database refused a statement: {reason}"));
        match failure {
            // The instance was frozen for days in the middle of a request, or a clock is wrong.
            Failure::Rule(Rule::OperationExpired) => {
                Error::Unavailable("the operation is more than two days old: check the clock".into())
            }
            Failure::Rule(rule) => rule.refusal().map_or_else(|| bug(rule.word()), Error::Refused),
            Failure::Duplicate(columns) => bug(&format!("{columns} must be unique")),
            Failure::Check(constraint) => bug(&format!("the CHECK {constraint}")),
            Failure::Lost(reason) => Error::Unavailable(reason),
            Failure::Error(error) => error,
        }
    }
}

/// The kinds of errors of SQLite (<https://sqlite.org/rescode.html>) and sqld that this crate distinguishes.
enum Kind {
    Constraint,
    Lost,
    Damaged,
    NotADatabase,
    Unavailable,
    /// An error in a statement. If a table or column is missing, the schema is older or newer than this program.
    Statement,
    Bug,
}

/// Converts an error to a [`Failure`]. This is the only place that interprets errors of the database.
fn failure(kind: Kind, message: &str, code: &str) -> Failure {
    let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
    let bug = || Failure::Error(Error::Internal(format!("{message} ({code})")));
    match kind {
        Kind::Constraint => constraint(message),
        Kind::Lost => Failure::Lost(format!("{message} ({code})")),
        Kind::Damaged => unavailable(format!("the database is damaged ({message}): restore a backup")),
        Kind::NotADatabase => {
            unavailable(format!("the file is not an SQLite database ({message}): use another file or restore a backup"))
        }
        Kind::Unavailable => unavailable(format!("{message} ({code})")),
        // SQLite has one code for all errors in statements, so the message decides.
        Kind::Statement
            if ["no such table", "no such column", "has no column named"].iter().any(|text| message.contains(text)) =>
        {
            unavailable(format!("{message}: run the migration"))
        }
        Kind::Statement | Kind::Bug => bug(),
    }
}

/// Finds out which constraint refused a statement. sqld has one code for all constraints, so SQLite's message
/// decides. The message of a trigger is just the word of its rule.
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
                    // SQLITE_IOERR: the error can come after the end of the journal, when the commit has taken
                    // effect.
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

/// The error of a statement as a server returns it (Hrana's `Error`).
#[derive(Debug, Deserialize)]
pub(crate) struct HranaError {
    message: String,
    /// A code of sqld, or a primary code of SQLite.
    #[serde(default)]
    code: String,
}

impl From<HranaError> for Failure {
    fn from(HranaError { message, code }: HranaError) -> Self {
        let kind = match code.as_str() {
            "SQLITE_CONSTRAINT" => Kind::Constraint,
            // A replica forwarded the statement, and its primary did not respond as expected.
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
            // An error in a statement, without and with a position in its text.
            "SQLITE_UNKNOWN" | "SQL_INPUT_ERROR" => Kind::Statement,
            _ => Kind::Bug,
        };
        failure(kind, message.trim_start_matches("SQLite error: "), &code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(code: i32, message: &str) -> Failure {
        libsql::Error::SqliteFailure(code, message.into()).into()
    }

    fn from_server(code: &str, message: &str) -> Failure {
        HranaError { message: message.into(), code: code.into() }.into()
    }

    #[test]
    fn disk_errors_leave_the_outcome_unknown() {
        // SQLITE_IOERR_FSYNC, _DELETE
        for code in [1034, 2570] {
            assert!(
                matches!(from_file(code, "disk I/O error"), Failure::Lost(reason) if reason.contains(&code.to_string()))
            );
        }
        assert!(matches!(from_server("SQLITE_IOERR", "SQLite error: disk I/O error"), Failure::Lost(_)));
        // SQLITE_FULL is rolled back.
        for full in [
            from_file(13, "database or disk is full"),
            from_server("SQLITE_FULL", "SQLite error: database or disk is full"),
        ] {
            assert!(matches!(full, Failure::Error(Error::Unavailable(_))));
        }
    }

    /// SQLITE_CONSTRAINT_TRIGGER, _UNIQUE, _PRIMARYKEY, _CHECK, _FOREIGNKEY
    #[test]
    fn distinguishes_the_constraints() {
        let both = |code, message: &str| {
            [from_file(code, message), from_server("SQLITE_CONSTRAINT", &format!("SQLite error: {message}"))]
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

    /// The messages in this test belong to other kinds of errors.
    #[test]
    fn kind_depends_on_the_code_not_the_text() {
        for failure in [
            from_file(5, "doctor-busy"),
            from_server("SQLITE_BUSY", "doctor-busy"),
            from_server("TRANSACTION_TIMEOUT", "Transaction timed out"),
        ] {
            assert!(matches!(failure, Failure::Error(Error::Unavailable(_))), "{failure:?}");
        }
        for failure in [from_file(20, "the file is locked"), from_server("RESPONSE_TOO_LARGE", "the disk is full")] {
            assert!(matches!(failure, Failure::Error(Error::Internal(_))), "{failure:?}");
        }
    }

    #[test]
    fn only_expected_rules_become_refusals() {
        use rounds_domain::Error::EmailTaken;
        assert!(matches!(Error::from(Failure::Rule(Rule::EmailTaken)), Error::Refused(EmailTaken)));
        for bug in [Failure::Rule(Rule::AuditStays), Failure::Check("x > 0".into()), Failure::Duplicate("a.b".into())] {
            assert!(matches!(Error::from(bug), Error::Internal(_)));
        }
    }
}
