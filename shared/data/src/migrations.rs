use serde::Deserialize;

use crate::{
    Database, Error, Statement,
    error::Failure,
    statement::{statements, values},
};

/// A change of the schema. It is applied once. After its release it is never edited.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number. The numbers start at 1 and have no gaps.
    pub version: i64,
    /// Its name, which starts with the number.
    pub name: &'static str,
    /// The oldest program version (by its newest migration) that can use the schema while this migration is
    /// applied, and afterwards.
    pub compatible_from: i64,
    /// Its steps, separated by lines that begin with `-- step`. Each step is one transaction. It must be short: if
    /// another writer waits, a server ends a transaction after five seconds. An interrupted migration continues
    /// with the step that was interrupted.
    ///
    /// A step after `-- step while QUERY` runs again and again, each time in its own transaction, as long as the
    /// query on that line returns 1. So a large table can be rewritten some rows at a time.
    pub sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_tables",
        compatible_from: 1,
        sql: include_str!("../../../migrations/0001_tables.sql"),
    },
    Migration {
        version: 2,
        name: "0002_rules",
        compatible_from: 2,
        sql: include_str!("../../../migrations/0002_rules.sql"),
    },
    Migration {
        version: 3,
        name: "0003_messages",
        compatible_from: 2,
        sql: include_str!("../../../migrations/0003_messages.sql"),
    },
    Migration {
        version: 4,
        name: "0004_patients",
        compatible_from: 3,
        sql: include_str!("../../../migrations/0004_patients.sql"),
    },
    Migration {
        version: 5,
        name: "0005_hours",
        compatible_from: 3,
        sql: include_str!("../../../migrations/0005_hours.sql"),
    },
    Migration {
        version: 6,
        name: "0006_desk",
        compatible_from: 3,
        sql: include_str!("../../../migrations/0006_desk.sql"),
    },
    Migration {
        version: 7,
        name: "0007_plans",
        compatible_from: 3,
        sql: include_str!("../../../migrations/0007_plans.sql"),
    },
];

/// The result of migrating.
#[derive(Debug, PartialEq, Eq)]
pub enum Migrated {
    /// The names of the migrations that were completed. Empty if the schema was up to date.
    Applied(Vec<&'static str>),
    /// Nothing was done: the schema has this later version, which this program can use.
    Newer(i64),
}

/// The table of the applied steps: one row for each.
const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS migrations (
  version         INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  name            TEXT    NOT NULL,
  -- The oldest program version that can use the schema from this step on.
  compatible_from INTEGER NOT NULL,
  applied_at      INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (version, step)
) WITHOUT ROWID, STRICT";

statements! {
    SCHEMA = "migrations/schema";
    HAS_FIRST = "migrations/has_first";
    POSITION = "migrations/position";
}

/// A step: the version of its migration, and its number in the migration, which starts at 1.
type Step = (i64, i64);

#[derive(Default, Deserialize)]
struct Position {
    step: Step,
    compatible_from: Option<i64>,
}

#[derive(Default, Deserialize)]
struct Schema {
    objects: u64,
    migrations: u8,
    columns: u8,
}

impl Database {
    /// Applies the missing migrations, each step in its own transaction. If several programs do so at once, each
    /// step is still applied only once.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also if this program is too old for the schema.
    pub async fn migrate(&self) -> Result<Migrated, Error> {
        self.migrate_to(MIGRATIONS).await
    }

    /// Like [`Database::migrate`], with the migrations of another version of the program.
    ///
    /// # Errors
    /// The same.
    pub async fn migrate_to(&self, migrations: &[Migration]) -> Result<Migrated, Error> {
        self.refuse_foreign_to(migrations).await?;
        self.use_rollback_journal().await?;
        self.apply(TABLE).await?;
        let newest = migrations.last().map_or(0, |migration| migration.version);
        let position = self.compatible_position(newest).await?;
        match position.compatible_from {
            Some(_) => Ok(Migrated::Newer(position.step.0)),
            None => self.apply_missing(migrations, position.step).await,
        }
    }

    /// Checks that this program can use the schema, which may be older or newer than the program.
    pub(crate) async fn check_version(&self) -> Result<(), Error> {
        let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
        self.compatible_position(newest).await.map(drop)
    }

    /// Like [`Database::position`]. Fails if the program is too old for the schema.
    async fn compatible_position(&self, newest: i64) -> Result<Position, Error> {
        let position = self.position(newest).await?;
        match position.compatible_from {
            Some(oldest) if oldest > newest => Err(Error::Unavailable(format!(
                "the database is at migration {}, which needs a program that has migration {oldest} or later, and this \
                 one has only {newest}: run a newer version",
                position.step.0
            ))),
            _ => Ok(position),
        }
    }

    async fn apply_missing(&self, migrations: &[Migration], position: Step) -> Result<Migrated, Error> {
        let mut completed = Vec::new();
        for migration in migrations {
            let mut steps = (1..)
                .zip(steps(migration.sql))
                .filter(|(number, _)| (migration.version, *number) > position)
                .peekable();
            while let Some((number, (condition, sql))) = steps.next() {
                let applied_here = self.apply_step(migration, number, condition, sql).await?;
                if applied_here && steps.peek().is_none() {
                    completed.push(migration.name);
                }
            }
        }
        Ok(Migrated::Applied(completed))
    }

