//! The edges between the crates are the architecture.

use std::collections::BTreeSet;

use crate::support::metadata;

fn dependencies(package: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|found| found["name"] == package).unwrap();
    let normal = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

fn inner(package: &str) -> Vec<String> {
    dependencies(package).into_iter().filter(|name| name.starts_with("rounds-")).collect()
}

#[test]
fn the_domain_knows_nobody_and_http_never_sees_the_data() {
    assert_eq!(inner("rounds-domain"), [] as [&str; 0]);
    assert_eq!(inner("rounds-secrets"), [] as [&str; 0]);
    assert_eq!(inner("rounds-request"), ["rounds-domain"]);
    assert_eq!(inner("rounds-data"), ["rounds-domain", "rounds-request", "rounds-secrets"]);
    assert_eq!(inner("rounds-auth"), ["rounds-domain"]);
    assert_eq!(inner("rounds-http"), ["rounds-auth", "rounds-domain", "rounds-request", "rounds-secrets"]);
}

#[test]
fn functions_do_not_know_each_other_nor_what_runs_them_locally() {
    let functions = ["appointments", "auth", "docs", "doctors", "migrate", "reports", "web"];
    for function in functions {
        let dependencies = dependencies(function);
        assert!(!dependencies.contains("rounds-local"), "{function}");
        assert!(functions.iter().all(|other| !dependencies.contains(*other)), "{function}");
    }
}

#[test]
fn only_one_crate_speaks_to_the_database_and_only_one_to_lambda() {
    for package in ["appointments", "auth", "doctors", "reports", "rounds-auth", "rounds-domain", "rounds-data"] {
        assert!(!dependencies(package).contains("lambda_http"), "{package}");
    }
    for package in
        ["appointments", "auth", "doctors", "migrate", "reports", "rounds-auth", "rounds-domain", "rounds-http"]
    {
        assert!(!dependencies(package).contains("libsql"), "{package}");
    }
    for io in ["tokio", "libsql", "axum", "lambda_http"] {
        assert!(!dependencies("rounds-domain").contains(io), "{io}");
    }
}
