//! What the stories share: actors, and the clinics that they use.

use std::path::PathBuf;

mod actor;
mod attack;
mod clinic;
mod declared;
mod document;
mod grammar;
mod in_process;
mod mails;
mod serve;

pub(crate) use actor::{Actor, Answer, Transport};
pub(crate) use attack::{AttackTarget, Change, Gateway, Sent};
pub(crate) use clinic::{Clinic, PASSWORD, Server, TestDatabase, cases, new_operation, settings, temporary};
pub(crate) use declared::{filled, name, placeholders, routes};
pub(crate) use grammar::{judge_date, judge_id, judge_timestamp};
pub(crate) use history::Proxy;
pub(crate) use in_process::public_url;
pub(crate) use mails::{Mail, insert_appointment_link, insert_failed, insert_feed, insert_link, links};
pub(crate) use serde_json::{Value, json};
pub(crate) use serve::Serve;

/// Returns the path of a file of the repository.
///
/// Paths are found at run time and not compiled in: a copy of the clone contains the built tests too, and these must
/// test the copy.
pub(crate) fn repository(path: &str) -> PathBuf {
    let clone = rounds_local::find_clone(&std::env::current_dir().unwrap());
    clone.expect("cargo runs tests in their package's folder").join(path)
}

/// Returns the files below a folder with this extension, sorted. Skips hidden folders, and those with installed or
/// built files. A symbolic link to a folder is not followed: `target` can be one.
pub(crate) fn files_below(folder: &std::path::Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            if !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str()) {
                found.extend(files_below(&path, extension));
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the path of a file in the target folder.
pub(crate) fn target(path: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).expect("cargo puts tests into debug/deps").join(path)
}

/// Returns the path of a built program.
pub(crate) fn built(name: &str) -> PathBuf {
    target("debug").join(name)
}

/// Returns the output of `cargo metadata` for the workspace.
pub(crate) fn metadata() -> Value {
    let output = std::process::Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(repository("."))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
