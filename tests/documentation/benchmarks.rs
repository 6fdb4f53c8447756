//! The results of the benchmark that docs/benchmarks.md shows are those of the last run.

use std::fs;

use crate::support::repository;

#[test]
fn benchmark_document_has_last_results() {
    let read = |file: &str| fs::read_to_string(repository(file)).unwrap();
    let (document, results) = (read("docs/benchmarks.md"), read("tests/bench/results/results.md"));
    let (heading, tables) = results.split_once("\n\n").unwrap();
    let date = heading.split(" on ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
    assert!(document.contains(&format!("`make bench` on {date}")), "the document has another date than {date}");
    let (summary, _) = tables.split_once("\nEach row:").unwrap();
    // The document has a table of its own about Node.js, in milliseconds.
    let rows = summary.lines().filter(|row| row.starts_with('|') && !row.contains("in Node.js"));
    let missing: Vec<_> = rows.clone().filter(|row| !document.contains(row)).collect();
    assert!(rows.count() > 10 && missing.is_empty(), "rows that are not in docs/benchmarks.md: {missing:#?}");
}
