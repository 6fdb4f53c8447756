//! Migrates the clinic's database, creates the first Admin, and gives a deployment its keys.

mod deployment;
mod first_admin;
mod https;
mod keys;
mod secrets;

use chrono::Utc;
use rounds_data::{Database, Migrated, days};

pub use deployment::Deployment;
pub use first_admin::{Admin, FirstSignIn};
pub use keys::KeySecrets;
pub use secrets::SecretsManager;

/// The warning if nobody can sign in as an Admin.
pub const NO_ADMIN: &str = "nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration \
    again to create the first Admin (each start of `rounds` runs it)";

/// Applies the missing migrations, recalculates the clinic's calendar days if the zone data has changed, and creates the
/// first Admin if the database has none. A second run changes nothing. Returns sentences that report what was done.
///
/// # Errors
/// A sentence that says what went wrong and what to do next.
pub async fn migrate(database: &Database, admin: Option<Admin>) -> Result<Vec<String>, String> {
    let migrated = database.migrate().await;
    let migrated = migrated.map_err(|error| format!("the database cannot be migrated: {}", error.into_reason()))?;
    let mut done = match migrated {
        Migrated::Applied(names) if names.is_empty() => vec!["the database is up to date".into()],
        Migrated::Applied(names) => names.iter().map(|name| format!("applied migration {name}")).collect(),
        Migrated::Newer(version) => {
            vec![format!(
                "the database has migration {version}, which is newer than this program: this program can use it, so \
                 nothing was changed"
            )]
        }
    };
    if days::refresh(database, Utc::now()).await.map_err(|error| error.to_string())? {
        done.push("the time zone data has changed: the clinic's calendar days were recalculated".into());
    }
    if let Some(admin) = admin {
        done.push(admin.create(database).await?);
    }
    Ok(done)
}
