//! Schemathesis reads the OpenAPI document, makes requests of it, good and bad, one by one and one after the
//! other, and holds the running functions to it, with all its checks. `schemathesis.toml` has what it is told.

use std::process::Command;

use rounds_data::Limits;

use crate::support::{Server, repository, target, temporary};

/// The routes that make, change and end accounts: apart, since they end the tokens of the others.
const ACCOUNTS: &str = "^/(login|register|me|accounts)";

/// Runs it as one of the demo clinic's people, with so many cases at least; or, for `make fuzz-api`, for so
/// long.
async fn run(who: &str, paths: [&str; 2], at_least: u64) {
    // Who tries everything tries too much.
    let no_limits = Limits {
        logins_per_email_and_source: i64::MAX,
        logins_per_source: i64::MAX,
        logins_per_email: i64::MAX,
        registrations_per_source: i64::MAX,
    };
    let server = Server::demo_with(|settings| settings.limits = no_limits).await;
    let actor = server.clinic().login(&format!("{who}@rounds.example"), "demo-password").await;
    let program = target("tools/schemathesis/bin/schemathesis");
    let folder = temporary("schemathesis").parent().unwrap().to_owned();
    let mut command = Command::new(program);
    command.env("PYTHONPATH", repository("tests/docs")).env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder);
    command.arg("--config-file").arg(repository("tests/docs/schemathesis.toml"));
    command.arg("run").arg(repository("functions/docs/openapi.json")).args(["--url", &server.url]).args(paths);
    command.args(["--header", &format!("Authorization: Bearer {}", actor.token.unwrap())]);
    command.args(["--max-examples", "30"]);
    let seconds = std::env::var("API_FUZZ_SECONDS").ok();
    command.args(seconds.iter().flat_map(|seconds| ["--max-time", seconds]));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("schemathesis, which make test installs: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let tried = said.split("Test cases:\n").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    let tried: u64 = tried.unwrap_or_else(|| panic!("how many cases? {said}"));
    assert!(tried > at_least || seconds.is_some(), "{tried} cases");
}

const NOT_ACCOUNTS: [&str; 2] = ["--exclude-path-regex", ACCOUNTS];

#[tokio::test]
async fn the_api_is_as_it_is_described_to_an_admin() {
    run("admin", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn the_api_is_as_it_is_described_to_a_doctor() {
    run("okafor", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn the_api_is_as_it_is_described_to_a_patient() {
    run("sam", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn accounts_are_as_they_are_described() {
    run("admin", ["--include-path-regex", ACCOUNTS], 500).await;
}
