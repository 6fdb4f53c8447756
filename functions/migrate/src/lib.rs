//! Migrates the clinic's database and creates the first Admin.

mod deployment;

use chrono::Utc;
use rounds_data::{Database, Error, Migrated, Origin, accounts, days};
use rounds_domain::{AccountType, Email, NewAccount, Password};

pub use deployment::Deployment;

/// The login of the first Admin, from the settings.
#[derive(Debug)]
pub struct Admin {
    /// `ADMIN_EMAIL`
    pub email: Email,
    /// `ADMIN_PASSWORD`
    pub password: Password,
}

impl Admin {
    /// Reads `ADMIN_EMAIL` and `ADMIN_PASSWORD`. `variable` returns an empty string for a variable that is not set.
    /// Returns `None` if `ADMIN_EMAIL` is empty.
    ///
    /// # Errors
    /// A sentence that names the variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> String) -> Result<Option<Self>, String> {
        if variable("ADMIN_EMAIL").is_empty() {
            return Ok(None);
        }
        let email = variable("ADMIN_EMAIL").parse().map_err(|rule| format!("ADMIN_EMAIL {rule}"))?;
        let password = variable("ADMIN_PASSWORD").parse().map_err(|rule| format!("ADMIN_PASSWORD {rule}"))?;
        Ok(Some(Self { email, password }))
    }
}

/// The warning if nobody can sign in as an Admin.
pub const NO_ADMIN: &str = "nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration \
    again to create the first Admin (each start of `rounds` runs it)";

const HAS_ADMIN: &str = "the clinic already has an Admin, so ADMIN_EMAIL was not used";

/// Applies the missing migrations, recalculates the clinic's calendar days if the zone data has changed, and creates the
/// first Admin if the database has none. A second run changes nothing. Returns sentences that report what was done.
///
/// # Errors
/// A sentence that says what went wrong and what to do next.
pub async fn migrate(database: &Database, admin: Option<Admin>) -> Result<Vec<String>, String> {
    let migrated = database.migrate().await.map_err(Error::into_reason)?;
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
    // A password is hashed only if it is needed, because that delays the start.
    if admin.is_some() && accounts::has_admin(database).await.map_err(|error| error.to_string())? {
        done.push(HAS_ADMIN.into());
    } else if let Some(admin) = admin {
        let account = NewAccount {
            name: "Admin".parse()?,
            password_hash: rounds_auth::hash(&admin.password).map_err(|error| error.to_string())?,
            email: admin.email,
            account_type: AccountType::Admin,
            phone: None,
            birth_date: None,
            language: None,
            specialty: None,
            details: None,
        };
        let registered = accounts::register_first_admin(database, &account, &Origin::program(Utc::now())).await;
        match registered.map_err(|error| format!("ADMIN_EMAIL: {error}"))? {
            Some(id) => done.push(format!("created the first Admin, account {id}")),
            None => done.push(HAS_ADMIN.into()),
        }
    }
    Ok(done)
}
