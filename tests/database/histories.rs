//! Histories under faults, short ones: `make torture` makes long ones.

use history::{BUGS, Kind, Setup, Summary, run};

use crate::support::{repository, target};

async fn short(kind: Kind) -> Summary {
    let functions = std::env::current_exe().unwrap().parent().unwrap().join("..");
    let setup = Setup::short(functions, target("tmp/histories"), 20_261_124);
    let summary = run(&setup, kind, |_| {}).await.unwrap();
    assert_eq!(summary.violations, Vec::<String>::new(), "kept in {:?}", summary.kept);
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

#[test]
fn each_bug_can_be_planted() {
    for bug in BUGS {
        for (file, ..) in bug.changes {
            let text = std::fs::read(repository(file)).unwrap();
            assert_ne!(bug.change(file, text.clone()).unwrap(), text, "{}", bug.name);
        }
    }
}
