//! The commands that the documents show.

use crate::support::repository;

/// The blocks of shell commands (```` ```sh ````) in the section `## heading` of a document.
pub(crate) fn commands(document: &str, heading: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository(document)).unwrap();
    let section = text.split_once(&format!("\n## {heading}\n"));
    let (_, section) = section.unwrap_or_else(|| panic!("{document} has no section {heading:?}"));
    let section = section.split("\n## ").next().unwrap();
    section.split("```sh\n").skip(1).map(|block| block.split_once("\n```").unwrap().0.to_owned()).collect()
}