    /// Applies a step, unless another program applies it first. Returns whether this program applied it.
    async fn apply_step(
        &self,
        migration: &Migration,
        number: i64,
        condition: Option<&'static str>,
        sql: &str,
    ) -> Result<bool, Failure> {
        let Migration { version, name, compatible_from, .. } = migration;
        let record_step = format!(
            "INSERT INTO migrations (version, step, name, compatible_from) \
             VALUES ({version}, {number}, '{name}', {compatible_from});"
        );
        let last = match condition {
            // The row of the step comes first, so that another program cannot start the step at the same time.
            None => format!("{record_step}\n{sql}"),
            Some(query) => {
                let condition = Statement { name: "STEP_WHILE", sql: query, allows_replica: false };
                while self.read(&condition, values![]).await? == Some(1) {
                    self.apply(sql).await?;
                }
                record_step
            }
        };
        match self.apply(&last).await {
            Ok(()) => Ok(true),
            // Another program has applied it. Or this program has, and the response was lost.
            Err(_) if self.position(*version).await?.step >= (*version, number) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Whether the database has a clinic that lacks a migration of this program.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn is_outdated(&self) -> Result<bool, Error> {
        if !self.is_clinic().await? {
            return Ok(false);
        }
        let (newest, last_step) = MIGRATIONS.last().map_or((0, 0), |last| (last.version, steps(last.sql).count()));
        let Position { step: (version, step), .. } = self.position(newest).await?;
        Ok(version < newest || (version == newest && step < last_step as i64))
    }

    /// Whether the database is a clinic's.
    pub(crate) async fn is_clinic(&self) -> Result<bool, Failure> {
        let first = MIGRATIONS.first().map_or("", |migration| migration.name);
        let schema: Schema = self.read(&SCHEMA, values![]).await?.unwrap_or_default();
        Ok(schema.objects > 0 && !self.is_foreign(first).await?)
    }

    /// Checks that the database has no tables of another program. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also if the file is not a database.
    pub(crate) async fn refuse_foreign(&self) -> Result<(), Error> {
        self.refuse_foreign_to(MIGRATIONS).await
    }

    async fn refuse_foreign_to(&self, migrations: &[Migration]) -> Result<(), Error> {
        if !self.is_foreign(migrations.first().map_or("", |migration| migration.name)).await? {
            return Ok(());
        }
        let name = self.path().map_or_else(|| "the database".to_owned(), |path| path.display().to_string());
        Err(Error::Unavailable(format!("{name} has the tables of another program: use another database")))
    }

    /// Whether the database has tables, but not those of a clinic.
    async fn is_foreign(&self, first: &str) -> Result<bool, Failure> {
        let schema: Schema = self.read(&SCHEMA, values![]).await?.unwrap_or_default();
        Ok(match (schema.objects, schema.migrations, schema.columns) {
            // The database is new, or another process has just created table `migrations` and not yet the others.
            (0, 0, _) | (0, _, 4) => false,
            (_, _, 4) => self.read(&HAS_FIRST, values![":name" => first]).await? != Some(1),
            _ => true,
        })
    }

    /// Returns the last applied step. `newest` is the newest migration of this program.
    async fn position(&self, newest: i64) -> Result<Position, Failure> {
        Ok(self.read(&POSITION, values![":newest" => newest]).await?.unwrap_or_default())
    }
}

/// Splits a migration into its steps. Returns the statements of each step, and the query of a repeated step.
fn steps(sql: &'static str) -> impl Iterator<Item = (Option<&'static str>, &'static str)> {
    let marked = sql.split("\n-- step");
    marked.enumerate().map(|(index, part)| {
        let (mark, statements) = part.split_once('\n').unwrap_or((part, ""));
        match index {
            0 => (None, part),
            _ => (mark.trim().strip_prefix("while "), statements),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migration_is_divided_into_steps() {
        assert_eq!(steps("A;\nB;").collect::<Vec<_>>(), [(None, "A;\nB;")]);
        let sql = "-- Why.\nA;\n-- step\nB;\n-- step while SELECT 1\nC;\n";
        assert_eq!(steps(sql).collect::<Vec<_>>(), [(None, "-- Why.\nA;"), (None, "B;"), (Some("SELECT 1"), "C;\n")]);
    }

    #[test]
    fn migrations_have_consecutive_numbers_and_valid_compatibility() {
        for (migration, version) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, version);
            assert!(migration.name.starts_with(&format!("{version:04}_")), "{}", migration.name);
            assert!((1..=version).contains(&migration.compatible_from), "{}", migration.name);
            // Any other comment that starts like this would also split the migration.
            let mut marks = migration.sql.lines().filter(|line| line.starts_with("-- step"));
            assert!(marks.all(|mark| mark == "-- step" || mark.starts_with("-- step while ")), "{}", migration.name);
        }
    }
}
