//! The commands and the settings in the documents work.

use std::process::Command;

use crate::{
    documentation::commands::commands,
    support::{Server, repository},
};

/// Runs the first commands of a section at the root of the repository. Returns what they print.
fn run(document: &str, heading: &str, variable: &str, value: &str) -> String {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", &commands(document, heading)[0]])
        .env(variable, value)
        .current_dir(repository("."));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test]
async fn quick_start_runs_unchanged() {
    let server = Server::demo().await;
    let said = run("README.md", "Quick start", "URL", &server.url);
    for expected in [
        "\"account_type\":\"Patient\"",
        "Cardiology",
        "T10:45:00+00:00\",\"duration\":45",
        "\"Booked\"",
        "T11:15:00+00:00\",\"duration\":30",
        "\"free_mins\":450",
        "\"Cancelled\"",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn documented_event_reaches_a_function() {
    let server = Server::demo().await;
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let said = run("CONTRIBUTING.md", "Send a function an event as the gateway does", "PORT", &port);
    assert!(said.contains("\"statusCode\":200") && said.contains("Cardiology"), "{said}");
}

#[test]
fn every_setting_is_explained() {
    let page = std::fs::read_to_string(repository("docs/settings.md")).unwrap();
    let example = std::fs::read_to_string(repository(".env.example")).unwrap();
    let mut settings = 0;
    for line in example.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' ')) {
        let (name, _) = line.split_once('=').unwrap();
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
        settings += 1;
    }
    assert!(settings >= 7);
}
