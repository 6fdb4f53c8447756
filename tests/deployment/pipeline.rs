//! The example pipeline of docs/pipeline.md: its names, its credentials and the permissions of its role.

use std::{collections::BTreeSet, fs};

use regex::Regex;
use yaml_rust2::{Yaml, YamlLoader};

use super::{operation::template, transform};
use crate::support::{Value, repository};

/// Settings of `make deploy` that are no parameters of the template.
const OF_THE_COMMAND: [&str; 1] = ["STACK"];

fn document() -> String {
    fs::read_to_string(repository("docs/pipeline.md")).unwrap()
}

/// Returns the blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let (document, begin) = (document(), format!("```{language}\n"));
    let blocks = document.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn pipeline() -> Yaml {
    let [text] = blocks("yaml").try_into().unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// Returns the steps of all jobs.
fn steps(pipeline: &Yaml) -> Vec<&Yaml> {
    let jobs = pipeline["jobs"].as_hash().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_vec().unwrap()).collect()
}

/// Returns the name of the parameter that a setting sets: `DatabaseUrl` for `DATABASE_URL`.
fn parameter(setting: &str) -> String {
    let word = |word: &str| format!("{}{}", &word[..1], word[1..].to_lowercase());
    setting.split('_').map(word).collect()
}

#[test]
fn pipeline_runs_targets_of_the_makefile() {
    let makefile = fs::read_to_string(repository("Makefile")).unwrap();
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).unwrap();
    let targets: BTreeSet<_> = phony.split_whitespace().collect();
    let pipeline = pipeline();
    let made = Regex::new(r"make ([a-z-]+)").unwrap();
    let scripts: Vec<_> = steps(&pipeline).into_iter().filter_map(|step| step["run"].as_str()).collect();
    let used: BTreeSet<_> =
        scripts.iter().flat_map(|script| made.captures_iter(script)).map(|it| it.extract::<1>().1[0]).collect();
    assert_eq!(used, ["build", "deploy", "rollback", "test"].into());
    assert!(used.is_subset(&targets), "{used:?}");
    // Nobody answers questions there.
    assert!(scripts.contains(&"make deploy < /dev/null"));
}

#[test]
fn pipeline_passes_settings_of_a_deployment() {
    let template = template();
    let parameters = template["Parameters"].as_hash().unwrap();
    let pipeline = pipeline();
    let variables = steps(&pipeline).into_iter().filter_map(|step| step["env"].as_hash()).flatten();
    let value = Regex::new(r"^\$\{\{ (vars|secrets)\.([A-Z_]+) \}\}$").unwrap();
    let (mut passed, document) = (BTreeSet::new(), document());
    for (name, source) in variables {
        let name = name.as_str().unwrap();
        let [kind, from] = value.captures(source.as_str().unwrap()).unwrap().extract().1;
        assert_eq!(name, from);
        let parameter = Yaml::String(parameter(name));
        let known = OF_THE_COMMAND.contains(&name) || parameters.contains_key(&parameter);
        assert!(known, "{name} is no setting of a deployment");
        // What must not be shown is a secret.
        let is_secret = parameters.get(&parameter).is_some_and(|it| it["NoEcho"].as_bool() == Some(true));
        assert_eq!(kind == "secrets", is_secret, "{name}");
        let kind = if is_secret { "secret" } else { "variable" };
        assert!(document.contains(&format!("\n| `{name}` | {kind} | ")), "{name} is not in the table");
        passed.insert(name.to_owned());
    }
    assert!(passed.contains("STACK") && passed.len() > 3, "{passed:?}");
}

#[test]
fn pipeline_has_no_long_lived_credentials() {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "aws-access-key-id", "aws-secret-access-key"] {
        assert!(!document().contains(name), "{name}");
    }
    let pipeline = pipeline();
    for (name, job) in pipeline["jobs"].as_hash().unwrap() {
        let signs_in = steps_use(job, "aws-actions/configure-aws-credentials");
        let can_sign_in = job["permissions"]["id-token"].as_str() == Some("write");
        // Only a job of an environment can use a role.
        assert_eq!([signs_in, can_sign_in], [!job["environment"].is_badvalue(); 2], "{name:?}");
    }
    let pinned = Regex::new(r"^[a-z-]+/[a-z-]+@[0-9a-f]{40}$").unwrap();
    for action in steps(&pipeline).into_iter().filter_map(|step| step["uses"].as_str()) {
        assert!(pinned.is_match(action), "{action}");
    }
}

fn steps_use(job: &Yaml, action: &str) -> bool {
    let steps = job["steps"].as_vec().unwrap().iter();
    steps.filter_map(|step| step["uses"].as_str()).any(|it| it.starts_with(&format!("{action}@")))
}

#[test]
fn production_needs_staging_and_the_same_steps() {
    let pipeline = pipeline();
    let job = |name: &str| pipeline["jobs"][name].clone();
    assert_eq!(
        (job("production")["needs"].as_str(), job("staging")["needs"].as_str()),
        (Some("staging"), Some("build"))
    );
    assert_eq!(job("production")["steps"], job("staging")["steps"]);
    let rust = fs::read_to_string(repository("Containerfile")).unwrap();
    for name in ["build", "staging", "production"] {
        assert!(rust.contains(&format!("FROM {} AS build", job(name)["container"].as_str().unwrap())), "{name}");
    }
}

#[test]
fn role_is_limited_to_an_environment() {
    let [trust, _] = blocks("json").try_into().unwrap();
    let trust: Value = serde_json::from_str(&trust).unwrap();
    let conditions = &trust["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(conditions["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
    let subject = conditions["token.actions.githubusercontent.com:sub"].as_str().unwrap();
    assert!(subject.starts_with("repo:") && subject.ends_with(":environment:production"), "{subject}");
}

/// The role can make each resource of the stack, as far as the service is concerned.
#[test]
fn role_has_permissions_for_each_service_of_the_template() {
    let [_, permissions] = blocks("json").try_into().unwrap();
    let permissions: Value = serde_json::from_str(&permissions).unwrap();
    let statements = permissions["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    });
    let allowed: BTreeSet<_> =
        actions.map(|action| action.as_str().unwrap().split_once(':').unwrap().0.to_owned()).collect();
    for (name, resource) in transform::resources("1900000000") {
        let kind = resource["Type"].as_str().unwrap();
        let service = match kind.split("::").nth(1).unwrap() {
            "ApiGatewayV2" => "apigateway".to_owned(),
            "CertificateManager" => "acm".to_owned(),
            other => other.to_lowercase(),
        };
        assert!(allowed.contains(&service) || kind.starts_with("Custom::"), "{name}: {kind}");
    }
}
