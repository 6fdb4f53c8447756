//! A change of several statements is made in one transaction and one request, on both engines: all of it once,
//! or nothing. The tables are the test's own, so that each statement's part can be seen.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use chrono::{DateTime, Utc};
use libsql::{Connection, Value};
use rounds_data::{Database, Failure, Statement};
use rounds_domain::{Error, Origin};
use rounds_local::{Sqld, free_port};

use crate::support::{Proxy, TestDatabase, json, temporary};

const SCHEMA: &str = "
    CREATE TABLE operations (
      id       BLOB    PRIMARY KEY CHECK (length(id) = 16),
      given_up INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE rooms (
      id         INTEGER PRIMARY KEY,
      name       TEXT NOT NULL,
      made_at    INTEGER NOT NULL,
      actor      INTEGER,
      request_id TEXT,
      operation  BLOB NOT NULL
    ) STRICT;
    CREATE TABLE beds (
      room INTEGER NOT NULL,
      name TEXT    NOT NULL CHECK (name <> '')
    ) STRICT;
    CREATE TRIGGER beds_have_names BEFORE INSERT ON beds WHEN NEW.name = 'none'
    BEGIN
      SELECT RAISE(ABORT, 'bed-without-name');
    END;
    CREATE TABLE oldest (id BLOB NOT NULL) STRICT;
    INSERT INTO oldest VALUES (x'00');
    CREATE TRIGGER old_operations_are_refused BEFORE INSERT ON operations WHEN NEW.id < (SELECT id FROM oldest)
    BEGIN
      SELECT RAISE(ABORT, 'operation-too-old');
    END;";

const fn statement(name: &'static str, sql: &'static str) -> Statement {
    Statement { name, sql, may_lag: false }
}

const NOTE: Statement = statement("NOTE", "INSERT INTO operations (id) VALUES (:operation)");
const ROOM: Statement = statement(
    "ROOM",
    "INSERT INTO rooms (name, made_at, actor, request_id, operation)
     VALUES (:room, :now, :actor, :request_id, :operation)
     RETURNING json_object('room', name, 'at', made_at, 'actor', actor, 'request', request_id)",
);
const BED: Statement =
    statement("BED", "INSERT INTO beds (room, name) SELECT id, :bed FROM rooms WHERE operation = :operation");
/// Never ends.
const ENDLESS: Statement = statement(
    "ENDLESS",
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers",
);
const DONE: Statement = statement(
    "DONE",
    "SELECT json_object('room', name, 'done', 1) FROM rooms JOIN operations ON operations.id = rooms.operation
     WHERE operation = :operation AND given_up = 0",
);
const STEPS: [&Statement; 3] = [&NOTE, &ROOM, &BED];

type Outcome = Result<Option<serde_json::Value>, Failure>;

async fn make(database: &Database, steps: &[&Statement], room: &str, bed: &str) -> Outcome {
    let at: DateTime<Utc> = "2030-01-07T08:00:00Z".parse().unwrap();
    let origin = Origin { actor: Some("7".parse().unwrap()), request_id: Some("r".into()), ..Origin::program(at) };
    let values = [(":room", Value::from(room)), (":bed", Value::from(bed))];
    database.change(steps, &DONE, &origin, values).await
}

async fn with_schema(held: &TestDatabase) -> Connection {
    let connection = held.connect().await;
    connection.execute_batch(SCHEMA).await.unwrap();
    connection
}

/// How many rooms, beds, and operations that were made there are.
async fn counts(connection: &Connection) -> (i64, i64, i64) {
    let query = "SELECT (SELECT count(*) FROM rooms), (SELECT count(*) FROM beds),
                        (SELECT count(*) FROM operations WHERE given_up = 0)";
    let row = connection.query(query, ()).await.unwrap().next().await.unwrap().unwrap();
    (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap())
}

fn unconfirmed(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Failure::Error(Error::Unconfirmed(_))))
}

fn unavailable(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Failure::Error(Error::Unavailable(_))))
}

