//! Checks which crate depends on which: these dependencies are the architecture.

use std::collections::BTreeSet;

use crate::support::{metadata, repository};

fn dependencies(package: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|found| found["name"] == package).unwrap();
    let normal = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns the shared crates that a package depends on.
fn shared_dependencies(package: &str) -> Vec<String> {
    dependencies(package).into_iter().filter(|name| name.starts_with("rounds-")).collect()
}

#[test]
fn domain_uses_no_crate_and_http_does_not_use_data() {
    assert_eq!(shared_dependencies("rounds-domain"), [] as [&str; 0]);
    assert_eq!(shared_dependencies("rounds-secrets"), [] as [&str; 0]);
    assert_eq!(shared_dependencies("rounds-request"), ["rounds-domain"]);
    assert_eq!(shared_dependencies("rounds-data"), ["rounds-domain", "rounds-request", "rounds-secrets"]);
    assert_eq!(shared_dependencies("rounds-auth"), ["rounds-domain"]);
    assert_eq!(shared_dependencies("rounds-calendar"), ["rounds-domain"]);
    assert_eq!(shared_dependencies("rounds-mail"), ["rounds-calendar", "rounds-domain", "rounds-secrets"]);
    assert_eq!(
        shared_dependencies("rounds-http"),
        ["rounds-auth", "rounds-domain", "rounds-request", "rounds-secrets"]
    );
}

/// Returns the names of all functions. Each is a folder.
pub(crate) fn functions() -> Vec<String> {
    let folders = std::fs::read_dir(repository("functions")).unwrap();
    let functions: Vec<_> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    assert!(functions.len() > 6, "{functions:?}");
    functions
}

#[test]
fn functions_depend_neither_on_each_other_nor_on_local() {
    let functions = functions();
    for function in &functions {
        let dependencies = dependencies(function);
        assert!(!dependencies.contains("rounds-local"), "{function}");
        assert!(functions.iter().all(|other| !dependencies.contains(other)), "{function}");
    }
}

#[test]
fn only_data_uses_libsql_and_only_http_uses_lambda_http() {
    let functions = functions();
    // `migrate` is not a web service, and handles events of another kind.
    let served = functions.iter().map(String::as_str).filter(|function| *function != "migrate");
    for package in served.chain(["rounds-auth", "rounds-domain", "rounds-data"]) {
        assert!(!dependencies(package).contains("lambda_http"), "{package}");
    }
    for package in functions.iter().map(String::as_str).chain(["rounds-auth", "rounds-domain", "rounds-http"]) {
        assert!(!dependencies(package).contains("libsql"), "{package}");
    }
    for io in ["tokio", "libsql", "axum", "lambda_http"] {
        assert!(!dependencies("rounds-domain").contains(io), "{io}");
    }
}
