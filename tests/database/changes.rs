//! A change of several statements is one transaction in one request, on both engines: all of it is made once, or
//! nothing. The change in these stories is a registration, which inserts an operation, a person and a login.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use libsql::Connection;
use rounds_data::{
    Database, Error, Limits, Origin, Usage,
    accounts::{self, Registration},
};
use rounds_domain::{self as domain, AccountId, AccountType, NewAccount};
use rounds_local::{Sqld, free_port};

use crate::support::{Proxy, TestDatabase, temporary};

/// Makes the insertion of a login whose email begins with "endless" run without end.
const ENDLESS: &str = "
    CREATE VIEW numbers AS
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT n FROM numbers;
    CREATE TRIGGER endless BEFORE INSERT ON logins WHEN NEW.email LIKE 'endless%'
    BEGIN
      SELECT max(n) FROM numbers;
    END;";

type Outcome = Result<AccountId, Error>;

async fn make(database: &Database, name: &str) -> Outcome {
    make_with(database, name, "$argon2id$unusable").await
}

async fn make_with(database: &Database, name: &str, password_hash: &str) -> Outcome {
    let at: DateTime<Utc> = "2030-01-07T08:00:00Z".parse().unwrap();
    let origin = Origin { request_id: Some("r".into()), ..Origin::program(at) };
    let account = NewAccount {
        name: name.parse().unwrap(),
        email: format!("{name}@example.org").parse().unwrap(),
        password_hash: password_hash.into(),
        account_type: AccountType::Patient,
        phone: None,
        birth_date: None,
        language: None,
        specialty: None,
        details: None,
    };
    let limits = Limits::default();
    let new = Registration { registrar: None, account: &account, limits: &limits };
    accounts::register(database, &new, &origin).await
}

async fn migrated(engine: &TestDatabase) -> Connection {
    Database::create_at(&engine.url()).unwrap().migrate().await.unwrap();
    let connection = engine.connect().await;
    connection.execute_batch(ENDLESS).await.unwrap();
    connection
}

async fn numbers(connection: &Connection, query: &str) -> (i64, i64, i64) {
    let row = connection.query(query, ()).await.unwrap().next().await.unwrap().unwrap();
    (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap())
}

/// Counts the people, the logins and the operations that changed something.
async fn counts(connection: &Connection) -> (i64, i64, i64) {
    let query = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM logins),
                        (SELECT count(*) FROM operations WHERE row_id IS NOT NULL)";
    numbers(connection, query).await
}

fn unconfirmed(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Error::Unconfirmed(_)))
}

fn unavailable(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Error::Unavailable(_)))
}

#[tokio::test]
async fn transaction_applies_all_statements_with_their_values() {
    for engine in [TestDatabase::file(), TestDatabase::server()] {
        let connection = migrated(&engine).await;
        let database = Database::at(&engine.url()).unwrap();
        let (ada, usage) = Usage::measure(make(&database, "Ada")).await;
        assert_eq!((ada.unwrap().get(), usage.requests), (1, 1));
        make(&database, "Grace").await.unwrap();
        assert_eq!(counts(&connection).await, (2, 2, 2));
        let row = "SELECT people.id, created_at, (SELECT count(*) FROM audit WHERE request_id = 'r')
                   FROM people JOIN logins ON person_id = people.id WHERE name = 'Ada' AND email = 'Ada@example.org'";
        assert_eq!(numbers(&connection, row).await, (1, 1_894_003_200, 2));
    }
}

