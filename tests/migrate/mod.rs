//! `migrate`, as it is run from a shell.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::support::temporary;

fn command(database: &Path) -> Command {
    let binary = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/migrate");
    let mut command = Command::new(binary);
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
    assert_eq!(said(&first), "migrate: applied migration 0001_bookings\nmigrate: applied migration 0002_writes\n");
    let second = command(&database).output().unwrap();
    assert!(second.status.success());
    assert_eq!(said(&second), "migrate: the database is up to date\n");
    assert_eq!(value(&database, "SELECT count(*) FROM migrations").await, 2);
}

#[tokio::test]
async fn several_at_once_do_it_once() {
    let database = temporary("clinic.db");
    let start = |_| command(&database).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let started: Vec<_> = (0..6).map(start).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success()));
    let applied = outputs.iter().filter(|output| said(output).contains("applied"));
    assert_eq!(applied.count(), 1);
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused_and_left_alone() {
    let database = temporary("clinic.db");
    command(&database).output().unwrap();
    let connection = libsql::Builder::new_local(&database).build().await.unwrap().connect().unwrap();
    connection.execute("INSERT INTO migrations (version, name) VALUES (999, 'later')", ()).await.unwrap();
    let refused = command(&database).output().unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("the database is at migration 999"), "{}", said(&refused));
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let database = temporary("clinic.db");
    let named =
        |email| command(&database).env("ADMIN_EMAIL", email).env("ADMIN_PASSWORD", "long enough").output().unwrap();
    assert!(said(&named("ada@example.org")).contains("made the first Admin, account 1"));
    assert!(said(&named("grace@example.org")).contains("there is an Admin already"));
    assert_eq!(value(&database, "SELECT count(*) FROM accounts").await, 1);
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
