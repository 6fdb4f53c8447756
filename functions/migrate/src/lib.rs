//! Brings the clinic's database up to date, and gives it its first Admin.

mod deployment;

use chrono::Utc;
use rounds_data::{Database, Error, Migrated, Origin, accounts, days};
use rounds_domain::{AccountType, Email, NewAccount, Password};

pub use deployment::Deployment;

/// The first Admin, where the environment names one.
#[derive(Debug)]
pub struct Admin {
    /// `ADMIN_EMAIL`
    pub email: Email,
    /// `ADMIN_PASSWORD`
    pub password: Password,
}

impl Admin {
    /// Reads `ADMIN_EMAIL` and `ADMIN_PASSWORD`, empty where they are not set; `None` where there
    /// is no email.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn read(variable: impl Fn(&str) -> String) -> Result<Option<Self>, String> {
        if variable("ADMIN_EMAIL").is_empty() {
            return Ok(None);
        }
        let email = variable("ADMIN_EMAIL").parse().map_err(|rule| format!("ADMIN_EMAIL {rule}"))?;
        let password = variable("ADMIN_PASSWORD").parse().map_err(|rule| format!("ADMIN_PASSWORD {rule}"))?;
        Ok(Some(Self { email, password }))
    }
}

/// The warning where nobody can sign in as an Admin.
pub const NO_ADMIN: &str = "nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration \
    again to make the first one (each start of `rounds` runs it)";

/// Applies the migrations that are missing, deletes the clinic's days where the program's time-zone data
/// has other ones, and makes the first Admin where the database has none. Running it again changes nothing.
/// Answers what it did, in sentences.
///
/// # Errors
/// What went wrong and what to do, in a sentence.
pub async fn migrate(database: &Database, admin: Option<Admin>) -> Result<Vec<String>, String> {
    // The reason alone is the sentence for an operator.
    let migrated = database.migrate().await.map_err(|error| match error {
        Error::Unavailable(reason) => reason,
        error => error.to_string(),
    })?;
    let mut done = match migrated {
        Migrated::Applied(names) if names.is_empty() => vec!["the database is up to date".into()],
        Migrated::Applied(names) => names.iter().map(|name| format!("applied migration {name}")).collect(),
        Migrated::Newer(version) => {
            vec![format!("the database is at migration {version}, newer than this program, which can use it as it is")]
        }
    };
    if days::refresh(database, Utc::now()).await.map_err(|error| error.to_string())? {
        done.push("the time-zone data has changed: the clinic's days were worked out anew".into());
    }
    if let Some(admin) = admin {
        let account = NewAccount {
            name: "Admin".parse()?,
            password_hash: rounds_auth::hash(&admin.password).map_err(|error| error.to_string())?,
            email: admin.email,
            account_type: AccountType::Admin,
            specialty: None,
            details: None,
        };
        let made = accounts::register_first_admin(database, &account, &Origin::program(Utc::now())).await;
        match made.map_err(|error| format!("ADMIN_EMAIL: {error}"))? {
            Some(id) => done.push(format!("made the first Admin, account {id}")),
            None => done.push("there is an Admin already".into()),
        }
    }
    Ok(done)
}
