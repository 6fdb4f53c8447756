//! No statement of a request scans a growing table.

use std::collections::{BTreeSet, HashMap};

use libsql::Connection;
use rounds_data::{Database, statements};

use crate::support::temporary;

/// Tables that may be scanned: tables of one row, a list in the statement itself, and results of an inner query, which
/// are limited. The schema, its migrations, the clinic's days, its appointment types and its closures do not grow with use.
const MAY_BE_SCANNED: [&str; 12] = [
    "clinic",
    "closures",
    "appointment_types",
    "message_cursor",
    "pruned_operations",
    "days",
    "migrations",
    "CONSTANT",
    "json_each",
    "(",
    "sqlite_schema",
    "pragma_table_info",
];

async fn connection() -> Connection {
    let path = temporary("plans.db");
    Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let connection = libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap();
    // A new parent row would be searched for among child rows without a parent (OP_FkIfZero). There never are any, but
    // query plans do not show that.
    connection.execute("PRAGMA foreign_keys = OFF", ()).await.unwrap();
    connection
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
async fn no_statement_scans_a_growing_table() {
    let connection = connection().await;
    let mut seen = 0;
    for statement in statements() {
        // Results of inner queries: a page of doctors, the end of a range of days, a page of appointments.
        let inner: &[&str] = match statement.name {
            "schedules/schedules" => &["doctors", "returned_days", "patient"],
            // A patient whose id was looked up, because the patient may be merged into another one.
            "schedules/schedule" | "patients/find" => &["patient", "asked"],
            "appointments/list_of_patient" | "appointments/history" => &["owner"],
            "zone_change/ahead" => &["ahead"],
            // The changes of some audit entries, and the times of reminders.
            "messages/delay" | "messages/add_for_appointments" => &["change"],
            "messages/reminders_ahead" | "messages/add_reminded" => &["lead"],
            // The messages that are due first.
            "messages/claim" => &["first"],
            // The appointments of one account, and its dependants.
            "feeds/find" => &["listed"],
            "accounts/export" => &["dependants"],
            _ => &[],
        };
        for line in plan(&connection, statement.sql).await {
            assert!(!scans(&line, inner), "{}: {line}", statement.name);
            seen += 1;
        }
    }
    assert!(seen > statements().count(), "a plan has a line at least");
}

/// A statement that arrives late or twice must do nothing.
#[test]
fn every_change_uses_a_new_operation() {
    // Exceptions: the statement that inserts the operation, counters, and public data with a key of its own.
    let with_keys = ["operations/settle", "sign_ins/attempt", "accounts/count_refused", "days/add", "days/delete"];
    let begins = [
        "operations/begin",
        "operations/begin_unauthenticated",
        "links/begin",
        "appointment_links/begin",
        "demo/begin",
        "demo/begin_event",
    ];
    let changes = ["INSERT", "UPDATE", "DELETE"];
    let (mut seen, mut begun, mut keyed) = (0, 0, 0);
    for statement in statements() {
        let text: String = statement.sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        if !changes.iter().any(|verb| text.starts_with(verb)) {
            continue;
        }
        if with_keys.contains(&statement.name) {
            assert!(text.contains("ON CONFLICT") || text.starts_with("DELETE FROM days"), "{}", statement.name);
            keyed += 1;
        } else if begins.contains(&statement.name) {
            assert!(text.starts_with("INSERT INTO operations") && !text.contains("CONFLICT"), "{}", statement.name);
            begun += 1;
        } else {
            let gate = text.replace("operation_id = :operation", "");
            assert!(gate.contains("operations") && gate.contains("id = :operation"), "{}: {text}", statement.name);
            seen += 1;
        }
    }
    assert_eq!((begun, keyed), (begins.len(), with_keys.len()));
    assert!(seen >= 28, "{seen}");
}

/// SQLite plans a statement again each time that a variable gets a value, if the variable alone is the number of rows: a
/// known limit can change the plan (`sqlite3ExprIsInteger` in its expr.c). Planning takes longer than most statements.
#[test]
fn no_statement_is_planned_again_for_each_limit() {
    let mut seen = 0;
    for statement in statements() {
        let limits = statement.sql.split("LIMIT ").skip(1);
        for limit in limits.filter(|limit| limit.starts_with(':')) {
            assert!(limit.starts_with(":limit + 0"), "{}: write LIMIT :limit + 0", statement.name);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

/// Opcodes that begin a scan at a key, or end it at one.
const BOUNDS: [&str; 8] = ["SeekGE", "SeekGT", "SeekLE", "SeekLT", "IdxGE", "IdxGT", "IdxLE", "IdxLT"];

/// An opcode of a compiled statement: its name, its cursor, and the page that it opens, if any.
struct Opcode {
    name: String,
    cursor: i64,
    page: i64,
}

/// Returns the tables that the triggers of a statement scan, and how many triggers it fires. SQLite shows no query
/// plans of triggers, but it shows their compiled programs: a cursor that advances without a bound scans its whole
/// table or index.
async fn scanned(connection: &Connection, sql: &str) -> (BTreeSet<String>, usize) {
    let mut tables = HashMap::new();
    let mut rows = connection.query("SELECT rootpage, tbl_name FROM sqlite_schema", ()).await.unwrap();
    while let Some(row) = rows.next().await.unwrap() {
        tables.insert(row.get::<i64>(0).unwrap(), row.get::<String>(1).unwrap());
    }
    let mut programs: Vec<Vec<Opcode>> = Vec::new();
    let mut rows = connection.query(&format!("EXPLAIN {sql}"), ()).await.unwrap();
    while let Some(row) = rows.next().await.unwrap() {
        // Addresses start at 0 in the program of each trigger.
        if row.get::<i64>(0).unwrap() == 0 {
            programs.push(Vec::new());
        }
        let (name, cursor, page) = (row.get(1).unwrap(), row.get(2).unwrap(), row.get(3).unwrap());
        programs.last_mut().unwrap().push(Opcode { name, cursor, page });
    }
    let mut scanned = BTreeSet::new();
    // The first program is that of the statement itself.
    for program in &programs[1..] {
        let with = |names: &[&str], cursor: i64| {
            program.iter().any(|opcode| opcode.cursor == cursor && names.contains(&opcode.name.as_str()))
        };
        for opened in program.iter().filter(|opcode| ["OpenRead", "OpenWrite", "ReopenIdx"].contains(&&*opcode.name)) {
            if with(&["Next", "Prev"], opened.cursor) && !with(&BOUNDS, opened.cursor) {
                scanned.insert(tables.get(&opened.page).cloned().unwrap_or_else(|| "sqlite_schema".into()));
            }
        }
        if program.iter().any(|opcode| opcode.name == "OpenAutoindex") {
            scanned.insert("an automatic index".into());
        }
    }
    scanned.retain(|table| !MAY_BE_SCANNED.contains(&table.as_str()));
    (scanned, programs.len() - 1)
}

#[tokio::test]
async fn no_trigger_scans_a_growing_table() {
    let connection = connection().await;
    let mut fired = 0;
    for statement in statements() {
        let (scanned, triggers) = scanned(&connection, statement.sql).await;
        assert!(scanned.is_empty(), "a trigger of {} scans {scanned:?}", statement.name);
        fired += triggers;
    }
    assert!(fired > 20, "every change fires triggers");

    // A trigger that scans is found.
    for slow in [
        "SELECT RAISE(ABORT, 'slow') FROM appointments WHERE reason = 'x'",
        "UPDATE appointments SET reason = NULL WHERE reason = 'x'",
        "DELETE FROM appointments WHERE reason = 'x'",
    ] {
        let trigger = format!("CREATE TRIGGER slow AFTER INSERT ON clinic BEGIN {slow}; END");
        connection.execute(&trigger, ()).await.unwrap();
        let (scanned, _) = scanned(&connection, "INSERT INTO clinic (id) VALUES (1)").await;
        assert_eq!(scanned, BTreeSet::from(["appointments".to_owned()]), "{slow}");
        connection.execute("DROP TRIGGER slow", ()).await.unwrap();
    }
}

#[tokio::test]
async fn pages_are_read_in_the_order_of_an_index() {
    let connection = connection().await;
    for name in [
        "accounts/list",
        "appointments/history",
        "appointments/list",
        "appointments/list_of_doctor",
        "appointments/list_of_patient",
        "audit/list",
        "audit/list_of_account",
        "audit/list_of_action",
        "audit/list_of_actor",
        "audit/list_of_appointment",
        "doctors/booked",
        "doctors/list",
    ] {
        let statement = statements().find(|statement| statement.name == name).unwrap();
        for line in plan(&connection, statement.sql).await {
            assert!(!line.contains("TEMP B-TREE"), "{name}: {line}");
        }
    }
}

/// The cost of a month of availability must depend on that month only, and not on the years before.
#[tokio::test]
async fn schedule_is_read_by_the_doctors_index() {
    let connection = connection().await;
    let statement = statements().find(|statement| statement.name == "schedules/schedule").unwrap();
    let plan = plan(&connection, statement.sql).await;
    for expected in [
        "appointments_of_doctor (doctor_id=? AND cancelled=? AND start_at>? AND start_at<?)",
        "appointments_of_patient (patient_id=? AND cancelled=? AND start_at>? AND start_at<?)",
        "time_off_of_doctor (doctor_id=? AND end_at>?)",
    ] {
        assert!(plan.iter().any(|line| line.contains(expected)), "{expected}: {plan:?}");
    }
    for line in plan.iter().filter(|line| line.contains("appointments")) {
        // The third: the appointments of one patient, to find out whether the caller is a doctor of theirs.
        let few =
            ["start_at>?", "idempotency_key=?", "appointments_of_patient (patient_id=? AND cancelled=?)", "(rowid=?)"];
        assert!(few.iter().any(|by| line.contains(by)), "{line}");
    }
}
