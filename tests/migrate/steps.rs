//! Migrations in steps, on both engines. Each step is a transaction. The migrations are written for these tests.

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
async fn interrupted_migration_continues_at_failed_step() {
    for engine in [TestDatabase::file(), TestDatabase::server()] {
        let database = Database::create_at(&engine.url()).unwrap();
        let broken = ROOMS.sql.replace("'X-ray'", "NULL").leak();
        database.migrate_to(&[Migration { sql: broken, ..ROOMS }]).await.unwrap_err();
        let connection = engine.connect().await;
        assert_eq!(number(&connection, "SELECT count(*) FROM rooms").await, 1);
        assert_eq!(number(&connection, "SELECT max(step) FROM migrations").await, 2);

        let both = [ROOMS, migration(2, "0002_beds", "CREATE TABLE beds (id INTEGER PRIMARY KEY) STRICT;")];
        let applied = database.migrate_to(&both).await.unwrap();
        assert_eq!(applied, Migrated::Applied(vec!["0001_rooms", "0002_beds"]));
        assert_eq!(number(&connection, "SELECT count(*) FROM rooms").await, 2);
        assert_eq!(database.migrate_to(&both).await.unwrap(), Migrated::Applied(vec![]));
        // The older program can use the new schema, and does not change it.
        assert_eq!(database.migrate_to(&[ROOMS]).await.unwrap(), Migrated::Newer(2));
    }
}

#[tokio::test]
async fn rejects_program_that_is_too_old_for_schema() {
    for engine in [TestDatabase::file(), TestDatabase::server()] {
        let database = Database::create_at(&engine.url()).unwrap();
        let second = migration(2, "0002_names", "ALTER TABLE rooms RENAME COLUMN name TO title;");
        let third = migration(3, "0003_beds", "CREATE TABLE beds (id INTEGER PRIMARY KEY) STRICT;");
        // The older program cannot use the schema after this migration. A later migration does not change that.
        let second = Migration { compatible_from: 2, ..second };
        database.migrate_to(&[ROOMS, second, third]).await.unwrap();
        assert_eq!(database.migrate_to(&[ROOMS, second]).await.unwrap(), Migrated::Newer(3));
        let error = database.migrate_to(&[ROOMS]).await.unwrap_err().to_string();
        assert!(error.contains("at migration 3, which needs a program that has migration 2"), "{error}");
    }
}

#[tokio::test]
async fn migrates_large_table_in_batches_during_writes() {
    const KEYS: Migration = migration(
        2,
        "0002_keys",
        "CREATE INDEX rooms_without_key ON rooms (id) WHERE key IS NULL;
-- step while SELECT EXISTS (SELECT 1 FROM rooms WHERE key IS NULL)
UPDATE rooms SET key = lower(name) WHERE id IN (SELECT id FROM rooms WHERE key IS NULL LIMIT 200);
-- step
DROP INDEX rooms_without_key;",
    );
    let engine = TestDatabase::server();
    let (database, other) = (Database::create_at(&engine.url()).unwrap(), engine.connect().await);
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
