use serde::Deserialize;

use crate::{
    Database, Error, Statement,
    error::Failure,
    statement::{statements, values},
};

/// A change of the schema, which is applied once, and never edited once it is released.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number. Those of a program begin with 1, and have no gaps.
    pub version: i64,
    /// What it is called, with its number.
    pub name: &'static str,
    /// The oldest version whose programs can use the schema while this is applied, and from then on.
    pub compatible_from: i64,
    /// Its steps, divided by lines that begin with `-- step`. Each is a transaction, and has to be short: a server
    /// ends a transaction after five seconds where another writer waits. An interrupted migration goes on with
    /// the step that it was at.
    ///
    /// A step under `-- step while QUERY` is run again, as a transaction each time, for as long as the query on
    /// that line answers 1: so a large table is rewritten some rows at a time.
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
];

/// What a migration did.
#[derive(Debug, PartialEq, Eq)]
pub enum Migrated {
    /// The names of the migrations that it completed; none where the schema was up to date.
    Applied(Vec<&'static str>),
    /// Nothing: the schema has a later version, which this program can use.
    Newer(i64),
}

/// A row for each step that is applied.
const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS migrations (
  version         INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  name            TEXT    NOT NULL,
  -- The oldest version whose programs can use the schema from here on.
  compatible_from INTEGER NOT NULL,
  applied_at      INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (version, step)
) WITHOUT ROWID, STRICT";

statements! {
    SCHEMA = "migrations/schema";
    BEGUN = "migrations/begun";
    POSITION = "migrations/position";
}

/// A step by the version of its migration and its number in that, which begins with 1.
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
    /// Applies the migrations that are missing, each step in a transaction of its own. Of two programs that do
    /// so at once, each step is applied by one.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the schema is newer than this program can use.
    pub async fn migrate(&self) -> Result<Migrated, Error> {
        self.migrate_to(MIGRATIONS).await
    }

    /// The same with the migrations of another version of the program.
    ///
    /// # Errors
    /// Likewise.
    pub async fn migrate_to(&self, migrations: &[Migration]) -> Result<Migrated, Error> {
        let first = migrations.first().map_or("", |migration| migration.name);
        if self.is_foreign(first).await? {
            let place = self.path().map_or_else(|| "the database".to_owned(), |path| path.display().to_string());
            return Err(Error::Unavailable(format!(
                "{place} has the tables of another program: name another database"
            )));
        }
        self.use_rollback_journal().await?;
        self.apply(TABLE).await?;
        let newest = migrations.last().map_or(0, |migration| migration.version);
        let Position { step: position, compatible_from } = self.position(newest).await?;
        match compatible_from {
            Some(oldest) if oldest > newest => Err(Error::Unavailable(format!(
                "the database is at migration {}, which programs can use that know migration {oldest} or later, and \
                 this one knows only {newest}: run a newer version of it",
                position.0
            ))),
            Some(_) => Ok(Migrated::Newer(position.0)),
            None => self.apply_missing(migrations, position).await,
        }
    }

    async fn apply_missing(&self, migrations: &[Migration], position: Step) -> Result<Migrated, Error> {
        let mut completed = Vec::new();
        for migration in migrations {
            let mut steps =
                (1..).zip(steps(migration.sql)).filter(|(n, _)| (migration.version, *n) > position).peekable();
            while let Some((number, (condition, sql))) = steps.next() {
                let applied_here = self.apply_step(migration, number, condition, sql).await?;
                if applied_here && steps.peek().is_none() {
                    completed.push(migration.name);
                }
            }
        }
        Ok(Migrated::Applied(completed))
    }

    /// Applies a step, unless somebody else does so first; whether this did it.
    async fn apply_step(
        &self,
        migration: &Migration,
        number: i64,
        condition: Option<&'static str>,
        sql: &str,
    ) -> Result<bool, Failure> {
        let Migration { version, name, compatible_from, .. } = migration;
        let note = format!(
            "INSERT INTO migrations (version, step, name, compatible_from) \
             VALUES ({version}, {number}, '{name}', {compatible_from});"
        );
        let last = match condition {
            // Its number first: nobody else can begin it then.
            None => format!("{note}\n{sql}"),
            Some(query) => {
                let more = Statement { name: "STEP_WHILE", sql: query, allows_replica: false };
                while self.read(&more, values![]).await? == Some(1) {
                    self.apply(sql).await?;
                }
                note
            }
        };
        match self.apply(&last).await {
            Ok(()) => Ok(true),
            // Somebody else has applied it; or this program has, and the answer was lost.
            Err(_) if self.position(*version).await?.step >= (*version, number) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Whether the database holds a clinic.
    pub(crate) async fn is_clinic(&self) -> Result<bool, Failure> {
        let first = MIGRATIONS.first().map_or("", |migration| migration.name);
        let schema: Schema = self.read(&SCHEMA, values![]).await?.unwrap_or_default();
        Ok(schema.objects > 0 && !self.is_foreign(first).await?)
    }

    /// Whether the database holds tables, and not those of a clinic.
    async fn is_foreign(&self, first: &str) -> Result<bool, Failure> {
        let schema: Schema = self.read(&SCHEMA, values![]).await?.unwrap_or_default();
        Ok(match (schema.objects, schema.migrations, schema.columns) {
            // New, or begun by another start at this moment.
            (0, 0, _) | (0, _, 4) => false,
            (_, _, 4) => self.read(&BEGUN, values![":name" => first]).await? != Some(1),
            _ => true,
        })
    }

    async fn position(&self, known: i64) -> Result<Position, Failure> {
        Ok(self.read(&POSITION, values![":known" => known]).await?.unwrap_or_default())
    }
}

/// The steps of a migration: their statements, and the condition of those that are repeated.
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
    fn a_migration_is_divided_into_steps() {
        assert_eq!(steps("A;\nB;").collect::<Vec<_>>(), [(None, "A;\nB;")]);
        let sql = "-- Why.\nA;\n-- step\nB;\n-- step while SELECT 1\nC;\n";
        assert_eq!(steps(sql).collect::<Vec<_>>(), [(None, "-- Why.\nA;"), (None, "B;"), (Some("SELECT 1"), "C;\n")]);
    }

    #[test]
    fn migrations_are_numbered_from_one_and_usable_by_one_of_them() {
        for (migration, version) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, version);
            assert!(migration.name.starts_with(&format!("{version:04}_")), "{}", migration.name);
            assert!((1..=version).contains(&migration.compatible_from), "{}", migration.name);
            // Any other comment that begins so would divide the migration too.
            let mut marks = migration.sql.lines().filter(|line| line.starts_with("-- step"));
            assert!(marks.all(|mark| mark == "-- step" || mark.starts_with("-- step while ")), "{}", migration.name);
        }
    }
}
