//! The commands and the settings in the documents work.

use std::process::Command;

use crate::{
    documentation::commands::commands,
    support::{Server, repository},
};

/// Runs the commands of the quick start at the root of the repository. Returns their output.
fn quick_start(url: &str) -> String {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", &commands("README.md", "Quick start")[0]])
        .env("URL", url)
        .current_dir(repository("."));
    let run = command.output().unwrap();
    let output = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{output}{}", String::from_utf8_lossy(&run.stderr));
    output
}

#[tokio::test]
async fn quick_start_runs_unchanged() {
    let server = Server::demo().await;
    let output = quick_start(&server.url);
    for expected in [
        "\"account_type\":\"Patient\"",
        "Cardiology",
        "T10:45:00+00:00\",\"duration\":45",
        "\"Booked\"",
        "T11:15:00+00:00\",\"duration\":30",
        "\"free_mins\":420",
        "\"Cancelled\"",
    ] {
        assert!(output.contains(expected), "{expected}: {output}");
    }
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
