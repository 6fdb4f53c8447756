//! The names in the glossary are those of the code, the schema and the API.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::repository;

/// Adds the words of a file, or of every file below a folder, with an extension.
fn collect(path: &Path, extension: &str, found: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), extension, found);
        }
    } else if path.extension().is_some_and(|it| it == extension) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        found.extend(fs::read_to_string(path).unwrap().split(|c| !is_word(c)).map(str::to_owned));
    }
}

fn words(places: &[(&str, &str)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, extension) in places {
        collect(&repository(path), extension, &mut found);
    }
    found
}

#[test]
fn every_name_in_the_glossary_exists() {
    let names = [
        words(&[("shared", "rs"), ("functions", "rs")]),
        words(&[("migrations", "sql"), ("shared/data/sql", "sql")]),
        // The claims of a token are not in the API's document.
        words(&[("functions/docs/openapi.json", "json"), ("shared/auth/src", "rs")]),
    ];
    let glossary = fs::read_to_string(repository("docs/glossary.md")).unwrap();
    let mut count = 0;
    for row in glossary.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [_, _, code, sql, json, _] = cells[..] else { continue };
        for (cell, names) in [code, sql, json].into_iter().zip(&names) {
            for name in cell.split('`').skip(1).step_by(2) {
                assert!(names.contains(name), "there is no {name:?}: {row}");
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count} names");
}
