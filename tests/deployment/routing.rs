//! The routes of the template are those that the functions declare.

use std::collections::BTreeSet;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{repository, routes};

type Table = BTreeSet<(String, String)>;

fn entry(path: &str, function: &str) -> (String, String) {
    (path.to_owned(), function.to_owned())
}

/// Returns the path and the function of every declared route.
fn declared() -> Table {
    routes().iter().map(|route| entry(route.path, route.function)).collect()
}

/// Returns the path and the binary of every request of the template's functions. Checks the schedules.
fn template() -> Table {
    let text = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let template = &YamlLoader::load_from_str(&text).unwrap()[0];
    let resources = template["Resources"].as_hash().unwrap();
    let functions =
        resources.values().filter(|resource| resource["Type"].as_str() == Some("AWS::Serverless::Function"));
    let (mut table, mut schedules) = (Table::new(), Table::new());
    for function in functions {
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        let none = Default::default();
        for event in function["Properties"]["Events"].as_hash().unwrap_or(&none).values() {
            if event["Type"].as_str() == Some("ScheduleV2") {
                schedules.insert((binary.to_owned(), event["Properties"]["Input"].as_str().unwrap().to_owned()));
                continue;
            }
            assert_eq!(event["Type"].as_str(), Some("HttpApi"));
            let properties: &Yaml = &event["Properties"];
            let path = properties["Path"].as_str().unwrap();
            let method = properties["Method"].as_str();
            assert!(path == "$default" || method.is_some_and(|method| method.eq_ignore_ascii_case("any")), "{path}");
            assert!(table.insert(entry(path, binary)), "{path} twice");
        }
    }
    let tasks = [r#"{"schedule":"check"}"#, r#"{"schedule":"send"}"#].map(|task| entry("notify", task));
    assert_eq!(schedules, tasks.into());
    table
}

#[test]
fn template_routes_match_declared_routes() {
    let mut template = template();
    assert!(template.remove(&entry("$default", "doctors")), "requests without a route must go to doctors");
    assert_eq!(template, declared());
}
