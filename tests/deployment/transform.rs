//! The template as CloudFormation gets it, after SAM has transformed it.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use crate::support::{Value, repository, target};

/// Returns the resources of a deployment with this number.
pub(super) fn resources(deployment: &str) -> BTreeMap<String, Value> {
    let mut python = Command::new(target("tools/bin/python3"));
    python.arg(repository("tests/deployment/transform.py")).current_dir(repository("."));
    python
        .args(["DatabaseAuthToken=secret", &format!("Deployment={deployment}")])
        .env("AWS_DEFAULT_REGION", "eu-central-1");
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut template: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(template["Resources"].take()).unwrap()
}

/// Returns the names of the resources of a type.
fn of_kind(resources: &BTreeMap<String, Value>, kind: &str) -> BTreeSet<String> {
    resources.iter().filter(|(_, it)| it["Type"] == kind).map(|(name, _)| name.clone()).collect()
}

/// A name that is the same in each stack prevents a second stack in the same account.
#[test]
fn two_stacks_in_one_account_share_no_name() {
    let resources = resources("1900000000");
    // CloudFormation does not allow more.
    assert!(resources.len() > 100 && resources.len() < 500, "{}", resources.len());
    for (name, resource) in &resources {
        let properties = resource["Properties"].as_object().into_iter().flatten();
        for (property, value) in properties.filter(|(property, _)| property.ends_with("Name")) {
            // These are names of AWS, or within another resource of the stack.
            let within = match resource["Type"].as_str().unwrap() {
                "AWS::CloudWatch::Alarm" => property == "MetricName",
                "AWS::CodeDeploy::DeploymentGroup" => property == "DeploymentConfigName",
                "AWS::Lambda::Alias" | "AWS::ApiGatewayV2::Stage" => true,
                _ => false,
            };
            let text = value.to_string();
            assert!(within || text.contains("AWS::StackName") || text.contains("\"Ref\""), "{name}: {property} {text}");
        }
    }
}

/// The gateway invokes an alias. It keeps the version of the last deployment until a new version is published, also if
/// a parameter has changed.
#[test]
fn each_deployment_publishes_new_versions() {
    let (first, second) = (resources("1900000000"), resources("1900000001"));
    let functions = of_kind(&first, "AWS::Lambda::Function");
    let versions = |resources| of_kind(resources, "AWS::Lambda::Version");
    let numbered =
        |number: &str| functions.iter().map(|name| format!("{name}Version{number}")).collect::<BTreeSet<_>>();
    assert_eq!(versions(&first), numbered("1900000000"));
    assert_eq!(versions(&second), numbered("1900000001"));
    for name in &functions {
        // Lambda publishes no version of a function in which nothing has changed.
        let description = |resources: &BTreeMap<String, Value>| resources[name]["Properties"]["Description"].clone();
        assert_ne!(description(&first), description(&second), "{name}");
    }
    for name in of_kind(&first, "AWS::Lambda::Permission") {
        let invoked = first[&name]["Properties"]["FunctionName"]["Ref"].as_str().unwrap();
        assert!(invoked.ends_with("Aliaslive"), "{name}: {invoked}");
    }
}
