//! The deployed functions: the permissions of their roles, and constructs that their sources must not use.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use yaml_rust2::Yaml;

use super::operation::{resources, template, text};
use crate::{documentation::crates::functions, support::repository};

/// Returns the texts of a value of the template, or of the values of a list. A conditional value is `!If [condition, value,
/// NoValue]`.
fn texts(yaml: &Yaml) -> BTreeSet<String> {
    match yaml.as_vec() {
        Some(list) => list.iter().map(|item| text(if item.is_array() { &item[1] } else { item })).collect(),
        None => BTreeSet::from([text(yaml)]),
    }
}

/// Returns what a role allows in addition to the writes to its function's log: the resources of each action.
fn allowed(role: &Yaml, log: &str) -> BTreeMap<String, BTreeSet<String>> {
    let [policy] = role["Policies"].as_vec().unwrap().as_slice() else { panic!("{role:?}") };
    let [write, rest @ ..] = policy["PolicyDocument"]["Statement"].as_vec().unwrap().as_slice() else {
        panic!("{policy:?}")
    };
    let writes = ["logs:CreateLogStream", "logs:PutLogEvents"].map(str::to_owned);
    assert_eq!((texts(&write["Action"]), text(&write["Resource"])), (writes.into(), format!("{log}.Arn")));
    rest.iter().map(|statement| (text(&statement["Action"]), texts(&statement["Resource"]))).collect()
}

/// Returns the secrets that the settings of a function name. A conditional setting is `!If [condition, secret, '']`.
fn secrets(variables: &Yaml) -> BTreeSet<String> {
    let none = Default::default();
    let settings = variables.as_hash().unwrap_or(&none).iter().filter(|(name, _)| text(name).ends_with("_SECRET"));
    settings.map(|(_, secret)| text(if secret.is_array() { &secret[1] } else { secret })).collect()
}

#[test]
fn each_role_allows_only_its_own_log_and_secrets() {
    let template = template();
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let (role, _) = properties["Role"].as_str().unwrap().split_once('.').unwrap();
        let role = &template["Resources"][role]["Properties"];
        let variables = &properties["Environment"]["Variables"];
        let mut expected = BTreeMap::new();
        let secrets = secrets(variables);
        if !secrets.is_empty() {
            expected.insert("secretsmanager:GetSecretValue".to_owned(), secrets);
        }
        if let Some(parameter) = variables["PUBLIC_URL_PARAMETER"].as_str() {
            let parameter =
                format!("arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{parameter}");
            expected.insert("ssm:GetParameter".to_owned(), BTreeSet::from([parameter]));
        }
        if name == "MigrateFunction" {
            let keys = ["SigningKeySecret", "PublicKeysSecret"].map(str::to_owned);
            expected.insert("secretsmanager:PutSecretValue".to_owned(), keys.into());
        }
        assert_eq!(allowed(role, &text(&properties["LoggingConfig"]["LogGroup"])), expected, "{name}");

        // A function in a private network makes its network interfaces there. Only functions with a database are in one.
        assert!(properties["Policies"].is_badvalue(), "{name}");
        let has_database = !variables["DATABASE_URL"].is_badvalue();
        for conditional in [&properties["VpcConfig"], &role["ManagedPolicyArns"]] {
            assert_eq!(conditional[0].as_str(), has_database.then_some("InPrivateNetwork"), "{name}");
        }
        if has_database {
            let interfaces = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess";
            assert_eq!(texts(&role["ManagedPolicyArns"][1]), BTreeSet::from([interfaces.to_owned()]), "{name}");
        }
    }
}

/// Collects the path and the text of every file with one of the extensions in a folder and its subfolders.
fn sources(folder: &Path, extensions: &[&str], found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "node_modules" {
            sources(&path, extensions, found);
        } else if path.extension().is_some_and(|it| extensions.iter().any(|extension| it == *extension)) {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn deployed_code_runs_no_commands_patterns_or_eval() {
    let mut found = Vec::new();
    for name in functions() {
        sources(&repository(&format!("functions/{name}/src")), &["rs"], &mut found);
    }
    for name in ["auth", "data", "domain", "http", "mail", "secrets"] {
        sources(&repository(&format!("shared/{name}/src")), &["rs"], &mut found);
    }
    assert!(found.len() > 60, "{}", found.len());
    for (path, text) in &found {
        for word in [
            "process::Command",
            "Command::new",
            "Regex",
            " LIKE ",
            " GLOB ",
            " REGEXP ",
            " MATCH ",
            "ldap",
            "xpath",
            "latex",
        ] {
            assert!(!text.contains(word), "{word} in {path}");
        }
    }
    let mut pages = Vec::new();
    sources(&repository("functions/web/app/src"), &["ts", "tsx"], &mut pages);
    sources(&repository("functions/docs/page"), &["js", "html"], &mut pages);
    assert!(pages.len() > 30, "{}", pages.len());
    for (path, text) in &pages {
        for word in [
            "new RegExp",
            "eval(",
            "new Function",
            "innerHTML",
            "dangerouslySetInnerHTML",
            "document.write",
            "Object.assign(",
            "__proto__",
            "addEventListener(\"message\"",
        ] {
            assert!(!text.contains(word), "{word} in {path}");
        }
    }
}