#[tokio::test]
async fn its_statements_are_made_together_with_their_values() {
    for held in [TestDatabase::file(), TestDatabase::server()] {
        let connection = with_schema(&held).await;
        let database = Database::at(&held.url()).unwrap();
        let made = make(&database, &STEPS, "Röntgen", "1").await.unwrap().unwrap();
        assert_eq!(made, json!({ "room": "Röntgen", "at": 1_894_003_200, "actor": 7, "request": "r" }));
        make(&database, &STEPS, "X-ray", "1").await.unwrap().unwrap();
        assert_eq!(counts(&connection).await, (2, 2, 2));
        assert_eq!(database.usage().requests, 2);
    }
}

#[tokio::test]
async fn a_statement_that_is_refused_undoes_those_before_it_and_says_why() {
    for held in [TestDatabase::file(), TestDatabase::server()] {
        let connection = with_schema(&held).await;
        let database = Database::at(&held.url()).unwrap();
        for (bed, why) in [("none", "bed-without-name"), ("", "CHECK constraint failed: name <> ''")] {
            match make(&database, &STEPS, "Lab", bed).await {
                Err(Failure::Rule(word)) => assert_eq!(word, why),
                other => panic!("{bed:?}: {other:?}"),
            }
        }
        let unknown = statement("UNKNOWN", "INSERT INTO beds (room, name) VALUES (1, :nobody)");
        let without_value = make(&database, &[&NOTE, &ROOM, &unknown], "Lab", "1").await;
        assert!(matches!(without_value, Err(Failure::Error(Error::Internal(_)))), "{without_value:?}");
        assert_eq!(counts(&connection).await, (0, 0, 0));
        make(&database, &STEPS, "Lab", "1").await.unwrap().unwrap();
        assert_eq!(counts(&connection).await, (1, 1, 1));
    }
}

async fn behind_a_proxy() -> (TestDatabase, Connection, Proxy, Database) {
    let held = TestDatabase::server();
    let connection = with_schema(&held).await;
    let proxy = Proxy::before(&held.url()).await;
    let database = Database::at(&proxy.url()).unwrap();
    (held, connection, proxy, database)
}

#[tokio::test]
async fn an_answer_that_is_lost_is_settled() {
    let (_held, connection, proxy, database) = behind_a_proxy().await;
    // It was made.
    proxy.lose(1);
    let made = make(&database, &STEPS, "Lab", "1").await.unwrap().unwrap();
    assert_eq!((made, counts(&connection).await), (json!({ "room": "Lab", "done": 1 }), (1, 1, 1)));
    // It was not, is given up, and made by the second try. The first arrives later.
    let late = proxy.hold_after(0);
    make(&database, &STEPS, "X-ray", "1").await.unwrap().unwrap();
    late.deliver().await;
    assert_eq!(counts(&connection).await, (2, 2, 2));
    // It is delivered twice, and the second answer comes through.
    proxy.duplicate(1);
    let made = make(&database, &STEPS, "Ward", "1").await.unwrap().unwrap();
    assert_eq!((made, counts(&connection).await), (json!({ "room": "Ward", "done": 1 }), (3, 3, 3)));
    // Nobody can be asked.
    proxy.lose_and_refuse(10);
    let outcome = make(&database, &STEPS, "Office", "1").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    assert_eq!(counts(&connection).await, (4, 4, 4));
}

#[tokio::test]
async fn one_that_is_older_than_what_is_deleted_is_neither_made_nor_taken_for_one_that_was() {
    let (_held, connection, proxy, database) = behind_a_proxy().await;
    // Between the change and the question what became of it, its id was deleted.
    proxy.lose(1);
    let mut question = proxy.hold_after(1);
    let (outcome, ()) = tokio::join!(make(&database, &STEPS, "Lab", "1"), async {
        question.came().await;
        connection.execute_batch("DELETE FROM operations; UPDATE oldest SET id = x'02'").await.unwrap();
        question.deliver().await;
    });
    assert!(unconfirmed(&outcome), "{outcome:?}");
    assert_eq!(counts(&connection).await, (1, 1, 0));
    let outcome = make(&database, &STEPS, "X-ray", "1").await;
    assert!(matches!(&outcome, Err(Failure::Rule(word)) if word == "operation-too-old"), "{outcome:?}");
    assert_eq!(counts(&connection).await, (1, 1, 0));
}

