use rounds_request::Error;
use serde::Deserialize;

use crate::{
    Database,
    error::Failure,
    statement::{statements, values},
};

/// In order; each is applied once, and never edited after that.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "0001_tables", include_str!("../../../migrations/0001_tables.sql")),
    (2, "0002_rules", include_str!("../../../migrations/0002_rules.sql")),
];

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS migrations (
      version    INTEGER PRIMARY KEY,
      name       TEXT    NOT NULL,
      applied_at INTEGER NOT NULL DEFAULT (unixepoch())
    ) STRICT";

statements! {
    SCHEMA = "migrations/schema";
    BEGUN = "migrations/begun";
    CURRENT = "migrations/current";
}

impl Database {
    /// Applies the migrations that are missing, each in a transaction of its own: all of it, or
    /// nothing. Of two programs that do so at once, one waits for the other, and leaves to it what
    /// that was first to begin. Answers the names of those applied.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the database is newer than this program.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, Error> {
        if self.is_foreign().await? {
            let place = self.path().map_or_else(|| "the database".to_owned(), |path| path.display().to_string());
            return Err(Error::Unavailable(format!(
                "{place} has the tables of another program: name another database"
            )));
        }
        self.keep_rollback_journal().await?;
        self.apply(TABLE).await?;
        let newest = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
        let current = self.current().await?;
        if current > newest {
            return Err(Error::Unavailable(format!(
                "the database is at migration {current}, and this program knows only {newest}: run a newer version of it"
            )));
        }
        let mut applied = Vec::new();
        for (version, name, sql) in MIGRATIONS.iter().filter(|(version, ..)| *version > current) {
            // Its number first: nobody else can begin it then.
            let begin = format!("INSERT INTO migrations (version, name) VALUES ({version}, '{name}');");
            match self.apply(&format!("{begin}\n{sql}")).await {
                Ok(()) => applied.push(*name),
                // Somebody else has applied it; or we have, and its answer was lost.
                Err(_) if self.current().await? >= *version => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(applied)
    }

    /// Whether the database holds tables, and not those of a clinic.
    async fn is_foreign(&self) -> Result<bool, Failure> {
        #[derive(Default, Deserialize)]
        struct Schema {
            objects: u64,
            migrations: u8,
            columns: u8,
        }
        let schema: Schema = self.read(&SCHEMA, values![]).await?.unwrap_or_default();
        Ok(match (schema.objects, schema.migrations, schema.columns) {
            // New, or begun by another start at this moment.
            (0, 0, _) | (0, _, 2) => false,
            (_, _, 2) => self.read(&BEGUN, values![]).await? != Some(1),
            _ => true,
        })
    }

    async fn current(&self) -> Result<i64, Failure> {
        Ok(self.read(&CURRENT, values![]).await?.unwrap_or(0))
    }
}
