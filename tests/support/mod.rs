//! Actors, and the clinics that they act in.

mod actor;
mod clinic;
mod proxy;

pub(crate) use actor::{Actor, Answer};
pub(crate) use clinic::{Clinic, Server, TestDatabase, cases, settings, temporary};
pub(crate) use proxy::Proxy;
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
