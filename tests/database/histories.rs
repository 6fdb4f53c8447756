//! Short histories under fault injection. `make torture` makes long ones.

use std::fs;

use history::{BUGS, Code, Kind, MessageSetup, Setup, Summary, check_saved, plant, run, run_messages};
use rounds_data::{Database, statements};

use crate::support::{Value, json, repository, target, temporary};

async fn short(kind: Kind) -> Summary {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let setup = Setup::short(functions, target("tmp/histories"), 20_261_124);
    let summary = run(&setup, kind, |_| {}).await.unwrap();
    assert_eq!(summary.violations, Vec::new(), "kept in {:?}", summary.kept);
    assert!(summary.acknowledged > 50 && summary.refused > 500, "{summary:?}");
    assert!(summary.faults.len() >= 6, "{summary:?}");
    let kinds = [
        "booked by the staff",
        "booked by a guardian",
        "booked with an override",
        "booked with a type",
        "rescheduled",
        "arrival noted",
        "clinic closed",
        "guardian taken away",
        "hours of a date changed",
        "time off taken with a plan",
        "cancelled by a plan",
        "reassigned by a plan",
    ];
    for kind in kinds {
        assert!(summary.kinds.get(kind).is_some_and(|times| *times > 0), "{kind}: {summary:?}");
    }
    summary
}

#[tokio::test]
async fn file_history_with_faults_has_no_violation() {
    short(Kind::File).await;
}

#[tokio::test]
async fn server_history_with_faults_has_no_violation() {
    short(Kind::Server).await;
}

#[tokio::test]
async fn serve_history_with_faults_has_no_violation() {
    short(Kind::Serve).await;
}

/// Everybody is told of every change, whatever fails meanwhile.
#[tokio::test]
async fn history_of_messages_has_no_violation() {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let setup = MessageSetup::short(functions, target("tmp/histories"), 20_261_127);
    let summary = run_messages(&setup, Kind::File, |_| {}).await.unwrap();
    assert_eq!(summary.violations, Vec::new(), "kept in {:?}", summary.kept);
    assert!(
        summary.mails > 150 && summary.of_several > 5 && summary.reminders > 5 && summary.faults.len() >= 6,
        "{summary:?}"
    );
}

/// A saved history is checked from its folder: the database, and the responses of each client.
#[tokio::test]
async fn saved_history_can_be_checked_again() {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let short = Setup::short(functions, target("tmp/histories"), 7);
    let setup = Setup { attempts: 150, doctors: 2, patients: 4, keep: true, ..short };
    let summary = run(&setup, Kind::File, |_| {}).await.unwrap();
    assert!(summary.violations.is_empty() && summary.acknowledged > 0, "{summary:?}");
    let folder = &summary.kept[0];
    assert_eq!(check_saved(folder).await.unwrap(), Vec::new());

    // Adds an acknowledged booking that is not in the database.
    let history = fs::read_to_string(folder.join("history.jsonl")).unwrap();
    let mut booking: Value = history
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|call| call["op"]["Book"].is_object() && call["outcome"]["Ok"].is_object())
        .unwrap();
    booking["outcome"]["Ok"]["body"] = json!(1_000_000);
    fs::write(folder.join("history.jsonl"), format!("{history}\n{booking}")).unwrap();
    let found = check_saved(folder).await.unwrap();
    assert_eq!(found.iter().map(|violation| violation.code).collect::<Vec<_>>(), [Code::BookingLost], "{found:?}");
    assert_eq!(fs::read_to_string(folder.join("violations.txt")).unwrap(), found[0].to_string());

    // Without it the history is valid again; without its database it cannot be checked.
    fs::write(folder.join("history.jsonl"), history).unwrap();
    assert_eq!(check_saved(folder).await.unwrap(), Vec::new());
    fs::remove_file(folder.join("clinic.db")).unwrap();
    assert!(check_saved(folder).await.is_err());
    fs::remove_dir_all(folder).unwrap();
}

/// Without the rules of a booking, a history has violations within seconds. The checker finds them, and finds them
/// again in the saved history.
#[tokio::test]
async fn planted_schema_bug_is_found() {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let bug = BUGS.iter().find(|bug| bug.name == "no-rules").unwrap();
    let short = Setup::short(functions, target("tmp/planted"), 7);
    let setup = Setup { attempts: 400, doctors: 2, patients: 4, schema: bug.schema.to_vec(), ..short };
    let summary = run(&setup, Kind::File, |_| {}).await.unwrap();
    let codes: Vec<_> = summary.violations.iter().map(|violation| violation.code).collect();
    assert!(codes.contains(&Code::Overlap) && codes.contains(&Code::DayOverfull), "{codes:?}");
    let again = check_saved(&summary.kept[0]).await.unwrap();
    assert_eq!(again.len(), codes.len());
    fs::remove_dir_all(&summary.kept[0]).unwrap();
}

#[tokio::test]
async fn each_bug_can_be_planted() {
    for bug in BUGS {
        for (file, ..) in bug.source {
            let text = fs::read(repository(file)).unwrap();
            assert_ne!(bug.change(file, text.clone()).unwrap(), text, "{}", bug.name);
        }
        let path = temporary("planted.db");
        Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
        plant(&path, bug.schema).await.unwrap();
        // SQLite can parse the changed schema.
        let connection = libsql::Builder::new_local(&path).build().await.unwrap().connect().unwrap();
        let mut rows = connection.query("PRAGMA integrity_check", ()).await.unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap().get::<String>(0).unwrap(), "ok", "{}", bug.name);
        for statement in statements() {
            connection.prepare(statement.sql).await.unwrap_or_else(|error| panic!("{}: {error}", bug.name));
        }
        drop((rows, connection));
        // A second planting finds nothing to change.
        assert_eq!(plant(&path, bug.schema).await.is_err(), !bug.schema.is_empty(), "{}", bug.name);
    }
}
