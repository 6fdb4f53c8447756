//! The deployed functions: the permissions of their roles, and constructs that their sources must not use.

use std::path::Path;

use super::operation::{resources, template};
use crate::{documentation::crates::functions, support::repository};

#[test]
fn each_role_allows_only_its_own_log_and_secrets() {
    let template = template();
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let (role, _) = function["Properties"]["Role"].as_str().unwrap().split_once('.').unwrap();
        let log = function["Properties"]["LoggingConfig"]["LogGroup"].as_str().unwrap();
        let role = &template["Resources"][role]["Properties"];
        assert!(role["ManagedPolicyArns"].is_badvalue() && function["Properties"]["Policies"].is_badvalue(), "{name}");
        let [policy] = role["Policies"].as_vec().unwrap().as_slice() else { panic!("{name}") };
        let statements = policy["PolicyDocument"]["Statement"].as_vec().unwrap();
        let [write, rest @ ..] = statements.as_slice() else { panic!("{name}") };
        let actions: Vec<_> = write["Action"].as_vec().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(actions, ["logs:CreateLogStream", "logs:PutLogEvents"], "{name}");
        assert_eq!(write["Resource"].as_str(), Some(format!("{log}.Arn").as_str()), "{name}");
        let variables = &function["Properties"]["Environment"]["Variables"];
        let mut named: Vec<_> = format!("{variables:?}").matches("Secret\"").map(str::to_owned).collect();
        named.sort();
        for statement in rest {
            assert_eq!(statement["Action"].as_str(), Some("secretsmanager:GetSecretValue"), "{name}");
            let resources = statement["Resource"].as_vec().unwrap();
            assert_eq!(resources.len(), named.len(), "{name}: {variables:?}");
            for resource in resources {
                // A conditional resource is `!If [condition, resource, NoValue]`.
                let arn = resource.as_str().or_else(|| resource[1].as_str()).unwrap();
                let (_, secret) = arn.split_once(":secret:${").unwrap();
                let (secret, rest) = secret.split_once('}').unwrap();
                assert!(
                    rest == "-??????" && format!("{variables:?}").contains(&format!("\"{secret}\"")),
                    "{name}: {arn}"
                );
            }
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
