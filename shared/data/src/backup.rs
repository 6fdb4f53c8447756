//! Backup and restore of an embedded database: the parts that need SQL. `rounds backup` and `rounds restore` do the
//! rest.

use std::path::Path;

use crate::{
    Database, Error, Statement,
    error::Failure,
    statement::{sql, values},
};

// Not declared with `statements!`, because no function runs them.
const COPY: Statement = Statement { name: "backup/copy", sql: sql!("backup/copy"), allows_replica: false };
const INTEGRITY: Statement =
    Statement { name: "backup/integrity", sql: sql!("backup/integrity"), allows_replica: false };

/// Revokes all tokens that were issued before the backup.
const REVOKE_SESSIONS: &str = "DELETE FROM sessions";

impl Database {
    /// Copies an embedded database, as of one point in time, into an empty file. Meanwhile other programs can read
    /// it, and writes wait.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn copy_to(&self, file: &Path) -> Result<(), Error> {
        let not_utf8 = || Error::Unavailable(format!("{} is not UTF-8", file.display()));
        let file = file.to_str().ok_or_else(not_utf8)?;
        Ok(self.read::<()>(&COPY, values![":file" => file]).await.map(drop)?)
    }

    /// Checks that a database is undamaged and a clinic's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason.
    pub async fn check(&self) -> Result<(), Error> {
        let integrity: Option<String> = self.read(&INTEGRITY, values![]).await?;
        match integrity.as_deref() {
            Some("ok") if self.is_clinic().await? => Ok(()),
            Some("ok") => Err(Error::Unavailable("it is not the database of a clinic".into())),
            other => {
                let damage = other.unwrap_or_default().replace('\n', " ");
                Err(Error::Unavailable(format!("the database is damaged: {damage}")))
            }
        }
    }

    /// Checks a copy of a backup and prepares it to replace the database: gives it a rollback journal, and deletes
    /// the sessions that it contains.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason.
    pub async fn make_restorable(&self) -> Result<(), Error> {
        self.use_rollback_journal().await?;
        self.check().await?;
        Ok(self.apply(REVOKE_SESSIONS).await?)
    }

    /// Runs `action` while no other program reads or writes an embedded database, and after its journal was written
    /// back to the file. A file that is damaged or not a database is not locked.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if another program is reading or writing.
    pub async fn with_exclusive_lock<T>(&self, action: impl FnOnce() -> T) -> Result<T, Error> {
        match self.file() {
            Some(file) => Ok(file.with_exclusive_lock(action).await?),
            None => Err(Failure::Error(Error::Internal("a server cannot be locked".into())).into()),
        }
    }
}
