//! A database in WAL mode, set by another program. Commits of several processes can be lost in this mode.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use libsql::Connection;
use rounds_data::{Database, DatabaseLock};

use crate::{
    run::home::{Folder, refusal, started},
    support::{Clinic, Server, TestDatabase, built, new_operation, temporary},
};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn journal_mode(connection: &Connection, pragma: &str) -> String {
    let mut rows = connection.query(pragma, ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

async fn connect(path: &Path) -> Connection {
    libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap()
}

fn migrate(database: &Path) -> Output {
    let mut command = Command::new(built("migrate"));
    command.env("DATABASE_URL", database).env_remove("ADMIN_EMAIL").env_remove("AWS_LAMBDA_RUNTIME_API");
    command.output().unwrap()
}

async fn write(other: &libsql::Connection) {
    let operation = new_operation();
    let write = format!(
        "INSERT INTO operations (id, at) VALUES ({operation}, 0);
         UPDATE clinic SET max_duration = 90, operation_id = {operation}"
    );
    other.execute_batch(&write).await.unwrap();
}

#[tokio::test]
async fn migration_converts_a_wal_file_with_every_commit() {
    let path = temporary("clinic.db");
    assert!(migrate(&path).status.success());
    let other = connect(&path).await;
    assert_eq!(journal_mode(&other, "PRAGMA journal_mode = WAL").await, "wal");
    write(&other).await;

    // Rounds does not change the mode while another program has the file open.
    let refused = migrate(&path);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && message.lines().count() == 1, "{message}");
    assert!(message.contains("clinic.db: the database is in WAL mode") && message.contains("stop them"), "{message}");
    assert_eq!(journal_mode(&other, "PRAGMA journal_mode").await, "wal");
    drop(other);

    assert!(migrate(&path).status.success());
    let other = connect(&path).await;
    assert_eq!(journal_mode(&other, "PRAGMA journal_mode").await, "delete");
    let mut rows = other.query("SELECT max_duration FROM clinic", ()).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().get::<i64>(0).unwrap(), 90);
    assert!(!path.with_extension("db-wal").exists());
}

#[tokio::test]
async fn watch_converts_the_file_that_serve_has_used() {
    let folder = Folder::new();
    folder.start(&[]);
    let path = folder.path(".rounds/clinic.db");
    assert!(!path.with_extension("db-wal").exists(), "the log is written back at the end");
    assert_eq!(journal_mode(&connect(&path).await, "PRAGMA journal_mode").await, "wal");
    started(&folder.command("watch").output().unwrap());
    assert_eq!(journal_mode(&connect(&path).await, "PRAGMA journal_mode").await, "delete");
    folder.start(&[]);
    assert_eq!(journal_mode(&connect(&path).await, "PRAGMA journal_mode").await, "wal");
}

#[tokio::test]
async fn watch_does_not_use_a_file_that_is_served() {
    let folder = Folder::new();
    fs::create_dir(folder.path(".rounds")).unwrap();
    let path = folder.path(".rounds/clinic.db");
    let _lock = DatabaseLock::acquire(&path).unwrap();
    for command in ["watch", "serve"] {
        let message = refusal(&mut folder.command(command));
        assert!(
            message.ends_with("clinic.db is in use by another program of Rounds: stop that one first"),
            "{message}"
        );
    }
    assert!(!path.exists());
}

#[tokio::test]
async fn function_refuses_a_wal_file_until_it_is_converted() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let (clinic, other) = (server.clinic(), server.database.connect().await);
    let patient = clinic.patient().await;
    assert_eq!(journal_mode(&other, "PRAGMA journal_mode = WAL").await, "wal");
    // The write-ahead log exists from the first transaction.
    write(&other).await;
    clinic.anonymous().get("/doctors").await.problem(503, "database-unavailable");
    patient.get("/me").await.problem(503, "database-unavailable");
    assert!(server.log().contains("clinic.db: the database is in WAL mode"), "{}", server.log());

    assert_eq!(journal_mode(&other, "PRAGMA journal_mode = DELETE").await, "delete");
    clinic.anonymous().get("/doctors").await.expect(200);
    patient.get("/me").await.expect(200);
}

#[tokio::test]
async fn function_refuses_to_create_or_convert_a_file() {
    let path = temporary("clinic.db");
    let url = path.to_str().unwrap();
    Database::create_at(url).unwrap().migrate().await.unwrap();
    assert_eq!(journal_mode(&connect(&path).await, "PRAGMA journal_mode = WAL").await, "wal");
    let before = fs::read(&path).unwrap();
    let clinic = Clinic::of(Database::at(url).unwrap(), NOW);
    clinic.anonymous().get("/doctors").await.problem(503, "database-unavailable");
    assert!(!path.with_extension("db-wal").exists());
    assert_eq!(fs::read(&path).unwrap(), before);
}
