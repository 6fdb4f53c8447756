use libsql::TransactionBehavior;
use rounds_domain::Error;

use crate::{Database, error::Failure};

/// In order; each is applied once, and never edited after that.
const MIGRATIONS: &[(i64, &str, &str)] = &[(1, "0001_bookings", include_str!("../../../migrations/0001_bookings.sql"))];

impl Database {
    /// Applies the migrations that are missing, in one transaction: all, or none. Of two that
    /// run at once, one waits for the other and finds nothing left to do. Answers the names of
    /// those applied.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the database is newer than this program.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, Error> {
        Ok(self.apply(MIGRATIONS).await?)
    }

    async fn apply(&self, migrations: &[(i64, &'static str, &str)]) -> Result<Vec<&'static str>, Failure> {
        let connection = self.connection().await?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).await?;
        transaction
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS migrations (
                   version    INTEGER PRIMARY KEY,
                   name       TEXT    NOT NULL,
                   applied_at INTEGER NOT NULL DEFAULT (unixepoch())
                 ) STRICT",
            )
            .await?;
        let mut rows = transaction.query("SELECT coalesce(max(version), 0) FROM migrations", ()).await?;
        let current = rows.next().await?.map_or(Ok(0), |row| row.get::<i64>(0))?;
        drop(rows);
        let newest = migrations.last().map_or(0, |(version, ..)| *version);
        if current > newest {
            return Err(Failure::Error(Error::Unavailable(format!(
                "the database is at migration {current}, and this program knows only {newest}: run a newer version of it"
            ))));
        }
        let mut applied = Vec::new();
        for (version, name, sql) in migrations.iter().filter(|(version, ..)| *version > current) {
            transaction.execute_batch(sql).await?;
            transaction.execute("INSERT INTO migrations (version, name) VALUES (?1, ?2)", (*version, *name)).await?;
            applied.push(*name);
        }
        transaction.commit().await?;
        Ok(applied)
    }
}
