//! Migrations in steps, each of which is a transaction, on both engines. The migrations are the test's own.

use std::sync::atomic::{AtomicBool, Ordering};

use libsql::Connection;
use rounds_data::{Database, Migrated, Migration};

use crate::support::TestDatabase;

const fn migration(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration { version, name, compatible_from: 1, sql }
}

const ROOMS: Migration = migration(
    1,
    "0001_rooms",
    "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT, key TEXT) STRICT;
-- step
INSERT INTO rooms (name) VALUES ('Lab');
CREATE TRIGGER rooms_have_names BEFORE INSERT ON rooms WHEN NEW.name IS NULL
BEGIN
  SELECT RAISE(ABORT, 'room-without-name');
END;
-- step
INSERT INTO rooms (name) VALUES ('X-ray');",
);

async fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query(sql, ()).await.unwrap().next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn a_migration_that_was_interrupted_goes_on_with_the_step_it_was_at() {
    for held in [TestDatabase::file(), TestDatabase::server()] {
        let database = Database::create_at(&held.url()).unwrap();
        let broken = ROOMS.sql.replace("'X-ray'", "NULL").leak();
        database.migrate_to(&[Migration { sql: broken, ..ROOMS }]).await.unwrap_err();
        let connection = held.connect().await;
        assert_eq!(number(&connection, "SELECT count(*) FROM rooms").await, 1);
        assert_eq!(number(&connection, "SELECT max(step) FROM migrations").await, 2);

        let both = [ROOMS, migration(2, "0002_beds", "CREATE TABLE beds (id INTEGER PRIMARY KEY) STRICT;")];
        let applied = database.migrate_to(&both).await.unwrap();
        assert_eq!(applied, Migrated::Applied(vec!["0001_rooms", "0002_beds"]));
        assert_eq!(number(&connection, "SELECT count(*) FROM rooms").await, 2);
        assert_eq!(database.migrate_to(&both).await.unwrap(), Migrated::Applied(vec![]));
        // The program of before can use it, and leaves it alone.
        assert_eq!(database.migrate_to(&[ROOMS]).await.unwrap(), Migrated::Newer(2));
    }
}

#[tokio::test]
async fn a_program_is_refused_that_is_older_than_what_can_use_the_schema() {
    for held in [TestDatabase::file(), TestDatabase::server()] {
        let database = Database::create_at(&held.url()).unwrap();
        let second = migration(2, "0002_names", "ALTER TABLE rooms RENAME COLUMN name TO title;");
        let third = migration(3, "0003_beds", "CREATE TABLE beds (id INTEGER PRIMARY KEY) STRICT;");
        // What comes after it does not make the schema usable again.
        let second = Migration { compatible_from: 2, ..second };
        database.migrate_to(&[ROOMS, second, third]).await.unwrap();
        assert_eq!(database.migrate_to(&[ROOMS, second]).await.unwrap(), Migrated::Newer(3));
        let error = database.migrate_to(&[ROOMS]).await.unwrap_err().to_string();
        assert!(error.contains("at migration 3, which programs can use that know migration 2"), "{error}");
    }
}

#[tokio::test]
async fn a_large_table_is_rewritten_some_rows_at_a_time_while_others_write() {
    const KEYS: Migration = migration(
        2,
        "0002_keys",
        "CREATE INDEX rooms_without_key ON rooms (id) WHERE key IS NULL;
-- step while SELECT EXISTS (SELECT 1 FROM rooms WHERE key IS NULL)
UPDATE rooms SET key = lower(name) WHERE id IN (SELECT id FROM rooms WHERE key IS NULL LIMIT 200);
-- step
DROP INDEX rooms_without_key;",
    );
    let held = TestDatabase::server();
    let (database, other) = (Database::create_at(&held.url()).unwrap(), held.connect().await);
    database.migrate_to(&[ROOMS]).await.unwrap();
    let many = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
                    INSERT INTO rooms (name) SELECT 'Room ' || n FROM n";
    other.execute(many, ()).await.unwrap();
    let done = AtomicBool::new(false);
    let (applied, written) = tokio::join!(
        async {
            let applied = database.migrate_to(&[ROOMS, KEYS]).await;
            done.store(true, Ordering::Relaxed);
            applied
        },
        async {
            let mut written = 0;
            while !done.load(Ordering::Relaxed) {
                other.execute("INSERT INTO rooms (name, key) VALUES ('Ward', 'ward')", ()).await.unwrap();
                written += 1;
                tokio::task::yield_now().await;
            }
            written
        }
    );
    assert_eq!(applied.unwrap(), Migrated::Applied(vec!["0002_keys"]));
    assert_eq!(number(&other, "SELECT count(*) FROM rooms WHERE key IS NULL OR key <> lower(name)").await, 0);
    assert_eq!(number(&other, "SELECT count(*) FROM rooms").await, 10_002 + written);
    assert!(written > 0);
}
