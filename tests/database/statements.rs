//! No statement of a request scans a table that grows.

use libsql::Connection;
use rounds_data::{Database, statements};

use crate::support::{repository, temporary};

/// What may be walked from end to end: the clinic's one row, a list in the statement itself, and
/// what an inner query has found already, which is limited or a doctor's days. The schema does not grow.
const MAY_BE_SCANNED: [&str; 7] =
    ["clinic", "CONSTANT", "json_each", "(", "sqlite_schema", "pragma_table_info", "migrations"];

async fn connection() -> Connection {
    let path = temporary("plans.db");
    Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
    libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap()
}

async fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut rows = connection.query(&format!("EXPLAIN QUERY PLAN {sql}"), ()).await.unwrap();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        plan.push(row.get::<String>(3).unwrap());
    }
    plan
}

fn scans(line: &str, inner: &[&str]) -> bool {
    let scanned = line.strip_prefix("SCAN ");
    scanned.is_some_and(|rest| !MAY_BE_SCANNED.iter().chain(inner).any(|allowed| rest.starts_with(allowed)))
        || line.contains("AUTOMATIC")
}

#[tokio::test]
async fn no_statement_scans_appointments_or_accounts() {
    let connection = connection().await;
    let mut seen = 0;
    for statement in statements() {
        // In SCHEDULES, what inner queries found: a page of doctors, and the last of some days.
        let inner: &[&str] = if statement.name == "SCHEDULES" { &["doctors", "days"] } else { &[] };
        for line in plan(&connection, statement.sql).await {
            assert!(!scans(&line, inner), "{}: {line}", statement.name);
            seen += 1;
        }
    }
    assert!(seen > statements().count(), "a plan has a line at least");
}

/// So that one that arrives late, or twice, does nothing.
#[test]
fn every_change_is_made_under_a_name_that_was_not_written_under_before() {
    let changes = ["INSERT", "UPDATE", "DELETE"];
    let mut seen = 0;
    for statement in statements().filter(|statement| statement.name != "SETTLE") {
        // What is only counted has a name of its own, too, under which it is counted once.
        if ["ATTEMPT", "REFUSED"].contains(&statement.name) {
            assert!(statement.sql.contains("ON CONFLICT (name)"), "{}", statement.name);
            continue;
        }
        let sql = statement.sql.trim_start();
        if changes.iter().any(|verb| sql.starts_with(verb)) {
            assert!(sql.contains("NOT EXISTS (SELECT 1 FROM writes WHERE write_id = :write_id)"), "{}", statement.name);
            assert_eq!(sql.matches(":write_id").count(), 2, "{}", statement.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 18);
}

/// SQLite does not show the plans of a trigger's statements, so they are asked for one by one.
#[tokio::test]
async fn no_rule_scans_appointments_or_accounts() {
    let connection = connection().await;
    let migration = std::fs::read_to_string(repository("migrations/0001_bookings.sql")).unwrap();
    let body = migration.split_once("CREATE TRIGGER bookings_keep_the_rules").unwrap().1;
    let body = body.split_once("BEGIN").unwrap().1.split_once("\nEND;").unwrap().0;
    let mut rules = 0;
    for rule in body.split(';').filter(|rule| rule.contains("RAISE")) {
        let (_, condition) = rule.split_once("RAISE(").unwrap().1.split_once(')').unwrap();
        let query = format!("SELECT 1 {}", condition.replace("NEW.", ":"));
        for line in plan(&connection, &query).await {
            assert!(!scans(&line, &["day"]), "{query}: {line}");
        }
        rules += 1;
    }
    assert_eq!(rules, 9);
}

#[tokio::test]
async fn pages_are_read_in_the_order_of_an_index() {
    let connection = connection().await;
    for name in [
        "ACCOUNTS",
        "AUDIT",
        "AUDIT_OF_ACCOUNT",
        "AUDIT_OF_ACTION",
        "AUDIT_OF_ACTOR",
        "AUDIT_OF_APPOINTMENT",
        "BOOKED",
        "DOCTORS",
        "HISTORY",
        "LIST",
        "LIST_OF_DOCTOR",
        "LIST_OF_PATIENT",
    ] {
        let statement = statements().find(|statement| statement.name == name).unwrap();
        for line in plan(&connection, statement.sql).await {
            assert!(!line.contains("TEMP B-TREE"), "{name}: {line}");
        }
    }
}

/// So that what a month of availability costs depends on that month, and not on the years before.
#[tokio::test]
async fn a_schedule_is_read_by_its_doctors_days() {
    let connection = connection().await;
    let statement = statements().find(|statement| statement.name == "SCHEDULE").unwrap();
    let plan = plan(&connection, statement.sql).await;
    for expected in [
        "appointments_by_doctor (doctor_id=? AND start_at>? AND start_at<?)",
        "appointments_by_patient (patient_id=? AND start_at>? AND start_at<?)",
        "time_off_by_doctor (doctor_id=? AND end_at>?)",
    ] {
        assert!(plan.iter().any(|line| line.contains(expected)), "{expected}: {plan:?}");
    }
    for line in plan.iter().filter(|line| line.contains("appointments")) {
        let few = ["start_at>?", "idempotency_key=?", "(rowid=?)"];
        assert!(few.iter().any(|by| line.contains(by)), "{line}");
    }
}
