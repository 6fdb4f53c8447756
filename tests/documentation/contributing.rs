//! CONTRIBUTING.md, docs/testing.md and docs/benchmarks.md name what is in the repository.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::commands::{code_spans, commands};
use crate::support::{Server, repository};

const DOCUMENTS: [&str; 3] = ["CONTRIBUTING.md", "docs/testing.md", "docs/benchmarks.md"];

/// Where source is, for a search.
const SOURCES: [&str; 7] =
    ["functions", "migrations", "shared", "tests", "docs/schema.sql", "template.yaml", "Makefile"];

/// Whether a text between backticks is the path of a file or a folder of the repository.
fn is_path(span: &str) -> bool {
    let extensions = ["rs", "sql", "md", "toml", "json", "yaml", "ts", "tsx", "js", "py", "txt", "svg"];
    let has_extension = span.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension));
    let characters = span.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    // A path that begins with a slash is a route. What is built, or is a clinic's, is not in the repository.
    let is_outside = span.starts_with(['/', '.']) || span.starts_with("target/");
    // Files of a saved history, and files that each function has.
    let other_files =
        ["history.jsonl", "run.json", "messages.json", "violations.txt", "clinic.db", "lib.rs", "main.rs"];
    characters && !is_outside && !other_files.contains(&span) && (span.contains('/') || has_extension)
}

/// The paths in a document, and whether each is one of a new file in an example: "(new)" follows it.
fn paths(document: &str) -> Vec<(String, bool)> {
    let text = fs::read_to_string(repository(document)).unwrap();
    let spans = code_spans(document).into_iter().filter(|span| is_path(span));
    spans.map(|span| (span.clone(), text.contains(&format!("`{span}` (new)")))).collect()
}

#[test]
fn every_path_in_documents_exists() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        for (path, is_new) in paths(document) {
            count += 1;
            let file = repository(&path);
            // A new language is a folder of its own.
            let folder_exists = file.ancestors().skip(1).take(2).any(Path::exists);
            if file.exists() == is_new || (is_new && !folder_exists) {
                let should = if is_new { "exists already, so it is not new" } else { "does not exist" };
                wrong.push(format!("{document}: `{path}` {should}"));
            }
        }
    }
    assert!(wrong.is_empty() && count > 100, "{count} paths\n{}", wrong.join("\n"));
}

fn add_words(path: &Path, words: &mut BTreeSet<String>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| !path.ends_with("node_modules")).for_each(|path| add_words(&path, words));
    } else if let Ok(text) = fs::read_to_string(path) {
        let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
        words.extend(text.split(|c| !is_name(c)).filter(|word| word.len() > 3).map(str::to_owned));
        // A module is the name of a file.
        words.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
    }
}

/// Names such as `Server::demo` or `booking_rules_time`.
fn is_identifier(span: &str) -> bool {
    let parts: Vec<_> = span.trim_end_matches("()").split("::").collect();
    let is_name = |part: &&str| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    parts.iter().all(is_name) && (parts.len() > 1 || span.matches('_').count() > 1)
}

#[test]
fn every_identifier_in_documents_exists() {
    let mut words = BTreeSet::new();
    SOURCES.iter().for_each(|source| add_words(&repository(source), &mut words));
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        for span in code_spans(document).iter().filter(|span| is_identifier(span)) {
            count += 1;
            let parts = span.trim_end_matches("()").split("::").filter(|part| part.len() > 3);
            let unknown: Vec<_> = parts.filter(|part| !words.contains(*part)).collect();
            if !unknown.is_empty() {
                wrong.push(format!("{document}: `{span}`: the source has no {unknown:?}"));
            }
        }
    }
    assert!(wrong.is_empty() && count > 10, "{count} identifiers\n{}", wrong.join("\n"));
}

/// The walk "A language" has the files of the English texts, for another language.
#[test]
fn language_walk_lists_every_file_of_a_language() {
    let folder = "functions/web/app/src/language";
    let english = fs::read_dir(repository(folder).join("en")).unwrap();
    let english: BTreeSet<_> = english.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let listed =
        paths("CONTRIBUTING.md").into_iter().filter(|(_, is_new)| *is_new).map(|(path, _)| PathBuf::from(path));
    let listed: BTreeSet<_> = listed
        .filter(|path| path.starts_with(folder))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, english);
}

/// The commands of npm are run by hand, since a development server does not end.
#[test]
fn every_npm_script_in_documents_exists() {
    let package = fs::read_to_string(repository("functions/web/app/package.json")).unwrap();
    let package: crate::support::Value = serde_json::from_str(&package).unwrap();
    let mut count = 0;
    for span in DOCUMENTS.iter().flat_map(|document| code_spans(document)) {
        for script in span.split("npm run ").skip(1).filter_map(|rest| rest.split_whitespace().next()) {
            assert!(package["scripts"][script].is_string(), "npm run {script}");
            count += 1;
        }
    }
    assert!(count > 0);
}

#[tokio::test]
async fn documented_lambda_event_is_answered() {
    let server = Server::demo().await;
    let commands = commands("CONTRIBUTING.md", "Send a function an event as the gateway does");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &commands[0]]).current_dir(repository("."));
    let output = bash.env("PORT", server.url.rsplit(':').next().unwrap()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("\"statusCode\":200") && printed.contains("Cardiology"), "{printed}");
}
