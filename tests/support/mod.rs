//! Actors, and the clinics that they act in.

mod actor;
mod clinic;
mod document;
mod grammar;
mod inside;
mod outside;

pub(crate) use actor::{Actor, Answer};
pub(crate) use clinic::{Clinic, PASSWORD, Server, TestDatabase, cases, settings, temporary};
pub(crate) use grammar::{judge_date, judge_id, judge_timestamp};
pub(crate) use history::Proxy;
pub(crate) use outside::{Besieged, Change, Gateway, Sent};
pub(crate) use serde_json::{Value, json};

/// The path of a file of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// What `cargo metadata` tells of the workspace.
pub(crate) fn metadata() -> Value {
    let output = std::process::Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(repository("."))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
