//! Planted bugs: known bugs that the checker must find.

use std::{path::Path, time::Duration};

use libsql::{Builder, params};
use serde::Serialize;

use crate::Kind;

/// A bug: a change of the schema or of the source that breaks a promise.
#[derive(Debug)]
pub struct Bug {
    /// Its name, for `BUG=…`.
    pub name: &'static str,
    /// What it does wrong, in a sentence.
    pub story: &'static str,
    /// The engine to run it on.
    pub engine: Kind,
    /// Changes of the schema of the migrated database.
    pub schema: &'static [SchemaChange],
    /// Whether a history of messages must find it.
    pub is_of_messages: bool,
    /// Changes of source files: path, a text that occurs once, and its replacement.
    pub source: &'static [(&'static str, &'static str, &'static str)],
}

/// A change of the schema. It depends on the names of the rules only, so it does not break when a migration is edited.
#[derive(Clone, Copy, Debug, Serialize)]
pub enum SchemaChange {
    /// Triggers do not raise this rule any more.
    WithoutRule(&'static str),
    /// A text in views and triggers is another one.
    Replaced(&'static str, &'static str),
    /// There is another trigger.
    Added(&'static str),
}

impl SchemaChange {
    /// Returns the text to replace in views and triggers, and its replacement. `None` if nothing is to be replaced.
    fn replacement(self) -> Option<(String, &'static str)> {
        match self {
            // SELECT NULL does nothing.
            Self::WithoutRule(word) => Some((format!("RAISE(ABORT, '{word}')"), "NULL")),
            Self::Replaced(from, to) => Some((from.to_owned(), to)),
            Self::Added(_) => None,
        }
    }
}

/// Changes the schema of a database file, which may be in use.
///
/// # Errors
/// A sentence, if a change does not apply to the schema or cannot be written.
pub async fn plant(file: &Path, changes: &[SchemaChange]) -> Result<(), String> {
    let failed = |error: libsql::Error| format!("{}: {error}", file.display());
    let connection = Builder::new_local(file).build().await.and_then(|database| database.connect()).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    let mut rows = connection.query("PRAGMA schema_version", ()).await.map_err(failed)?;
    let row = rows.next().await.map_err(failed)?.ok_or("there is no schema")?;
    let version: i64 = row.get(0).map_err(failed)?;
    drop((row, rows));
    let transaction = connection.transaction().await.map_err(failed)?;
    transaction.execute_batch("PRAGMA writable_schema = ON").await.map_err(failed)?;
    for change in changes {
        if let SchemaChange::Added(statement) = change {
            transaction.execute_batch(statement).await.map_err(failed)?;
        }
        let Some((from, to)) = change.replacement() else { continue };
        let update = "UPDATE sqlite_schema SET sql = replace(sql, ?1, ?2)
                      WHERE type IN ('trigger', 'view') AND instr(sql, ?1) > 0";
        match transaction.execute(update, params![from, to]).await.map_err(failed)? {
            0 => return Err(format!("the schema has nothing to change for {change:?}")),
            _ => continue,
        }
    }
    // Makes other connections read the schema again.
    transaction.execute_batch(&format!("PRAGMA schema_version = {}", version + 1)).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

impl Bug {
    /// Returns the text of a source file with the bug, if the bug is in this file.
    ///
    /// # Errors
    /// A sentence, if the text to replace does not occur exactly once.
    pub fn change(&self, file: &str, text: Vec<u8>) -> Result<Vec<u8>, String> {
        let changes = self.source.iter().filter(|(of, ..)| *of == file);
        changes.into_iter().try_fold(text, |text, (_, from, to)| {
            let text = String::from_utf8_lossy(&text).into_owned();
            match text.matches(from).count() {
                1 => Ok(text.replacen(from, to, 1).into_bytes()),
                times => Err(format!("{}: {file} has the text to change {times} times", self.name)),
            }
        })
    }
}

/// Disables all rules of a booking.
const WITHOUT_RULES: &[SchemaChange] = &[
    SchemaChange::WithoutRule("out-of-hours"),
    SchemaChange::WithoutRule("time-off"),
    SchemaChange::WithoutRule("doctor-busy"),
    SchemaChange::WithoutRule("patient-busy"),
    SchemaChange::WithoutRule("doctor-day-full"),
];

/// A step of a plan without a change leaves the appointment as it is.
const STEP_WITHOUT_CHANGE: SchemaChange = SchemaChange::Replaced(
    "WHERE id = NEW.appointment_id AND NOT NEW.cancels",
    "WHERE id = NEW.appointment_id AND NOT NEW.cancels AND coalesce(NEW.start_at, NEW.doctor_id) IS NOT NULL",
);

/// Checks a booking before the loop that writes it.
const CHECKED_BEFORE: &str = "    requested.explain(&writer).await?;\n    for _ in 0..ATTEMPTS {";

/// All planted bugs.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "no-rules",
        story: "a booking is written without checking the rules",
        engine: Kind::File,
        schema: WITHOUT_RULES,
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "check-then-insert",
        story: "the program checks the schedule before it writes the booking, instead of in the same transaction",
        engine: Kind::File,
        schema: WITHOUT_RULES,
        is_of_messages: false,
        source: &[
            ("functions/appointments/src/book.rs", "    for _ in 0..ATTEMPTS {", CHECKED_BEFORE),
            ("functions/appointments/src/book_for_patient.rs", "    for _ in 0..ATTEMPTS {", CHECKED_BEFORE),
        ],
    },
    Bug {
        name: "swallowed-timeout",
        story: "a write without an answer is treated as refused by the database",
        engine: Kind::Server,
        schema: &[],
        is_of_messages: false,
        source: &[(
            "shared/data/src/operations.rs",
            "Err(Failure::Lost(_)) => {}",
            "Err(Failure::Lost(reason)) if !reason.is_empty() => return Ok(None),\n            Err(Failure::Lost(_)) => {}",
        )],
    },
    Bug {
        name: "lost-key",
        story: "the idempotency key is not written with the booking",
        engine: Kind::File,
        schema: &[],
        is_of_messages: false,
        source: &[("shared/data/src/bookings.rs", "\":key\" => self.key", "\":key\" => self.key.filter(|_| false)")],
    },
    Bug {
        name: "forgotten-limit",
        story: "the number of appointments in a day is not limited",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("doctor-day-full")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "repeated-operation",
        story: "a request that arrives twice, or late, makes its change again",
        engine: Kind::Server,
        schema: &[],
        is_of_messages: false,
        source: &[(
            "shared/data/sql/operations/begin.sql",
            "    AND (generation = :generation OR retained_token_id = :token_id))",
            "    AND (generation = :generation OR retained_token_id = :token_id))\nON CONFLICT DO NOTHING",
        )],
    },
    Bug {
        name: "answered-before-commit",
        story: "rounds serve acknowledges a change before the change is committed",
        engine: Kind::Serve,
        schema: &[],
        is_of_messages: false,
        source: &[
            ("shared/data/src/writer.rs", "match self.control(&COMMIT).await {", "match Ok::<(), Failure>(()) {"),
            (
                "shared/data/src/writer.rs",
                "            let _ = reply.send(outcome);\n        }",
                "            let _ = reply.send(outcome);
        }
        // Like a disk that needs five milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(5));
        if !self.local.connection.is_autocommit() && self.control(&COMMIT).await.is_err() {
            let _ = self.control(&ROLLBACK).await;
        }",
            ),
        ],
    },
    Bug {
        name: "time-off-over-appointments",
        story: "time off is taken without checking for booked appointments",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("time-off-over-appointments")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "buffers-ignored",
        story: "an appointment may overlap the buffers of another one, as long as it does not overlap the other one itself",
        engine: Kind::File,
        schema: &[
            SchemaChange::Replaced("WHERE NEW.busy_from < (", "WHERE NEW.start_at < ("),
            SchemaChange::Replaced(
                "SELECT busy_until FROM appointments",
                "SELECT start_at + duration * 60 FROM appointments",
            ),
            SchemaChange::Replaced("OR NEW.busy_until > (", "OR NEW.start_at + NEW.duration * 60 > ("),
            SchemaChange::Replaced("SELECT busy_from FROM appointments", "SELECT start_at FROM appointments"),
        ],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "override-of-everything",
        story: "a booking that overrides the working hours may also overlap other appointments of the doctor",
        engine: Kind::File,
        schema: &[
            SchemaChange::Replaced("WHERE NEW.busy_from < (", "WHERE NOT NEW.overridden AND NEW.busy_from < ("),
            SchemaChange::Replaced("OR NEW.busy_until > (", "OR NOT NEW.overridden AND NEW.busy_until > ("),
        ],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "unaudited-override",
        story: "the audit log does not have that a booking overrode the rules",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced(
            "iif(NEW.overridden, '{\"override\":[false,true],\"reason\":null}', NULL)",
            "NULL",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "everybody-is-a-guardian",
        story: "a patient may book for any other patient",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("not-their-patient")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "late-walk-in",
        story: "the staff may book an appointment that began more than an hour ago",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced("NEW.start_at < NEW.now - 3600", "NEW.start_at < NEW.now - 7200")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "type-of-the-staff-for-all",
        story: "a patient may book a type that only the staff may book",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("type-not-bookable")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "former-guardian",
        story: "an account may book for a patient although it is no guardian any more",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced(
            "account_id = NEW.booked_by AND guardians.active = 1",
            "account_id = NEW.booked_by",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "closure-ignored",
        story: "an appointment may be at a time when the clinic is closed",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("closed")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "closure-over-appointments",
        story: "a closure is added without checking for booked appointments",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("closure-over-appointments")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "special-hours-ignored",
        story: "the hours of the weekday also apply on a date with other hours",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced("special_hours.date = days.date AND hours IS NOT NULL", "FALSE")],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "midnight-not-joined",
        story: "an appointment may end after midnight although the hours of the next day do not begin at midnight",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced(
            "duration * 60 > NEW.day_end AND NOT EXISTS (",
            "duration * 60 > NEW.day_end + 86400 AND NOT EXISTS (",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "trial-is-committed",
        story: "the steps of a plan that are possible are made although the plan is refused, and a dry run is made",
        engine: Kind::File,
        schema: &[],
        is_of_messages: false,
        source: &[(
            "shared/data/src/file.rs",
            "try_changes(changes).await?;\n            transaction.rollback().await?;",
            "try_changes(changes).await?;\n            transaction.commit().await?;",
        )],
    },
    Bug {
        name: "cancelled-instead",
        story: "an appointment that a plan cannot move because the doctor is busy is cancelled instead",
        engine: Kind::File,
        schema: &[
            SchemaChange::Replaced(
                "WHERE id = NEW.appointment_id AND NEW.cancels",
                "WHERE id = NEW.appointment_id AND (NEW.cancels OR EXISTS (
                   SELECT 1 FROM appointments AS other
                   WHERE other.doctor_id = coalesce(NEW.doctor_id, appointments.doctor_id) AND other.cancelled = 0
                     AND other.id <> appointments.id
                     AND other.start_at < coalesce(NEW.start_at, appointments.start_at) + appointments.duration * 60
                     AND other.start_at + other.duration * 60 > coalesce(NEW.start_at, appointments.start_at)))",
            ),
            SchemaChange::Replaced(
                "WHERE id = NEW.appointment_id AND NOT NEW.cancels",
                "WHERE id = NEW.appointment_id AND NOT NEW.cancels AND cancelled = 0",
            ),
        ],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "reassigned-without-rules",
        story: "an appointment that only gets another doctor is not checked against the rules of that doctor",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced(
            "AND (NEW.reschedules, NEW.doctor_id, NEW.start_at, NEW.duration, NEW.busy_from, NEW.busy_until)
        <> (OLD.reschedules, OLD.doctor_id, OLD.start_at, OLD.duration, OLD.busy_from, OLD.busy_until)",
            "AND (NEW.start_at, NEW.duration) <> (OLD.start_at, OLD.duration)",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "forgotten-in-a-plan",
        story: "time off is taken although its plan does not name all appointments",
        engine: Kind::File,
        schema: &[
            SchemaChange::WithoutRule("appointment-not-planned"),
            SchemaChange::WithoutRule("time-off-over-appointments"),
            STEP_WITHOUT_CHANGE,
        ],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "left-with-inactive-doctor",
        story: "a doctor is deactivated although the plan does not name all appointments",
        engine: Kind::File,
        schema: &[SchemaChange::WithoutRule("appointment-not-planned"), STEP_WITHOUT_CHANGE],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "cancelled-too-many",
        story: "time off that cancels appointments also cancels the next one after it",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted AFTER INSERT ON time_off
             WHEN EXISTS (SELECT 1 FROM appointments WHERE operation_id = NEW.operation_id AND cancelled = 1)
             BEGIN
               UPDATE appointments
               SET status = 'Cancelled', version = version + 1, operation_id = NEW.operation_id
               WHERE id = (
                 SELECT id FROM appointments
                 WHERE doctor_id = NEW.doctor_id AND status = 'Booked' AND start_at >= NEW.end_at
                   AND operation_id <> NEW.operation_id
                 ORDER BY start_at LIMIT 1);
             END",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "series-in-part",
        story: "a series leaves out the starts at which the doctor is busy, instead of being refused",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted BEFORE INSERT ON appointments
             WHEN NEW.series_id IS NOT NULL AND EXISTS (
               SELECT 1 FROM appointments
               WHERE doctor_id = NEW.doctor_id AND cancelled = 0
                 AND busy_from < NEW.busy_until AND busy_until > NEW.busy_from)
             BEGIN SELECT RAISE(IGNORE); END",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "only-the-next",
        story: "a cancellation of an appointment and all later ones of its series cancels only one of the later ones",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted BEFORE UPDATE OF status ON appointments
             WHEN NEW.status = 'Cancelled' AND (
               SELECT count(*) FROM appointments
               WHERE series_id = NEW.series_id AND operation_id = NEW.operation_id) > 1
             BEGIN SELECT RAISE(IGNORE); END",
        )],
        is_of_messages: false,
        source: &[],
    },
    Bug {
        name: "skipped-reminders",
        story: "a reminder is only sent by a run within a minute of its time, so a missed run skips it for good",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted BEFORE INSERT ON messages
             WHEN NEW.kind = 'reminder' AND NEW.due_at < (SELECT max(at) FROM operations) - 60
             BEGIN SELECT RAISE(IGNORE); END",
        )],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "no-claims",
        story: "a message is sent and then marked, without a claim, so two senders send it",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted AFTER UPDATE OF claim ON messages WHEN NEW.claim IS NOT NULL
             BEGIN UPDATE messages SET claimed_until = 0 WHERE id = NEW.id; END",
        )],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "stopped-by-one",
        story: "one patient without an email and a phone stops the messages to all others",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted BEFORE UPDATE OF state ON messages WHEN NEW.state = 'Call'
             BEGIN SELECT RAISE(ABORT, 'the patient has no email'); END",
        )],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "reminder-after-cancellation",
        story: "a reminder is sent although its appointment was cancelled or moved",
        engine: Kind::File,
        schema: &[SchemaChange::Replaced("WHERE status = 'Booked' AND audit_id = (", "WHERE TRUE OR audit_id = (")],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "only-the-first",
        story: "a mail about several appointments names only the first, and all their messages are marked as sent",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted AFTER UPDATE OF message_id ON messages
             WHEN EXISTS (
               SELECT 1 FROM messages WHERE message_id = NEW.message_id AND id <> NEW.id AND claim = NEW.claim)
             BEGIN UPDATE messages SET state = 'Sent', claim = NULL, claimed_until = NULL WHERE id = NEW.id; END",
        )],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "recorded-in-part",
        story: "after a mail about several appointments, only the first of their messages is marked as sent",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted BEFORE UPDATE OF sent_at ON messages
             WHEN NEW.state = 'Sent' AND OLD.id > (SELECT min(id) FROM messages WHERE message_id = OLD.message_id)
             BEGIN SELECT RAISE(IGNORE); END",
        )],
        is_of_messages: true,
        source: &[],
    },
    Bug {
        name: "marked-before-sent",
        story: "a message is marked as sent before it is sent",
        engine: Kind::File,
        schema: &[SchemaChange::Added(
            "CREATE TRIGGER planted AFTER UPDATE OF claim ON messages WHEN NEW.claim IS NOT NULL
             BEGIN UPDATE messages SET state = 'Sent' WHERE id = NEW.id; END",
        )],
        is_of_messages: true,
        source: &[],
    },
];
