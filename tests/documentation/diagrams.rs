//! The diagrams of the documents: they can be drawn, and show what there is.
//!
//! In an `erDiagram` the parent is on the left, and the label is the column of the child. A line (`--`) is a foreign
//! key. A dashed line (`..`) is a column that names a row without one.

use std::{collections::BTreeSet, process::Command};

use regex::Regex;

use super::{crates::functions, pages::pages};
use crate::{
    deployment::operation::{resources, template},
    support::{Clinic, json, repository, target},
};

/// Returns the Mermaid blocks of all pages that begin with a word, such as `flowchart`.
fn diagrams(kind: &str) -> Vec<String> {
    let blocks = |text: &String| -> Vec<String> {
        text.split("```mermaid\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
    };
    let found: Vec<_> = pages().values().flat_map(blocks).filter(|block| block.starts_with(kind)).collect();
    assert!(!found.is_empty(), "no diagram is a {kind:?}");
    found
}

#[test]
fn every_diagram_can_be_drawn() {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", "120", "node"]).arg(repository("tests/documentation/diagrams.js"));
    command.arg(json!(diagrams("")).to_string()).env("NODE_PATH", target("tools/node_modules"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A node without a label is a function.
#[test]
fn flowchart_has_exactly_the_deployed_functions() {
    let [flowchart] = diagrams("flowchart").try_into().unwrap();
    let labelled = Regex::new(r"(\w+) ?\[[^\]]*\]").unwrap();
    let with_label: BTreeSet<_> = labelled.captures_iter(&flowchart).map(|found| found[1].to_owned()).collect();
    let text = Regex::new(r"\[[^\]]*\]|\|[^|]*\|").unwrap().replace_all(&flowchart, " ").into_owned();
    let keywords = ["flowchart", "TB", "LR", "subgraph", "direction", "end"];
    let drawn: BTreeSet<_> = Regex::new(r"\w+")
        .unwrap()
        .find_iter(&text)
        .map(|found| found.as_str().to_owned())
        .filter(|word| !keywords.contains(&word.as_str()) && !with_label.contains(word))
        .collect();
    let deployed = resources(&template(), "AWS::Serverless::Function");
    let deployed = deployed.keys().map(|name| name.trim_end_matches("Function").to_lowercase()).collect();
    assert_eq!(drawn, deployed);
    assert_eq!(drawn, functions().into_iter().collect());
}

/// A relation: the child, its column, and the parent.
type Relation = (String, String, String);

#[derive(Debug, Default, PartialEq)]
struct Schema {
    tables: BTreeSet<String>,
    foreign_keys: BTreeSet<Relation>,
    /// The relations without a foreign key.
    dashed: BTreeSet<Relation>,
    /// The columns: the table, the name, the type in lower case, and `PK` and `FK` if it is one.
    columns: BTreeSet<(String, String, String, String)>,
}

/// Reads all `erDiagram`s as one.
fn drawn() -> Schema {
    let relation = Regex::new(r"^(\w+) [|o}]{2}(--|\.\.)[|o{]{2} (\w+) : (\w+)$").unwrap();
    let table = Regex::new(r"^(\w+) \{$").unwrap();
    let column = Regex::new(r#"^(\w+) (\w+)((?: PK)?(?:,? FK)?)(?: "[^"]*")?$"#).unwrap();
    let mut schema = Schema::default();
    for diagram in diagrams("erDiagram") {
        let mut within = String::new();
        for line in diagram.lines().skip(1).map(str::trim).filter(|line| !["", "}"].contains(line)) {
            if let Some(found) = relation.captures(line) {
                let (parent, child) = (found[1].to_owned(), found[3].to_owned());
                schema.tables.extend([parent.clone(), child.clone()]);
                let relations = if &found[2] == "--" { &mut schema.foreign_keys } else { &mut schema.dashed };
                relations.insert((child, found[4].to_owned(), parent));
            } else if let Some(found) = table.captures(line) {
                found[1].clone_into(&mut within);
                schema.tables.insert(within.clone());
            } else {
                let found = column.captures(line).unwrap_or_else(|| panic!("{line}"));
                let keys = found[3].replace(',', "").trim().to_owned();
                schema.columns.insert((within.clone(), found[2].to_owned(), found[1].to_owned(), keys));
            }
        }
    }
    schema
}

/// Reads the schema of a migrated database.
async fn migrated() -> Schema {
    let clinic = Clinic::on_disk("2030-01-07T08:00:00Z").await;
    let tables = "SELECT name FROM pragma_table_list
                  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut schema = Schema { tables: clinic.rows(tables).await.into_iter().collect(), ..Schema::default() };
    for table in schema.tables.clone() {
        let keys = format!("SELECT \"from\" || ' ' || \"table\" FROM pragma_foreign_key_list('{table}')");
        for key in clinic.rows(&keys).await {
            let (column, parent) = key.split_once(' ').unwrap();
            schema.foreign_keys.insert((table.clone(), column.to_owned(), parent.to_owned()));
        }
        let columns = format!("SELECT name || ' ' || type || iif(pk, ' PK', ' ') FROM pragma_table_info('{table}')");
        for column in clinic.rows(&columns).await {
            let [name, kind, primary] = column.split(' ').collect::<Vec<_>>()[..] else { panic!("{column}") };
            let is_foreign = schema.foreign_keys.iter().any(|(child, key, _)| *child == table && key == name);
            let keys = [primary, if is_foreign { "FK" } else { "" }].join(" ").trim().to_owned();
            schema.columns.insert((table.clone(), name.to_owned(), kind.to_lowercase(), keys));
        }
    }
    schema
}

#[tokio::test]
async fn diagrams_have_exactly_the_tables_and_foreign_keys() {
    let (drawn, migrated) = (drawn(), migrated().await);
    assert_eq!(drawn.tables, migrated.tables);
    assert_eq!(drawn.foreign_keys, migrated.foreign_keys);
    let unknown: Vec<_> = drawn.columns.difference(&migrated.columns).collect();
    assert!(unknown.is_empty(), "no such columns: {unknown:?}");
    for relation @ (child, column, _) in &drawn.dashed {
        assert!(!migrated.foreign_keys.contains(relation), "{relation:?} is a foreign key");
        let is_column = |(table, name, ..): &(String, String, String, String)| table == child && name == column;
        assert!(migrated.columns.iter().any(is_column), "{relation:?} is no column");
    }
}