#[tokio::test]
async fn refused_statement_rolls_back_the_transaction_with_its_reason() {
    for engine in [TestDatabase::file(), TestDatabase::server()] {
        let connection = migrated(&engine).await;
        let database = Database::at(&engine.url()).unwrap();
        make(&database, "Ada").await.unwrap();
        // The login is refused: once by a rule, once by a CHECK, which is a defect of the program.
        let taken = make(&database, "Ada").await;
        assert!(matches!(taken, Err(Error::Refused(domain::Error::EmailTaken))), "{taken:?}");
        match make_with(&database, "Grace", "a long password").await {
            Err(Error::Internal(reason)) => assert!(reason.contains("the CHECK password_hash"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(counts(&connection).await, (1, 1, 1));
        make(&database, "Grace").await.unwrap();
        assert_eq!(counts(&connection).await, (2, 2, 2));
    }
}

async fn behind_a_proxy() -> (TestDatabase, Connection, Proxy, Database) {
    let engine = TestDatabase::server();
    let connection = migrated(&engine).await;
    let proxy = Proxy::start(&engine.url()).await;
    let database = Database::at(&proxy.url()).unwrap();
    (engine, connection, proxy, database)
}

#[tokio::test]
async fn lost_answer_of_a_change_is_settled() {
    let (_engine, connection, proxy, database) = behind_a_proxy().await;
    // The change was made, and its answer is lost.
    proxy.lose(1);
    let made = make(&database, "Ada").await.unwrap();
    assert_eq!((made.get(), counts(&connection).await), (1, (1, 1, 1)));
    // The change has not arrived. It is cancelled and made by a second attempt; the first attempt arrives later.
    let late = proxy.hold_after(0);
    make(&database, "Grace").await.unwrap();
    late.deliver().await;
    assert_eq!(counts(&connection).await, (2, 2, 2));
    // The change is delivered twice, and only the second answer arrives.
    proxy.duplicate(1);
    let made = make(&database, "Katherine").await.unwrap();
    assert_eq!((made.get(), counts(&connection).await), (3, (3, 3, 3)));
    // The lookup of the outcome fails too.
    proxy.lose_and_refuse(10);
    let outcome = make(&database, "Joan").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    assert_eq!(counts(&connection).await, (4, 4, 4));
}

#[tokio::test]
async fn operation_older_than_the_pruning_is_refused() {
    let (_engine, connection, proxy, database) = behind_a_proxy().await;
    // The operation is pruned between the change and the lookup of its outcome.
    proxy.lose(1);
    let mut lookup = proxy.hold_after(1);
    let (outcome, ()) = tokio::join!(make(&database, "Ada"), async {
        lookup.arrived().await;
        connection
            .execute_batch("UPDATE pruned_operations SET up_to = x'fe000000000000000000000000000000'")
            .await
            .unwrap();
        lookup.deliver().await;
    });
    assert!(unconfirmed(&outcome), "{outcome:?}");
    assert_eq!(counts(&connection).await, (1, 1, 0));
    // A program whose clock is too slow cannot make the change either.
    let outcome = make(&database, "Grace").await;
    assert!(unavailable(&outcome), "{outcome:?}");
    assert_eq!(counts(&connection).await, (1, 1, 0));
}

#[tokio::test]
async fn lost_connection_rolls_back_the_transaction() {
    let engine = TestDatabase::server();
    let connection = migrated(&engine).await;
    let database = Database::at(&engine.url()).unwrap();
    // Both attempts time out, and the client closes its connection.
    let outcome = make(&database, "endless").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    make(&database, "Grace").await.unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

#[tokio::test]
async fn killed_server_leaves_no_partial_change() {
    let (folder, port) = (temporary("sqld"), free_port().unwrap());
    let start = || TestDatabase::Server(Sqld::primary_at(&folder, port, &[], Stdio::null).unwrap());
    let engine = start();
    migrated(&engine).await;
    let proxy = Proxy::start(&engine.url()).await;
    let database = Database::at(&proxy.url()).unwrap();
    let (outcome, ()) = tokio::join!(make(&database, "endless"), async {
        while proxy.take_counts().0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(engine);
    });
    assert!(unconfirmed(&outcome), "{outcome:?}");
    let engine = start();
    make(&database, "Grace").await.unwrap();
    assert_eq!(counts(&engine.connect().await).await, (1, 1, 1));
}

#[tokio::test]
async fn transaction_waiting_for_a_writer_is_atomic() {
    let engine = TestDatabase::server();
    let (connection, other) = (migrated(&engine).await, engine.connect().await);
    let database = Database::at(&engine.url()).unwrap();
    let transaction = other.transaction_with_behavior(libsql::TransactionBehavior::Immediate).await.unwrap();
    let outcome = make(&database, "Ada").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    transaction.rollback().await.unwrap();
    // A change that still waits on the server is made before this one.
    make(&database, "Grace").await.unwrap();
    let (people, logins, operations) = counts(&connection).await;
    assert!(people == logins && logins == operations && [1, 2].contains(&people), "{people} {logins} {operations}");
}

#[tokio::test]
async fn locked_file_is_unavailable_and_unchanged() {
    let engine = TestDatabase::file();
    let (connection, other) = (migrated(&engine).await, engine.connect().await);
    let database = Database::at(&engine.url()).unwrap();
    // One lock is of a writer; the other is of a reader, which blocks only the commit.
    for lock in ["BEGIN IMMEDIATE", "BEGIN; SELECT count(*) FROM people"] {
        other.execute_batch(lock).await.unwrap();
        let outcome = make(&database, "Ada").await;
        assert!(unavailable(&outcome), "{lock}: {outcome:?}");
        other.execute_batch("ROLLBACK").await.unwrap();
        assert_eq!(counts(&connection).await, (0, 0, 0), "{lock}");
    }
    make(&database, "Ada").await.unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

/// The environment variable that passes the file to the process that [`killed_program_leaves_no_partial_change`] starts.
const TO_BE_KILLED: &str = "CHANGE_TO_BE_KILLED";

#[tokio::test]
async fn killed_program_leaves_no_partial_change() {
    if let Ok(path) = std::env::var(TO_BE_KILLED) {
        let outcome = make(&Database::at(&path).unwrap(), "endless").await;
        panic!("the endless change has ended: {outcome:?}");
    }
    let path = temporary("clinic.db");
    let engine = TestDatabase::File(path.clone());
    let connection = migrated(&engine).await;
    kill_in_the_middle(&path);
    assert_eq!(counts(&connection).await, (0, 0, 0));
    make(&Database::at(&engine.url()).unwrap(), "Ada").await.unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

fn kill_in_the_middle(path: &Path) {
    let this_test = "database::changes::killed_program_leaves_no_partial_change";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", this_test]).env(TO_BE_KILLED, path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // The journal exists from the first statement that changes something.
    let journal = PathBuf::from(format!("{}-journal", path.display()));
    while !journal.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the process ended before its change");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
