//! `migrate`, as it is run from a shell.

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

fn said(output: &Output) -> String {
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
        said(&first),
        "migrate: applied migration 0001_tables\nmigrate: applied migration 0002_rules\nmigrate: nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration again to make the first one (each start of `rounds` runs it)\n"
    );
    let second = command(&database).output().unwrap();
    assert!(second.status.success());
    assert!(said(&second).starts_with("migrate: the database is up to date\n"));
    assert_eq!(value(&database, "SELECT count(DISTINCT version) FROM migrations").await, 2);
}

#[tokio::test]
async fn a_new_release_of_the_time_zone_data_replaces_the_clinics_days() {
    let database = temporary("clinic.db");
    assert!(command(&database).output().unwrap().status.success());
    // A year from yesterday, so that no program with older data adds its own.
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
        assert!(said(&refreshed).contains("the time-zone data has changed"), "{change}: {}", said(&refreshed));
        let right = "SELECT count(*) FROM days
                     WHERE clock_change_seconds = 0 AND time_zone_data GLOB '20[0-9][0-9][a-z]'
                       AND weekday = (start_at / 86400 + 3) % 7 + 1";
        assert_eq!(value(&database, right).await, 366, "{change}");
        assert!(
            said(&command(&database).output().unwrap())
                .starts_with("migrate: the database is up to date\nmigrate: nobody")
        );
    }
}

#[tokio::test]
async fn several_at_once_do_it_once() {
    let database = temporary("clinic.db");
    let start = |_| command(&database).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let started: Vec<_> = (0..6).map(start).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success()));
    // Each by one, whichever.
    for migration in ["0001_tables", "0002_rules"] {
        let applied = outputs.iter().filter(|output| said(output).contains(migration));
        assert_eq!(applied.count(), 1, "{migration}");
    }
}

/// Records a migration that this program does not know, which programs can use that know `oldest` or later.
async fn record_a_later_one(database: &Path, oldest: i64) {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    let columns = "INSERT INTO migrations (version, step, name, compatible_from)";
    connection.execute(&format!("{columns} VALUES (999, 1, '0999_later', {oldest})"), ()).await.unwrap();
}

#[tokio::test]
async fn a_newer_database_that_the_program_cannot_use_is_refused_and_left_alone() {
    let database = temporary("clinic.db");
    command(&database).output().unwrap();
    record_a_later_one(&database, 998).await;
    let refused = command(&database).output().unwrap();
    assert!(!refused.status.success());
    let expected = "the database is at migration 999, which programs can use that know migration 998 or later";
    assert!(said(&refused).contains(expected), "{}", said(&refused));
}

#[tokio::test]
async fn a_newer_database_that_the_program_can_use_is_left_alone_and_used() {
    let path = temporary("clinic.db");
    command(&path).output().unwrap();
    record_a_later_one(&path, 1).await;
    let done = command(&path).output().unwrap();
    assert!(done.status.success());
    let expected = "migrate: the database is at migration 999, newer than this program, which can use it as it is\n";
    assert!(said(&done).starts_with(expected), "{}", said(&done));

    let held = TestDatabase::File(path);
    let url = held.url();
    let clinic = Clinic::over(held, &url, "2030-01-07T08:00:00Z").await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let database = temporary("clinic.db");
    let named =
        |email| command(&database).env("ADMIN_EMAIL", email).env("ADMIN_PASSWORD", "long enough").output().unwrap();
    assert!(said(&named("ada@example.org")).contains("made the first Admin, account 1"));
    assert!(said(&named("grace@example.org")).contains("there is an Admin already"));
    assert_eq!(value(&database, "SELECT count(*) FROM people").await, 1);
}

#[test]
fn settings_that_cannot_be_are_named() {
    let database = temporary("clinic.db");
    let wrong = [("ADMIN_EMAIL", "no email"), ("ADMIN_PASSWORD", "short")];
    for (name, value) in wrong {
        let output = command(&database)
            .env("ADMIN_EMAIL", "ada@example.org")
            .env("ADMIN_PASSWORD", "long enough")
            .env(name, value)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(said(&output).contains(name), "{}", said(&output));
        assert!(!said(&output).contains(value), "a setting's value may be a secret");
    }
    let nowhere = command(Path::new("/nowhere/clinic.db")).output().unwrap();
    assert!(!nowhere.status.success());
    assert!(said(&nowhere).contains("/nowhere"), "{}", said(&nowhere));
}
