//! Stories of the program `migrate`, run from a shell.

mod steps;

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::support::{Clinic, TestDatabase, built, temporary};

fn command(database: &Path) -> Command {
    let mut command = Command::new(built("migrate"));
    command.env("DATABASE_URL", database).env_remove("ADMIN_EMAIL").env_remove("ADMIN_PASSWORD");
    command.env_remove("AWS_LAMBDA_RUNTIME_API");
    command
}

/// Both outputs of the program.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn value(database: &Path, sql: &str) -> i64 {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    connection.query(sql, ()).await.unwrap().next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn migrations_are_applied_once() {
    let database = temporary("clinic.db");
    let first = command(&database).output().unwrap();
    assert!(first.status.success());
    assert_eq!(
        text(&first),
        "migrate: applied migration 0001_tables\nmigrate: applied migration 0002_rules\nmigrate: applied migration 0003_messages\nmigrate: applied migration 0004_patients\nmigrate: applied migration 0005_hours\nmigrate: applied migration 0006_desk\nmigrate: applied migration 0007_plans\nmigrate: nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration again to create the first Admin (each start of `rounds` runs it)\n"
    );
    let second = command(&database).output().unwrap();
    assert!(second.status.success());
    assert!(text(&second).starts_with("migrate: the database is up to date\n"));
    assert_eq!(value(&database, "SELECT count(DISTINCT version) FROM migrations").await, 7);
}

#[tokio::test]
async fn new_zone_data_replaces_calendar_days() {
    let database = temporary("clinic.db");
    assert!(command(&database).output().unwrap().status.success());
    // One year from yesterday on, so that a program with older zone data does not add its own days.
    let days = "SELECT count(*) FROM days WHERE end_at > unixepoch() - 86400";
    assert_eq!(value(&database, days).await, 366);
    let connection = libsql::Builder::new_local(&database).build().await.unwrap().connect().unwrap();
    for change in [
        "clock_change_seconds = 3600",
        "weekday = weekday % 7 + 1",
        "time_zone_data = '1999a'",
        "time_zone_data = '9999z'",
    ] {
        connection.execute(&format!("UPDATE days SET {change}"), ()).await.unwrap();
        let refreshed = command(&database).output().unwrap();
        assert!(text(&refreshed).contains("the time zone data has changed"), "{change}: {}", text(&refreshed));
        let correct = "SELECT count(*) FROM days
                     WHERE clock_change_seconds = 0 AND time_zone_data GLOB '20[0-9][0-9][a-z]'
                       AND weekday = (start_at / 86400 + 3) % 7 + 1";
        assert_eq!(value(&database, correct).await, 366, "{change}");
        assert!(
            text(&command(&database).output().unwrap())
                .starts_with("migrate: the database is up to date\nmigrate: nobody")
        );
    }
}

#[tokio::test]
async fn concurrent_runs_apply_each_migration_once() {
    let database = temporary("clinic.db");
    let start = |_| command(&database).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let started: Vec<_> = (0..6).map(start).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success()));
    // Exactly one of the processes applies each migration.
    for migration in ["0001_tables", "0002_rules", "0003_messages"] {
        let applied = outputs.iter().filter(|output| text(output).contains(migration));
        assert_eq!(applied.count(), 1, "{migration}");
    }
}

/// Records a migration that this program does not have. Programs that have the migration `oldest` or a later one can
/// use the database.
async fn record_later_migration(database: &Path, oldest: i64) {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    let columns = "INSERT INTO migrations (version, step, name, compatible_from)";
    connection.execute(&format!("{columns} VALUES (999, 1, '0999_later', {oldest})"), ()).await.unwrap();
}

#[tokio::test]
async fn rejects_newer_database_that_it_cannot_use() {
    let database = temporary("clinic.db");
    command(&database).output().unwrap();
    record_later_migration(&database, 998).await;
    let refused = command(&database).output().unwrap();
    assert!(!refused.status.success());
    let expected = "the database is at migration 999, which needs a program that has migration 998 or later";
    assert!(text(&refused).contains(expected), "{}", text(&refused));
}

#[tokio::test]
async fn accepts_newer_database_that_it_can_use() {
    let path = temporary("clinic.db");
    command(&path).output().unwrap();
    record_later_migration(&path, 1).await;
    let done = command(&path).output().unwrap();
    assert!(done.status.success());
    let expected = "migrate: the database has migration 999, which is newer than this program";
    assert!(text(&done).starts_with(expected), "{}", text(&done));

    let database = TestDatabase::File(path);
    let url = database.url();
    let clinic = Clinic::over(database, &url, "2030-01-07T08:00:00Z").await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
}

#[tokio::test]
async fn creates_first_admin_once() {
    let database = temporary("clinic.db");
    let migrate =
        |email| command(&database).env("ADMIN_EMAIL", email).env("ADMIN_PASSWORD", "long enough").output().unwrap();
    assert!(text(&migrate("ada@example.org")).contains("created the first Admin, account 1"));
    assert!(text(&migrate("grace@example.org")).contains("the clinic already has an Admin"));
    assert_eq!(value(&database, "SELECT count(*) FROM people").await, 1);
}

#[test]
fn message_names_invalid_setting_without_its_value() {
    let database = temporary("clinic.db");
    for (name, value) in [("ADMIN_EMAIL", "no email"), ("ADMIN_PASSWORD", "short")] {
        let output = command(&database)
            .env("ADMIN_EMAIL", "ada@example.org")
            .env("ADMIN_PASSWORD", "long enough")
            .env(name, value)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(text(&output).contains(name), "{}", text(&output));
        assert!(!text(&output).contains(value), "a setting's value may be a secret");
    }
    // Only a deployment can invite the first Admin.
    let without_password = command(&database).env("ADMIN_EMAIL", "ada@example.org").output().unwrap();
    assert!(!without_password.status.success());
    assert!(text(&without_password).contains("ADMIN_PASSWORD "), "{}", text(&without_password));
    let nowhere = command(Path::new("/nowhere/clinic.db")).output().unwrap();
    assert!(!nowhere.status.success());
    assert!(text(&nowhere).contains("/nowhere"), "{}", text(&nowhere));
}
