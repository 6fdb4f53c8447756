//! The names and messages in the documents for operators exist.

use std::{collections::BTreeSet, fs};

use regex::Regex;

use super::operation::{resources, template, text};
use crate::support::{files_below, repository};

const DOCUMENTS: [&str; 3] = ["docs/operations.md", "docs/aws.md", "docs/costs.md"];

fn read(document: &str) -> String {
    fs::read_to_string(repository(document)).unwrap()
}

/// Returns the sources of the functions and of the crates that they share. String literals over several lines are
/// joined.
fn all_sources() -> String {
    let packages = ["functions", "shared"].into_iter().flat_map(|group| fs::read_dir(repository(group)).unwrap());
    let files = packages.flat_map(|package| files_below(&package.unwrap().path().join("src"), "rs"));
    let found: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    Regex::new(r"\\\n\s*").unwrap().replace_all(&found, "").into_owned()
}

#[test]
fn quoted_messages_are_those_of_the_programs() {
    let (sources, quoted) = (all_sources(), Regex::new("\"([^\"]+)\"").unwrap());
    let mut count = 0;
    for document in ["docs/operations.md", "docs/aws.md"] {
        let text = read(document);
        let (_, table) = text.split_once("\n## Troubleshooting\n").unwrap();
        // The symptom is the first column.
        let symptoms = table.lines().filter(|line| line.starts_with('|')).map(|row| row.split(" | ").next().unwrap());
        for message in symptoms.flat_map(|symptom| quoted.captures_iter(symptom)) {
            assert!(sources.contains(&message[1]), "{document}: no program has the message {:?}", &message[1]);
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn problem_types_exist() {
    let (kinds, named) = (read("shared/http/src/kind.rs"), Regex::new("`/problems/([a-z-]+)`").unwrap());
    let text = DOCUMENTS.map(read).join("\n");
    let found: BTreeSet<_> = named.captures_iter(&text).map(|name| name[1].to_owned()).collect();
    assert!(found.len() > 3, "{found:?}");
    for name in &found {
        assert!(kinds.contains(&format!("\"{name}\"")), "{name}");
    }
}

/// Parameters, alarms, outputs, metrics and fields of log lines all have names like `DatabaseUrl`.
#[test]
fn names_of_the_template_and_the_log_exist() {
    let known = read("template.yaml") + &read("shared/http/src/log.rs");
    let named = Regex::new("`([A-Z][a-z]+(?:[A-Z][A-Za-z]+)+)`").unwrap();
    let mut count = 0;
    for document in DOCUMENTS {
        for name in named.captures_iter(&read(document)) {
            assert!(known.contains(&name[1]), "{document}: {}", &name[1]);
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

#[test]
fn every_alarm_and_saved_query_is_explained() {
    let (template, document) = (template(), read("docs/aws.md"));
    for name in resources(&template, "AWS::CloudWatch::Alarm").keys() {
        assert!(document.contains(&format!("\n| `{name}` | ")), "{name}");
    }
    for query in resources(&template, "AWS::Logs::QueryDefinition").values() {
        let name = text(&query["Properties"]["Name"]);
        let (_, name) = name.split_once('/').unwrap();
        assert!(document.contains(&format!("- **{name}** ")), "{name}");
    }
}

#[test]
fn numbers_are_those_of_the_template() {
    let (template, document) = (template(), read("docs/aws.md"));
    let default = |parameter: &str| template["Parameters"][parameter]["Default"].as_i64().unwrap();
    assert!(document.contains(&format!("`ReplicaLagSeconds` ({})", default("ReplicaLagSeconds"))));
    let slow = format!("{},{:03}", default("SlowMilliseconds") / 1000, default("SlowMilliseconds") % 1000);
    assert!(document.contains(&format!("`SlowMilliseconds` ({slow})")));
    assert!(default("LogRetentionDays") == 365 && document.contains("for a year (`LogRetentionDays`)"));
    assert_eq!(template["Resources"]["ServerErrorsAlarm"]["Properties"]["Threshold"].as_i64(), Some(5));
    assert!(document.contains("more than five 5xx responses within five minutes"));
    // The period, in seconds, how many of them count, and how many of those have to breach.
    for (alarm, period, evaluated, breaching) in [
        ("ServerErrorsAlarm", 300, 1, None),
        ("DatabaseUnavailableAlarm", 60, 3, Some(2)),
        ("LatencyAlarm", 300, 3, Some(2)),
        ("ReplicaFailuresAlarm", 300, 3, Some(2)),
        ("ReplicaLagAlarm", 300, 3, Some(2)),
    ] {
        let properties = &template["Resources"][alarm]["Properties"];
        let metrics = properties["Metrics"].as_vec().into_iter().flatten();
        let periods = metrics.map(|metric| &metric["MetricStat"]["Period"]).chain([&properties["Period"]]);
        let periods: BTreeSet<_> = periods.filter_map(|period| period.as_i64()).collect();
        assert_eq!(periods, BTreeSet::from([period]), "{alarm}");
        assert_eq!(properties["EvaluationPeriods"].as_i64(), Some(evaluated), "{alarm}");
        assert_eq!(properties["DatapointsToAlarm"].as_i64(), breaching, "{alarm}");
    }
}
