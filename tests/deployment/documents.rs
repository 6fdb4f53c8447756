//! The names and messages in the documents for operators exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use regex::Regex;

use super::operation::{resources, template, text};
use crate::support::{files_below, repository};

fn read(document: &str) -> String {
    fs::read_to_string(repository(document)).unwrap()
}

/// Returns the names and the texts of the documents for operators.
fn documents() -> BTreeMap<String, String> {
    let alarms = files_below(&repository("docs/alarms"), "md").into_iter();
    let mut found: BTreeMap<_, _> =
        alarms.map(|page| (page.display().to_string(), fs::read_to_string(&page).unwrap())).collect();
    let others = ["docs/operations.md", "docs/aws.md", "docs/costs.md"];
    found.extend(others.map(|document| (document.to_owned(), read(document))));
    found
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
    let text = documents().into_values().collect::<Vec<_>>().join("\n");
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
    for (document, text) in documents() {
        for name in named.captures_iter(&text) {
            assert!(known.contains(&name[1]), "{document}: {}", &name[1]);
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

/// Returns the name of the page of an alarm: `server-errors` for `ServerErrorsAlarm`.
fn page(alarm: &str) -> String {
    let words = Regex::new("[A-Z][a-z]+").unwrap();
    let words = words.find_iter(alarm.strip_suffix("Alarm").unwrap()).map(|word| word.as_str().to_lowercase());
    words.collect::<Vec<_>>().join("-")
}

#[test]
fn every_alarm_has_a_page() {
    let (template, index) = (template(), read("docs/alarms/README.md"));
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let mut pages = BTreeSet::from(["README.md".to_owned()]);
    for (name, alarm) in &alarms {
        let page = format!("{}.md", page(name));
        let text = read(&format!("docs/alarms/{page}"));
        assert!(text.lines().next().unwrap().ends_with(&format!("`{name}`")), "{page}");
        let parts: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(parts, ["What it means", "How urgent", "What to do"], "{page}");
        assert!(index.contains(&format!("\n| [`{name}`]({page}) | ")), "{page}");
        let description = alarm["Properties"]["AlarmDescription"].as_str().unwrap();
        assert!(description.contains(&format!("docs/alarms/{page}")), "{name}: {description}");
        pages.insert(page);
    }
    let found = files_below(&repository("docs/alarms"), "md");
    assert_eq!(
        found.iter().map(|page| page.file_name().unwrap().display().to_string()).collect::<BTreeSet<_>>(),
        pages
    );
    // The alarms that roll a deployment back are the first ones of the index.
    let rows: Vec<_> = index.lines().filter(|line| line.starts_with("| [")).collect();
    let rolling_back = template["Globals"]["Function"]["DeploymentPreference"]["Alarms"][1].as_vec().unwrap();
    for alarm in rolling_back {
        let alarm = format!("[`{}`]", alarm.as_str().unwrap());
        assert!(rows[..rolling_back.len()].iter().any(|row| row.contains(&alarm)), "{alarm}");
    }
    assert!(rolling_back.len() == 4 && index.contains("The first four also roll a deployment back"));
}

#[test]
fn every_saved_query_is_explained() {
    let document = read("docs/aws.md");
    for query in resources(&template(), "AWS::Logs::QueryDefinition").values() {
        let name = text(&query["Properties"]["Name"]);
        let (_, name) = name.split_once('/').unwrap();
        assert!(document.contains(&format!("- **{name}** ")), "{name}");
    }
}

#[test]
fn numbers_are_those_of_the_template() {
    let (template, index) = (template(), read("docs/alarms/README.md"));
    for parameter in ["SlowMilliseconds", "RefusedSignIns", "ReplicaLagSeconds"] {
        let default = template["Parameters"][parameter]["Default"].as_i64().unwrap();
        let default =
            if default < 1000 { default.to_string() } else { format!("{},{:03}", default / 1000, default % 1000) };
        assert!(index.contains(&format!("`{parameter}` ({default})")), "{parameter}");
    }
    let retention = template["Parameters"]["LogRetentionDays"]["Default"].as_i64();
    assert!(retention == Some(365) && read("docs/aws.md").contains("for a year (`LogRetentionDays`)"));
    // The threshold, the period in seconds, how many periods count, and how many of those have to breach.
    for (alarm, threshold, period, evaluated, breaching, words) in [
        ("ReadinessAlarm", Some(1), 60, 3, Some(2), "in two of three minutes"),
        ("DatabaseUnavailableAlarm", Some(0), 60, 3, Some(2), "in two of three minutes"),
        ("ErrorsAlarm", Some(0), 60, 1, None, "within one minute"),
        ("ServerErrorsAlarm", Some(0), 60, 5, Some(2), "in two of five minutes"),
        ("LatencyAlarm", Some(0), 300, 3, Some(2), "in two of three periods of five minutes"),
        ("MessagesAlarm", Some(900), 300, 1, None, "for more than fifteen minutes"),
        ("MessagesFailedAlarm", Some(0), 3600, 1, None, "within an hour"),
        ("RefusedSignInsAlarm", None, 300, 1, None, "within five minutes"),
        ("GatewayThrottlesAlarm", Some(10), 300, 1, None, "more than ten requests with 429 within five minutes"),
        ("ThrottlesAlarm", Some(0), 300, 1, None, "within five minutes"),
        ("ReplicaFailuresAlarm", Some(0), 300, 3, Some(2), "in two of three periods of five minutes"),
        ("ReplicaLagAlarm", None, 300, 3, Some(2), "in two of three periods of five minutes"),
        ("BackupsAlarm", Some(1), 3600, 26, Some(26), "for 26 hours"),
    ] {
        let properties = &template["Resources"][alarm]["Properties"];
        let metrics = properties["Metrics"].as_vec().into_iter().flatten();
        let periods = metrics.map(|metric| &metric["MetricStat"]["Period"]).chain([&properties["Period"]]);
        let periods: BTreeSet<_> = periods.filter_map(|period| period.as_i64()).collect();
        assert_eq!(periods, BTreeSet::from([period]), "{alarm}");
        assert_eq!(properties["EvaluationPeriods"].as_i64(), Some(evaluated), "{alarm}");
        assert_eq!(properties["DatapointsToAlarm"].as_i64(), breaching, "{alarm}");
        assert_eq!(properties["Threshold"].as_i64(), threshold, "{alarm}");
        let row = index.lines().find(|line| line.contains(&format!("[`{alarm}`]"))).unwrap();
        assert!(row.contains(words), "{row}");
    }
}
