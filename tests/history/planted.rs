//! Bugs to plant, to see that the checker finds them.

use crate::Kind;

/// A change of the source that breaks a promise.
#[derive(Debug)]
pub struct Bug {
    /// What to call it.
    pub name: &'static str,
    /// What it does wrong.
    pub story: &'static str,
    /// The engine on which it is looked for.
    pub engine: Kind,
    /// In a file, a text that is there once, and what it becomes.
    pub changes: &'static [(&'static str, &'static str, &'static str)],
}

impl Bug {
    /// A file of the source, with the bug if it is in that.
    ///
    /// # Errors
    /// Where the text that is to be changed is not there, or not just once.
    pub fn change(&self, file: &str, text: Vec<u8>) -> Result<Vec<u8>, String> {
        let changes = self.changes.iter().filter(|(of, ..)| *of == file);
        changes.into_iter().try_fold(text, |text, (_, from, to)| {
            let text = String::from_utf8_lossy(&text).into_owned();
            match text.matches(from).count() {
                1 => Ok(text.replacen(from, to, 1).into_bytes()),
                times => Err(format!("{}: {file} has the text to change {times} times", self.name)),
            }
        })
    }
}

/// The rules of a booking are not asked any more.
const WITHOUT_RULES: (&str, &str, &str) = (
    "migrations/0001_bookings.sql",
    "CREATE TRIGGER bookings_keep_the_rules INSTEAD OF INSERT ON rules\nBEGIN",
    "CREATE TRIGGER bookings_keep_the_rules INSTEAD OF INSERT ON rules WHEN FALSE\nBEGIN",
);

/// The list.
pub const BUGS: &[Bug] = &[
    Bug {
        name: "removed-trigger",
        story: "a booking is written without a look at the rules",
        engine: Kind::File,
        changes: &[WITHOUT_RULES],
    },
    Bug {
        name: "check-then-insert",
        story: "the program looks at the schedule, and then writes the booking",
        engine: Kind::File,
        changes: &[
            WITHOUT_RULES,
            (
                "functions/appointments/src/book.rs",
                "        let calendar = database.calendar().await?;\n",
                "        let calendar = database.calendar().await?;
        let before = scope(&caller, doctor, booking.start, None);
        let (before, _) = schedules::schedule(&database, &caller, before).await?;
        before.check(&booking, now).map_err(|refusal| domain::Error::NotBookable(refusal, before.calendar))?;\n",
            ),
        ],
    },
    Bug {
        name: "swallowed-timeout",
        story: "a write without an answer counts as one that the database refused",
        engine: Kind::Server,
        changes: &[(
            "shared/data/src/writes.rs",
            "Err(Failure::Lost(_)) => {}",
            "Err(Failure::Lost(reason)) if !reason.is_empty() => return Ok(None),\n            Err(Failure::Lost(_)) => {}",
        )],
    },
    Bug {
        name: "lost-key",
        story: "the idempotency key is not written with the booking",
        engine: Kind::File,
        changes: &[("shared/data/src/bookings.rs", "\":key\" => key", "\":key\" => key.filter(|_| false)")],
    },
    Bug {
        name: "forgotten-limit",
        story: "a day holds as many appointments as anybody likes",
        engine: Kind::File,
        changes: &[(
            "migrations/0001_bookings.sql",
            "  WHERE day.appointments >= max_appointments_per_day\n     OR",
            "  WHERE",
        )],
    },
    Bug {
        name: "reused-id",
        story: "an id of time off that has ended is given to another",
        engine: Kind::File,
        changes: &[("migrations/0003_writes_once.sql", " AUTOINCREMENT,", ",")],
    },
];
