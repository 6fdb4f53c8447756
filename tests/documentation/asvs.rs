//! Checks the security documents: every requirement of OWASP's ASVS has one row, and every test named there runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::support::{files_below, repository};

/// Adds the tests in the sources of a folder by name, with whether each is ignored.
fn tests(folder: &Path, found: &mut BTreeMap<String, bool>) {
    for file in files_below(folder, "rs") {
        let text = fs::read_to_string(file).unwrap();
        let mut attributes = Vec::new();
        for line in text.lines().map(str::trim) {
            let function = line.trim_start_matches("pub ").trim_start_matches("async ").strip_prefix("fn ");
            if let Some(rest) = function {
                let is_test = attributes.iter().any(|it: &&str| ["#[test]", "#[tokio::test]"].contains(it));
                let name = rest.split(['(', '<']).next().unwrap().to_owned();
                if is_test {
                    found.insert(name, attributes.iter().any(|it| it.starts_with("#[ignore")));
                }
            }
            if line.starts_with("#[") {
                attributes.push(line);
            } else {
                attributes.clear();
            }
        }
    }
}

/// The model, the OWASP API Top 10 and the gaps.
const MODEL: &str = "docs/security.md";
/// The table of requirements.
const REQUIREMENTS: &str = "docs/asvs.md";

fn read(file: &str) -> String {
    fs::read_to_string(repository(file)).unwrap()
}

/// Returns the rows of the tables whose last column is `tests`.
fn rows_with_tests(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .scan(false, |names_tests, line| {
            *names_tests = line.starts_with('|') && (*names_tests || line.ends_with("| tests |"));
            Some(names_tests.then_some(line))
        })
        .flatten()
}

/// Returns the test names in the last cell of a table's row.
fn named(row: &str) -> impl Iterator<Item = &str> {
    let last = row.trim_end().trim_end_matches('|').rsplit(" | ").next().unwrap();
    last.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_named_in_the_security_documents_runs() {
    let mut found = BTreeMap::new();
    for folder in ["functions", "shared", "tests"] {
        tests(&repository(folder), &mut found);
    }
    let text = read(MODEL) + &read(REQUIREMENTS);
    let mut count = 0;
    for row in rows_with_tests(&text) {
        for name in named(row) {
            let ignored = found.get(name).unwrap_or_else(|| panic!("no test {name}: {row}"));
            // `make test` runs this ignored test after all others.
            assert!(!ignored || name == "output_of_the_suite_contains_no_personal_data", "{name} is not run: {row}");
            count += 1;
        }
    }
    // A table that is not recognised would pass.
    assert!(count > 150, "{count}");
}

/// Returns the requirement numbers in a text. A range counts in full: `1.2.5–1.2.9` is five.
fn requirements(text: &str) -> Vec<String> {
    let is_number = |part: &&str| part.split('.').count() == 3 && part.split('.').all(|it| it.parse::<u32>().is_ok());
    let parts = text.split(|it: char| !it.is_ascii_digit() && it != '.' && it != '–');
    let mut found = Vec::new();
    for part in parts.map(|part| part.trim_end_matches('.')) {
        match part.split_once('–') {
            Some((first, last)) if is_number(&first) && is_number(&last) => {
                let (section, first) = first.rsplit_once('.').unwrap();
                let (last_section, last) = last.rsplit_once('.').unwrap();
                assert_eq!(section, last_section, "{part}");
                let numbers = first.parse::<u32>().unwrap()..=last.parse().unwrap();
                found.extend(numbers.map(|number| format!("{section}.{number}")));
            }
            _ if is_number(&part) => found.push(part.to_owned()),
            _ => {}
        }
    }
    found
}

/// Returns the requirements of levels 1 and 2.
fn expected_requirements() -> BTreeSet<String> {
    let text = read("tests/documentation/asvs.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(requirements).collect()
}

#[test]
fn every_requirement_has_a_row_and_every_gap_is_explained() {
    let (table, model) = (read(REQUIREMENTS), read(MODEL));
    let (_, not_met) = model.split_once("\n## Not met").unwrap();
    let (mut rows, mut unmet) = (BTreeSet::new(), BTreeSet::new());
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let numbers = requirements(row.split(" | ").next().unwrap());
        if let Some((_, why)) = row.split_once("**Partly**").or_else(|| row.split_once("**Not met**")) {
            // A row with several requirements can name those that it does not meet.
            let named: Vec<_> = requirements(why).into_iter().filter(|number| numbers.contains(number)).collect();
            unmet.extend(if named.is_empty() { numbers.clone() } else { named });
        }
        for number in numbers {
            assert!(rows.insert(number.clone()), "{number} twice");
        }
    }
    assert_eq!(rows, expected_requirements());
    assert_eq!(rows.len(), 253);
    let explained: BTreeSet<_> = requirements(not_met).into_iter().filter(|number| rows.contains(number)).collect();
    assert_eq!(explained, unmet);
}
