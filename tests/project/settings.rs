//! What `make run` says of settings that cannot be.

use std::process::Command;

#[test]
fn a_port_that_is_no_number_is_named_in_one_sentence() {
    let binary = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../debug/rounds");
    let output = Command::new(&binary).env("PORT", "many").output().unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "rounds: PORT must be a whole number, like 9000\n");
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
