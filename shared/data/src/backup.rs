//! What a backup of an embedded database, and its restore, ask of SQLite. `rounds backup` and `rounds restore`
//! do the rest.

use std::path::Path;

use crate::{
    Database, Error, Statement,
    error::Failure,
    statement::{sql, values},
};

// No function runs them.
const COPY: Statement = Statement { name: "backup/copy", sql: sql!("backup/copy"), allows_replica: false };
const INTEGRITY: Statement =
    Statement { name: "backup/integrity", sql: sql!("backup/integrity"), allows_replica: false };

/// Revokes all tokens of before.
const END_SESSIONS: &str = "DELETE FROM sessions";

impl Database {
    /// Copies an embedded database as it is at this moment into a file that is empty. Others can read it
    /// meanwhile, and writes wait.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn copy_to(&self, file: &Path) -> Result<(), Error> {
        let unnamed = || Error::Unavailable(format!("{} is not UTF-8", file.display()));
        let file = file.to_str().ok_or_else(unnamed)?;
        Ok(self.read::<()>(&COPY, values![":file" => file]).await.map(drop)?)
    }

    /// Checks that a database is whole, and a clinic's.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with what is wrong.
    pub async fn check(&self) -> Result<(), Error> {
        let found: Option<String> = self.read(&INTEGRITY, values![]).await?;
        match found.as_deref() {
            Some("ok") if self.is_clinic().await? => Ok(()),
            Some("ok") => Err(Error::Unavailable("it is not the database of a clinic".into())),
            other => {
                let damage = other.unwrap_or_default().replace('\n', " ");
                Err(Error::Unavailable(format!("the database is damaged: {damage}")))
            }
        }
    }

    /// Checks a copy of a backup, and makes it one that can be put in place: with a rollback journal, and
    /// without the sessions of the time of the backup.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with what is wrong with it.
    pub async fn make_restorable(&self) -> Result<(), Error> {
        self.use_rollback_journal().await?;
        self.check().await?;
        Ok(self.apply(END_SESSIONS).await?)
    }

    /// Does something while no other program reads or writes an embedded database, and no journal of it has
    /// anything that its file has not. A file that is damaged, or no database, is not locked.
    ///
    /// # Errors
    /// [`Error::Unavailable`], where another program is reading or writing.
    pub async fn with_exclusive_lock<T>(&self, act: impl FnOnce() -> T) -> Result<T, Error> {
        match self.file() {
            Some(file) => Ok(file.with_exclusive_lock(act).await?),
            None => Err(Failure::Error(Error::Internal("a server cannot be locked".into())).into()),
        }
    }
}