#[tokio::test]
async fn a_connection_that_is_lost_in_the_middle_leaves_nothing() {
    let held = TestDatabase::server();
    let connection = with_schema(&held).await;
    let database = Database::at(&held.url()).unwrap();
    // The client gives up waiting, twice, and closes its connection.
    let outcome = make(&database, &[&NOTE, &ROOM, &ENDLESS, &BED], "Lab", "1").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    make(&database, &STEPS, "X-ray", "1").await.unwrap().unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_leaves_nothing() {
    let (folder, port) = (temporary("sqld"), free_port().unwrap());
    let start = || TestDatabase::Server(Sqld::primary_at(&folder, port, &[], Stdio::null).unwrap());
    let held = start();
    with_schema(&held).await;
    let proxy = Proxy::before(&held.url()).await;
    let database = Database::at(&proxy.url()).unwrap();
    let steps = [&NOTE, &ROOM, &ENDLESS, &BED];
    let (outcome, ()) = tokio::join!(make(&database, &steps, "Lab", "1"), async {
        while proxy.passed().0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(held);
    });
    assert!(unconfirmed(&outcome), "{outcome:?}");
    let held = start();
    make(&database, &STEPS, "X-ray", "1").await.unwrap().unwrap();
    assert_eq!(counts(&held.connect().await).await, (1, 1, 1));
}

#[tokio::test]
async fn one_that_waits_for_another_writer_is_made_whole_or_not_at_all() {
    let held = TestDatabase::server();
    let (connection, other) = (with_schema(&held).await, held.connect().await);
    let database = Database::at(&held.url()).unwrap();
    let transaction = other.transaction_with_behavior(libsql::TransactionBehavior::Immediate).await.unwrap();
    let outcome = make(&database, &STEPS, "Lab", "1").await;
    assert!(unconfirmed(&outcome), "{outcome:?}");
    transaction.rollback().await.unwrap();
    // What still waited there is before this one.
    make(&database, &STEPS, "X-ray", "1").await.unwrap().unwrap();
    let (rooms, beds, operations) = counts(&connection).await;
    assert!(rooms == beds && beds == operations && [1, 2].contains(&rooms), "{rooms} {beds} {operations}");
}

#[tokio::test]
async fn a_file_that_another_program_has_locked_is_unavailable_and_unchanged() {
    let held = TestDatabase::file();
    let (connection, other) = (with_schema(&held).await, held.connect().await);
    let database = Database::at(&held.url()).unwrap();
    // One writes; the other reads, which is met by the commit only.
    for lock in ["BEGIN IMMEDIATE", "BEGIN; SELECT count(*) FROM beds"] {
        other.execute_batch(lock).await.unwrap();
        let outcome = make(&database, &STEPS, "Lab", "1").await;
        assert!(unavailable(&outcome), "{lock}: {outcome:?}");
        other.execute_batch("ROLLBACK").await.unwrap();
        assert_eq!(counts(&connection).await, (0, 0, 0), "{lock}");
    }
    make(&database, &STEPS, "Lab", "1").await.unwrap().unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

/// Names the file to the process that [`a_program_that_is_killed_in_the_middle_leaves_nothing`] starts.
const TO_BE_KILLED: &str = "CHANGE_TO_BE_KILLED";

#[tokio::test]
async fn a_program_that_is_killed_in_the_middle_leaves_nothing() {
    if let Ok(path) = std::env::var(TO_BE_KILLED) {
        let outcome = make(&Database::at(&path).unwrap(), &[&NOTE, &ROOM, &ENDLESS, &BED], "Lab", "1").await;
        panic!("it has ended: {outcome:?}");
    }
    let path = temporary("clinic.db");
    let held = TestDatabase::File(path.clone());
    let connection = with_schema(&held).await;
    kill_in_the_middle(&path);
    assert_eq!(counts(&connection).await, (0, 0, 0));
    make(&Database::at(&held.url()).unwrap(), &STEPS, "Lab", "1").await.unwrap().unwrap();
    assert_eq!(counts(&connection).await, (1, 1, 1));
}

fn kill_in_the_middle(path: &Path) {
    let this_test = "database::changes::a_program_that_is_killed_in_the_middle_leaves_nothing";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", this_test]).env(TO_BE_KILLED, path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // It is there from the first statement that changes something.
    let journal = PathBuf::from(format!("{}-journal", path.display()));
    while !journal.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
