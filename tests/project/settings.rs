//! What `make run` says of settings that cannot be.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::support::TestDatabase;

#[test]
fn a_port_that_is_no_number_is_named_in_one_sentence() {
    let binary = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/rounds");
    let output = Command::new(&binary).env("PORT", "many").output().unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "rounds: PORT must be a whole number, like 9000\n");
}

#[test]
fn a_limit_that_is_none_is_named_in_one_sentence() {
    let binary = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/rounds");
    for value in ["many", "0", "-1"] {
        let output = Command::new(&binary).env("LOGINS_PER_SOURCE", value).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said, "rounds: LOGINS_PER_SOURCE must be a whole number, at least 1\n");
    }
}

#[test]
fn a_port_that_is_taken_is_said_in_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let binary = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/rounds");
    let output = Command::new(&binary).env("PORT", &port).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("rounds: port {port} cannot be had")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_server_that_is_somebody_elses_gets_no_demo_accounts() {
    let held = TestDatabase::server();
    let binary = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/rounds");
    let port = rounds_local::free_port().unwrap().to_string();
    let mut command = Command::new(&binary);
    command.env("DATABASE_URL", held.url()).env("PORT", port).env_remove("DEMO").env_remove("ADMIN_EMAIL");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<String> = lines.take_while(|line| !line.contains("rounds: ready at")).collect();
    Command::new("kill").arg(run.id().to_string()).status().unwrap();
    run.wait().unwrap();

    let mut rows = held.connect().await.execute_batch("SELECT count(*) FROM accounts").await.unwrap();
    let accounts: i64 = rows.next_stmt_row().flatten().unwrap().next().await.unwrap().unwrap().get(0).unwrap();
    assert_eq!(accounts, 0, "{said:?}");
    assert!(said.iter().any(|line| line.contains("applied migration")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("demo-password")), "{said:?}");
}
