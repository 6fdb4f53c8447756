//! Histories under faults, short ones: `make torture` makes long ones.

use std::fs;

use history::{BUGS, Code, Kind, Setup, Summary, judge, run};

use crate::support::{Value, json, repository, target};

async fn short(kind: Kind) -> Summary {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let setup = Setup::short(functions, target("tmp/histories"), 20_261_124);
    let summary = run(&setup, kind, |_| {}).await.unwrap();
    assert_eq!(summary.violations, Vec::new(), "kept in {:?}", summary.kept);
    assert!(summary.acknowledged > 50 && summary.refused > 500, "{summary:?}");
    assert!(summary.faults.len() >= 6, "{summary:?}");
    summary
}

#[tokio::test]
async fn what_was_acknowledged_is_true_of_a_file_whatever_breaks() {
    short(Kind::File).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_true_of_a_server_whatever_breaks() {
    short(Kind::Server).await;
}

/// A history that was saved is judged by what is in its folder: its database, and what each client was told.
#[tokio::test]
async fn a_saved_history_is_judged_again() {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let short = Setup::short(functions, target("tmp/histories"), 7);
    let setup = Setup { attempts: 150, doctors: 2, patients: 4, keep: true, ..short };
    let summary = run(&setup, Kind::File, |_| {}).await.unwrap();
    assert!(summary.violations.is_empty() && summary.acknowledged > 0, "{summary:?}");
    let folder = &summary.kept[0];
    assert_eq!(judge(folder).await.unwrap(), Vec::new());

    // One more booking that was acknowledged, and is not in the database.
    let history = fs::read_to_string(folder.join("history.jsonl")).unwrap();
    let mut booking: Value = history
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|call| call["op"]["Book"].is_object() && call["outcome"]["Ok"].is_object())
        .unwrap();
    booking["outcome"]["Ok"]["body"] = json!(1_000_000);
    fs::write(folder.join("history.jsonl"), format!("{history}\n{booking}")).unwrap();
    let found = judge(folder).await.unwrap();
    assert_eq!(found.iter().map(|violation| violation.code).collect::<Vec<_>>(), [Code::BookingLost], "{found:?}");
    assert_eq!(fs::read_to_string(folder.join("violations.txt")).unwrap(), found[0].to_string());

    // Without it, the history is right again; without its database, it cannot be judged.
    fs::write(folder.join("history.jsonl"), history).unwrap();
    assert_eq!(judge(folder).await.unwrap(), Vec::new());
    fs::remove_file(folder.join("clinic.db")).unwrap();
    assert!(judge(folder).await.is_err());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_bug_can_be_planted() {
    for bug in BUGS {
        for (file, ..) in bug.changes {
            let text = std::fs::read(repository(file)).unwrap();
            assert_ne!(bug.change(file, text.clone()).unwrap(), text, "{}", bug.name);
        }
    }
}
