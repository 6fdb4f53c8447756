use rounds_domain::Error;

use crate::{
    Database,
    error::Failure,
    statement::{statements, values},
};

/// In order; each is applied once, and never edited after that.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "0001_bookings", include_str!("../../../migrations/0001_bookings.sql")),
    (2, "0002_writes", include_str!("../../../migrations/0002_writes.sql")),
    (3, "0003_writes_once", include_str!("../../../migrations/0003_writes_once.sql")),
    (4, "0004_security", include_str!("../../../migrations/0004_security.sql")),
];

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS migrations (
      version    INTEGER PRIMARY KEY,
      name       TEXT    NOT NULL,
      applied_at INTEGER NOT NULL DEFAULT (unixepoch())
    ) STRICT";

statements! {
    CURRENT = "SELECT coalesce(max(version), 0) FROM migrations";
}

impl Database {
    /// Applies the migrations that are missing, each in a transaction of its own: all of it, or
    /// nothing. Of two programs that do so at once, one waits for the other, and leaves to it what
    /// that was first to begin. Answers the names of those applied.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the database is newer than this program.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, Error> {
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

    async fn current(&self) -> Result<i64, Failure> {
        Ok(self.read(&CURRENT, values![]).await?.unwrap_or(0))
    }
}
