//! The saved queries of the template, applied to real log lines.

use std::collections::BTreeSet;

use regex::Regex;

use super::operation::{resources, template};
use crate::{
    http::logs::Log,
    support::{Actor, Value, repository},
};

/// Returns the text of a saved query, without its comments, and the log groups that it searches.
fn saved_query(name: &str) -> (String, BTreeSet<String>) {
    let query = resources(&template(), "AWS::Logs::QueryDefinition").remove(name).unwrap();
    let lines = query["Properties"]["QueryString"].as_str().unwrap().lines();
    let groups = query["Properties"]["LogGroupNames"].as_vec().unwrap();
    let groups = groups.iter().map(|group| group.as_str().unwrap().to_owned()).collect();
    (lines.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n"), groups)
}

/// Returns the fields that a query shows, without the fields that CloudWatch adds.
fn fields(query: &str) -> Vec<&str> {
    let fields = query.lines().next().unwrap().strip_prefix("fields ").unwrap();
    fields.split(", ").filter(|field| !field.starts_with('@')).collect()
}

/// Applies the filter of a query to a line. It has the form `field like /expression/ or …`.
fn finds(query: &str, line: &Value) -> bool {
    let filter = query.lines().find_map(|line| line.strip_prefix("| filter ")).unwrap();
    filter.split(" or ").any(|condition| {
        let (field, expression) = condition.split_once(" like ").unwrap();
        let expression = Regex::new(expression.strip_prefix('/').unwrap().strip_suffix('/').unwrap()).unwrap();
        line[field].as_str().is_some_and(|ids| expression.is_match(ids))
    })
}

#[tokio::test]
async fn saved_query_finds_reads_of_patient_data() {
    let (clinic, mut log) = Log::start().await;
    let (admin, doctor, patient, other) =
        (clinic.admin().await, clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let day = clinic.day();
    let one = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    let two = patient.book(&doctor, &format!("{day}T10:00:00Z"), 30).await;
    let unrelated = other.book(&doctor, &format!("{day}T11:00:00Z"), 30).await;
    let (query, groups) = saved_query("WhoReadQuery");
    assert!(query.contains("(42)") && query.contains("(1001|1002)"), "{query}");
    let query = query.replace("(42)", &format!("({})", patient.id)).replace("1001|1002", &format!("{one}|{two}"));

    let mut seen = BTreeSet::new();
    let history = |actor: &Actor| format!("/patients/{}/history", actor.id);
    for (reader, path, found) in [
        (&doctor, format!("/appointments/{one}"), true),
        (&doctor, format!("/appointments/{unrelated}"), false),
        (&doctor, history(&patient), true),
        (&doctor, history(&other), false),
        (&doctor, "/appointments".to_owned(), true),
        (&doctor, format!("/doctors/{}/slots?date={day}", doctor.id), true),
        (&admin, format!("/appointments/{two}"), true),
        (&admin, "/accounts?account_type=Patient".to_owned(), true),
        (&admin, "/accounts?account_type=Doctor".to_owned(), false),
        (&patient, format!("/appointments/{one}"), false),
    ] {
        log.skip();
        reader.get(&path).await.expect(200);
        let line = log.line();
        assert_eq!(finds(&query, &line), found, "{path}: {line}");
        if found {
            seen.extend(line.as_object().unwrap().keys().cloned());
        }
    }
    for field in fields(&query) {
        assert!(seen.contains(field), "no line has {field}: {seen:?}");
    }

    // The query searches the log of every function that logs reads.
    let mut reading = BTreeSet::new();
    for name in rounds_local::function_names() {
        let sources = std::fs::read_dir(repository(&format!("functions/{name}/src"))).unwrap();
        let mut sources = sources.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
        if sources.any(|source| source.contains("AccessedData {")) {
            reading.insert(format!("{}{}Log", name[..1].to_uppercase(), &name[1..]));
        }
    }
    assert_eq!(groups, reading);

    // The other query finds a request by the id that its problem document and both logs have.
    let (query, groups) = saved_query("RequestQuery");
    assert!(query.contains("| filter request_id = \""), "{query}");
    let logs = || resources(&template(), "AWS::Logs::LogGroup").into_keys();
    assert_eq!(groups, logs().filter(|name| name != "MigrateLog").collect());
    let only_in_gateway_log = ["ip", "status"];
    for field in fields(&query) {
        assert!(seen.contains(field) || only_in_gateway_log.contains(&field), "{field}");
    }
    // Two more search the lines of all requests, and all errors.
    let (query, groups) = saved_query("LatencyQuery");
    let functions = logs().filter(|name| !["ApiLog", "MigrateLog"].contains(&name.as_str()));
    assert_eq!(groups, functions.collect());
    for field in fields(&query) {
        assert!(seen.contains(field), "{field}");
    }
    assert_eq!(saved_query("ErrorsQuery").1, logs().filter(|name| name != "ApiLog").collect());
}
