//! What `serve`, `server` and `watch` share: the settings of the clinic, and the preparation of its database.

use std::{fs, path::Path};

use chrono::Utc;
use rounds_data::{Database, DatabaseLock, Limits, Location, accounts};
use rounds_domain::AccountType;
use rounds_local::{DemoAccount, Variables, before_migration, demo_accounts, load_demo, print_line};
use rounds_secrets::Secret;

/// The settings of the clinic, without its files.
pub(crate) struct ClinicSettings {
    pub(crate) limits: Limits,
    admin: Option<migrate::Admin>,
    demo: Option<bool>,
}

impl ClinicSettings {
    /// Reads the settings. Creates no file.
    pub(crate) fn read(variables: &Variables) -> Result<Self, String> {
        Ok(Self {
            limits: Limits::read(|name| variables.get(name))?,
            admin: migrate::Admin::read(|name| variables.get(name))?,
            demo: variables.boolean("DEMO")?,
        })
    }
}

/// A clinic whose database is ready.
pub(crate) struct Clinic {
    pub(crate) database: Database,
    demo: Vec<DemoAccount>,
    has_admin: bool,
    /// Of an embedded database that the functions use.
    _lock: Option<DatabaseLock>,
}

/// How other processes may use an embedded database.
#[derive(Clone, Copy)]
pub(crate) enum Use<'a> {
    /// This process alone uses it. Before an upgrade of its schema, `program` makes a backup in `home`, the folder of the
    /// clinic's files.
    Alone { program: &'a Path, home: &'a Path },
    /// The functions use it too, each in its own process.
    Shared,
}

impl Clinic {
    /// Opens and migrates the database, and loads the demo clinic if the settings allow it. `is_local` is `true` if
    /// the database is on this machine.
    pub(crate) async fn open(
        location: &Location,
        settings: ClinicSettings,
        is_local: bool,
        usage: Use<'_>,
    ) -> Result<Self, String> {
        let ClinicSettings { admin, demo: demo_setting, .. } = settings;
        // The demo's passwords are public. By default, they are not used if ADMIN_EMAIL is set, or if the database is on
        // a server that others may reach.
        let demo = demo_setting.unwrap_or(is_local && admin.is_none());
        let mut database = Database::open(location)?;
        let path = database.path();
        if let Some(folder) = path.as_deref().and_then(|path| path.parent()) {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot create the folder {}: {error}", folder.display()))?;
        }
        let lock = match usage {
            Use::Alone { program, home } => {
                database = Database::serve(location).await?;
                if let Some(backup) = before_migration(program, home, &database).await? {
                    print_line(&format!("made the backup {} before the upgrade", backup.display()));
                }
                None
            }
            Use::Shared => path.map(|path| DatabaseLock::acquire(&path)).transpose()?,
        };
        print_line(&format!("database {}", location.url));
        for done in migrate::migrate(&database, admin).await? {
            print_line(&done);
        }
        if demo {
            load_demo(&database, demo_setting.is_some(), Utc::now()).await?;
        }
        let demo = demo_accounts(&database).await?;
        let has_admin = accounts::has_admin(&database).await.map_err(|error| error.to_string())?;
        Ok(Self { database, demo, has_admin, _lock: lock })
    }

    /// Prints the demo accounts, commands to try, and that the clinic is ready.
    pub(crate) fn introduce(&self, url: &str) {
        print_introduction(url, &self.demo);
        if !self.has_admin {
            print_line(migrate::NO_ADMIN);
        }
        print_line(&format!("ready at {url} (press Ctrl-C to stop)"));
    }
}

/// Returns the location of the database that the settings name.
pub(crate) fn location(variables: &Variables) -> Result<Location, String> {
    let non_empty = |name| Some(variables.get(name)).filter(|value| !value.is_empty());
    Ok(Location {
        url: variables.database_url()?,
        replica_url: non_empty("DATABASE_REPLICA_URL"),
        ca_file: variables.path("DATABASE_CA_FILE"),
        ca: None,
        auth_token: non_empty("DATABASE_AUTH_TOKEN").map(Secret::new),
        create: true,
    })
}

fn print_introduction(url: &str, demo: &[DemoAccount]) {
    let mut lines: Vec<String> = vec![String::new()];
    for DemoAccount { id, account_type, email, password } in demo {
        lines.push(format!("  {:<8} account {id:<3} {email:<26} {password}", account_type.as_str()));
    }
    lines.extend([String::new(), "  Try:".to_owned(), format!("  curl {url}/doctors")]);
    lines.push(match demo.iter().find(|account| account.account_type == AccountType::Patient) {
        Some(DemoAccount { email, password, .. }) => format!(
            "  curl {url}/login -H 'Content-Type: application/json' \
             -d '{{\"email\": \"{email}\", \"password\": \"{password}\"}}'"
        ),
        None => format!("  curl -i {url}/doctors/1"),
    });
    lines.push(String::new());
    rounds_local::print(&lines.join("\n"));
}
