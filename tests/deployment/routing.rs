//! One routing table: the gateway's template, the emulator's router and the functions agree.

use std::collections::BTreeSet;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{metadata, repository};

type Table = BTreeSet<(String, String)>;

fn entry(path: &str, function: &str) -> (String, String) {
    (path.to_owned(), function.to_owned())
}

fn functions() -> Table {
    let paths =
        |function: &'static str, paths: Vec<&'static str>| paths.into_iter().map(move |path| entry(path, function));
    let mut table = Table::new();
    table.extend(paths("appointments", appointments::routes().iter().map(|route| route.0).collect()));
    table.extend(paths("auth", auth::routes().iter().map(|route| route.0).collect()));
    table.extend(paths("docs", ::docs::routes().iter().map(|route| route.0).collect()));
    table.extend(paths("doctors", doctors::routes().iter().map(|route| route.0).collect()));
    table.extend(paths("web", ::web::routes().iter().map(|route| route.0).collect()));
    table.extend(paths("reports", reports::routes().iter().map(|route| route.0).collect()));
    table
}

/// Every event of the template's functions: its path, and the binary behind it.
fn template() -> Table {
    let text = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let template = &YamlLoader::load_from_str(&text).unwrap()[0];
    let resources = template["Resources"].as_hash().unwrap();
    let functions =
        resources.values().filter(|resource| resource["Type"].as_str() == Some("AWS::Serverless::Function"));
    let mut table = Table::new();
    for function in functions {
        let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
        let none = Default::default();
        for event in function["Properties"]["Events"].as_hash().unwrap_or(&none).values() {
            assert_eq!(event["Type"].as_str(), Some("HttpApi"));
            let properties: &Yaml = &event["Properties"];
            let path = properties["Path"].as_str().unwrap();
            let method = properties["Method"].as_str();
            assert!(path == "$default" || method.is_some_and(|method| method.eq_ignore_ascii_case("any")), "{path}");
            assert!(table.insert(entry(path, binary)), "{path} twice");
        }
    }
    table
}

fn emulator() -> Table {
    let metadata = metadata();
    let router = metadata["metadata"]["lambda"]["watch"]["router"].as_object().unwrap();
    router.iter().map(|(path, function)| entry(path, function.as_str().unwrap())).collect()
}

/// A table without the ways in which each writes "everything else", which all go to `doctors`.
fn without_the_rest(mut table: Table, rest: &[&str]) -> Table {
    for path in rest {
        assert!(table.remove(&entry(path, "doctors")), "{path}");
    }
    table
}

#[test]
fn the_template_routes_what_the_functions_serve() {
    assert_eq!(without_the_rest(template(), &["$default"]), functions());
}

#[test]
fn the_emulator_routes_what_the_functions_serve() {
    assert_eq!(without_the_rest(emulator(), &["/{*rest}"]), functions());
}
