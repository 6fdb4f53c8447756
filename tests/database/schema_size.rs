//! Limits of the size of the schema, so that it stays readable. `cargo test … -- schema_size --nocapture` prints the
//! numbers.

use libsql::Connection;
use rounds_data::Database;

use crate::support::TestDatabase;

const TRIGGERS_PER_TABLE: i64 = 3;
const LINES_PER_TRIGGER: i64 = 80;
/// Views that serve as procedures: programs insert into them, and they have no rows.
const VIEWS_AS_PROCEDURES: i64 = 8;
/// Includes indexes that SQLite creates for UNIQUE.
const INDEXES_ON_APPOINTMENTS: i64 = 5;

async fn migrated() -> Connection {
    let engine = TestDatabase::file();
    Database::create_at(&engine.url()).unwrap().migrate().await.unwrap();
    engine.connect().await
}

/// Prints the counts of a query, largest first, and checks the largest against a limit.
async fn check_limit(what: &str, query: &str, limit: i64) {
    let mut rows = migrated().await.query(query, ()).await.unwrap();
    let mut counted: Vec<(i64, String)> = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        counted.push((row.get(0).unwrap(), row.get(1).unwrap()));
    }
    counted.sort_by(|one, other| other.cmp(one));
    println!("{what} (at most {limit}): {counted:?}");
    let over: Vec<_> = counted.iter().filter(|(count, _)| *count > limit).collect();
    assert!(!counted.is_empty() && over.is_empty(), "{what}, at most {limit}: {over:?}");
}

#[tokio::test]
async fn table_has_at_most_three_triggers() {
    let query = "SELECT count(*), tbl_name FROM sqlite_schema WHERE type = 'trigger' GROUP BY tbl_name";
    check_limit("triggers of a table", query, TRIGGERS_PER_TABLE).await;
}

#[tokio::test]
async fn trigger_has_at_most_80_lines() {
    let query = "SELECT length(sql) - length(replace(sql, char(10), '')) + 1, name FROM sqlite_schema
                 WHERE type = 'trigger'";
    check_limit("lines of a trigger", query, LINES_PER_TRIGGER).await;
}

#[tokio::test]
async fn schema_has_at_most_eight_procedure_views() {
    let query = "SELECT count(*), group_concat(name, ', ') FROM sqlite_schema AS view
                 WHERE type = 'view' AND EXISTS (
                   SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = view.name)";
    check_limit("views that serve as procedures", query, VIEWS_AS_PROCEDURES).await;
}

#[tokio::test]
async fn appointments_have_at_most_five_indexes() {
    let query = "SELECT count(*), group_concat(name, ', ') FROM sqlite_schema
                 WHERE type = 'index' AND tbl_name = 'appointments'";
    check_limit("indexes on appointments", query, INDEXES_ON_APPOINTMENTS).await;
}
