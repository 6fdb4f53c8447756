//! Schemathesis generates valid and invalid requests from the OpenAPI document, single ones and sequences. It checks the
//! responses of the running functions against the document. Its settings are in `schemathesis.toml`.

use std::process::Command;

use rounds_data::Limits;

use crate::support::{Server, repository, target, temporary};

/// The routes that change accounts. They are tested separately, because they revoke the tokens of the other tests.
const ACCOUNTS: &str = "^/(login|register|me|accounts|verify_email|forgot_password|reset_password)";

/// Runs Schemathesis with a demo account and checks that it tried more than `at_least` test cases. If `API_FUZZ_SECONDS`
/// is set (`make fuzz-api`), runs it for that time instead.
async fn run(account: &str, paths: [&str; 2], at_least: u64) {
    // Schemathesis sends more requests than the limits allow.
    let no_limits = Limits {
        logins_per_email_and_source: i64::MAX,
        logins_per_source: i64::MAX,
        logins_per_email: i64::MAX,
        registrations_per_source: i64::MAX,
    };
    let server = Server::demo_with(|settings| settings.limits = no_limits).await;
    let actor = server.clinic().login(&format!("{account}@rounds.example"), "demo-password").await;
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
    let output = output.unwrap_or_else(|error| panic!("cannot start schemathesis ({error}): `make test` installs it"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let cases = text.split("Test cases:\n").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    let cases: u64 = cases.unwrap_or_else(|| panic!("the output has no number of test cases: {text}"));
    assert!(cases > at_least || seconds.is_some(), "only {cases} test cases");
}

const NOT_ACCOUNTS: [&str; 2] = ["--exclude-path-regex", ACCOUNTS];

#[tokio::test]
async fn api_matches_document_for_admin() {
    run("admin", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn api_matches_document_for_doctor() {
    run("okafor", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn api_matches_document_for_patient() {
    run("sam", NOT_ACCOUNTS, 2000).await;
}

#[tokio::test]
async fn account_routes_match_document() {
    run("admin", ["--include-path-regex", ACCOUNTS], 500).await;
}
