//! Actors, and the clinics that they act in.

mod actor;
mod clinic;

pub(crate) use actor::{Actor, Answer};
pub(crate) use clinic::{Clinic, Server};
pub(crate) use serde_json::{Value, json};

/// The path of a file of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
