//! `make deploy`: what it asks, what it passes to AWS, and how it fails.

use serde_json::json;

use super::{
    clone::{Clone, TEMPLATE},
    operation,
};
use crate::support::repository;

const TOKEN: &str = "a-secret-token";

/// The settings that a new clinic needs.
const REQUIRED: [(&str, &str); 3] =
    [("DATABASE_URL", "libsql://db.example"), ("DATABASE_AUTH_TOKEN", TOKEN), ("ADMIN_EMAIL", "ada@x.org")];

const REGION: (&str, &str) = ("AWS_REGION", "eu-central-1");

#[test]
fn new_clinic_is_asked_on_a_terminal() {
    let clone = Clone::new();
    let answers = ["clinic.db", "", "libsql://db.example", TOKEN, "ada", "ada@x.org", ""];
    let text = clone.run_on_terminal("make deploy", &answers, &[REGION]).succeeds();
    for message in [
        "DATABASE_URL must be libsql://host or https://host without a token in it.",
        "This needs an answer.",
        "ADMIN_EMAIL must match ",
        "stack rounds in eu-central-1",
        "clinic: https://rounds.example",
        "dashboard: https://rounds.dashboard.example",
        "The first Admin is ada@x.org.",
        "aws secretsmanager get-secret-value --secret-id rounds-admin-password ",
    ] {
        assert!(text.contains(message), "{message:?}:\n{text}");
    }
    assert!(!text.contains(TOKEN), "{text}");
    let expected = json!({
        "DatabaseUrl": "libsql://db.example", "DatabaseAuthToken": TOKEN, "AdminEmail": "ada@x.org",
        "Rollout": "Canary10Percent5Minutes",
    });
    assert_eq!(clone.passed(), expected);
}

#[test]
fn unattended_deployment_takes_its_answers_from_the_settings() {
    let clone = Clone::new();
    // An empty setting is as good as none: pipelines pass those.
    let others = [("MAIL_FROM", ""), ("DATABASE_CA", "line 1\n\"line\" 2\n"), ("DEPLOYMENT", "production")];
    let settings = [&REQUIRED[..], &others].concat();
    clone.make("deploy", &settings).succeeds();
    let expected = json!({
        "DatabaseUrl": "libsql://db.example", "DatabaseAuthToken": TOKEN, "AdminEmail": "ada@x.org",
        "DatabaseCa": "line 1\n\"line\" 2", "Rollout": "Canary10Percent5Minutes",
    });
    assert_eq!(clone.passed(), expected);
}

#[test]
fn token_is_only_in_a_private_file() {
    let clone = Clone::new();
    let text = clone.make("deploy", &REQUIRED).succeeds();
    assert!(!text.contains(TOKEN), "{text}");
    let calls = clone.calls();
    for call in &calls {
        assert!(!call["arguments"].to_string().contains(TOKEN), "{call}");
        // The programs of the build could read the environment of SAM.
        assert!(call["program"] == "aws" || !call["environment"].to_string().contains(TOKEN), "{call}");
    }
    let modes: Vec<_> = calls.iter().filter_map(|call| call["mode"].as_str()).collect();
    assert_eq!(modes, ["0o600"]);
}

#[test]
fn unattended_deployment_names_all_that_is_missing() {
    let clone = Clone::new();
    let text = clone.make("deploy", &REQUIRED[..1]).fails("DATABASE_AUTH_TOKEN, ADMIN_EMAIL");
    assert!(!text.contains("DATABASE_URL") && !text.contains("ALARM_EMAIL"), "{text}");
    assert_eq!(clone.sam_calls(), []);
}

#[test]
fn end_of_the_input_is_not_an_answer() {
    let clone = Clone::new();
    clone.run_on_terminal("make deploy", &["libsql://db.example"], &[REGION]).fails("DATABASE_AUTH_TOKEN");
    assert_eq!(clone.sam_calls(), []);
}

#[test]
fn clinic_whose_database_has_an_admin_needs_none() {
    let clone = Clone::new();
    let text = clone.create(&[("ADMIN_EMAIL", "none")]);
    assert!(!text.contains("first Admin"), "{text}");
    assert_eq!(clone.passed()["AdminEmail"], "");
}

#[test]
fn clinic_with_mail_invites_its_first_admin() {
    let clone = Clone::new();
    let text = clone.create(&[("MAIL_FROM", "clinic@x.org")]);
    assert!(text.contains("ada@x.org, who gets an invitation by mail"), "{text}");
    let text = clone.make("deploy", &[("REQUEST_BURST", "10")]).succeeds();
    assert!(!text.contains("invitation"), "{text}");
}

#[test]
fn later_deployment_asks_nothing_and_passes_only_what_is_set() {
    let clone = Clone::new();
    clone.create(&[("MAIL_FROM", "clinic@x.org")]);
    clone.calls();
    clone.check_out("two", TEMPLATE);
    clone.run_on_terminal("make deploy", &[], &[REGION]).succeeds();
    assert_eq!(clone.passed(), json!({"Rollout": "Canary10Percent5Minutes"}));
    assert_eq!(clone.code("rounds"), "two");
    assert_eq!(clone.stack("rounds")["parameters"]["DatabaseAuthToken"], "a-token");

    clone.make("deploy", &[("REQUEST_BURST", "20"), ("ROLLOUT", "AllAtOnce"), ("MAIL_FROM", "none")]).succeeds();
    assert_eq!(clone.passed(), json!({"RequestBurst": "20", "Rollout": "AllAtOnce", "MailFrom": ""}));
    // `none` is the default, and not always empty.
    clone.make("deploy", &[("REQUEST_BURST", "none")]).succeeds();
    assert_eq!(clone.passed(), json!({"RequestBurst": "100", "Rollout": "Canary10Percent5Minutes"}));
}

/// In steps, the earlier version would have no access, and the deployment would be rolled back because of its errors.
#[test]
fn requests_move_at_once_to_another_database() {
    let clone = Clone::new();
    clone.create(&[]);
    let rollout = |settings: &[(&str, &str)]| {
        clone.calls();
        clone.make("deploy", settings).succeeds();
        clone.passed()["Rollout"].as_str().unwrap().to_owned()
    };
    let present = clone.stack("rounds")["parameters"]["DatabaseUrl"].as_str().unwrap().to_owned();
    assert_eq!(rollout(&[("DATABASE_URL", &present)]), "Canary10Percent5Minutes");
    assert_eq!(rollout(&[("DATABASE_URL", "libsql://other.example.com")]), "AllAtOnce");
    assert_eq!(rollout(&[("DATABASE_AUTH_TOKEN", "another-token")]), "AllAtOnce");
    assert_eq!(
        rollout(&[("DATABASE_AUTH_TOKEN", "a-third-token"), ("ROLLOUT", "Canary10Percent5Minutes")]),
        "Canary10Percent5Minutes"
    );
    assert_eq!(rollout(&[]), "Canary10Percent5Minutes");
}

#[test]
fn functions_are_built_for_the_processor_of_the_stack() {
    let clone = Clone::new();
    let built_for = || {
        let calls = clone.calls();
        let build = calls.iter().find(|call| call["arguments"][0] == "build").unwrap();
        build["arguments"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned()
    };
    clone.create(&[]);
    assert_eq!(built_for(), "Architecture=arm64");
    clone.make("deploy", &[("ARCHITECTURE", "x86_64")]).succeeds();
    assert_eq!(built_for(), "Architecture=x86_64");
    clone.make("deploy", &[]).succeeds();
    assert_eq!(built_for(), "Architecture=x86_64");
}

#[test]
fn wrong_setting_is_refused_before_the_build() {
    let clone = Clone::new();
    let wrong = [
        ("DATABASE_URL", "clinic.db", "DATABASE_URL must be libsql://host or https://host"),
        ("DATABASE_URL", "libsql://db?authToken=a-secret-token", "DATABASE_URL must be"),
        ("DATABASE_URL", "none", "DATABASE_URL has no default"),
        ("REQUEST_BURST", "0", "REQUEST_BURST must be a number, at least 1"),
        ("REQUEST_BURST", "many", "REQUEST_BURST must be a number, at least 1"),
        ("ARCHITECTURE", "arm", "ARCHITECTURE must be one of arm64, x86_64"),
        ("STACK", "my clinic", "STACK must begin with a letter"),
        ("SUBNET_IDS", "subnet-1", "SUBNET_IDS needs SECURITY_GROUP_IDS"),
        // SAM would remove some of these characters.
        ("DATABASE_AUTH_TOKEN", r#""quoted.token""#, "DATABASE_AUTH_TOKEN must not begin and end with the same quote"),
        ("DATABASE_AUTH_TOKEN", r"escaped\'.token", "DATABASE_AUTH_TOKEN must not begin and end with the same quote"),
    ];
    for (setting, value, message) in wrong {
        let text = clone.make("deploy", &[&REQUIRED[..], &[(setting, value)]].concat()).fails(message);
        // A refused value may be a secret.
        assert!(!text.contains(value) || !value.contains(['.', ':']), "{text}");
    }
    assert_eq!(clone.sam_calls(), []);
}

#[test]
fn refused_calls_say_what_to_do() {
    let clone = Clone::new();
    for (answer, advice) in [
        ("Unable to locate credentials. You can configure credentials", "aws configure sso"),
        ("An error occurred (ExpiredToken) when calling the DescribeStacks operation", "sign in again"),
        ("An error occurred (AccessDenied) when calling the DescribeStacks operation", "lack a permission"),
        ("Could not connect to the endpoint URL: \"https://…\"", "check the network and the region"),
    ] {
        clone.cloud("refuses", answer);
        let text = clone.make("deploy", &REQUIRED).fails(advice);
        assert!(text.contains(answer), "{text}");
    }
    clone.make("rollback", &[]).fails("Reading the stack rounds failed");
    clone.run("make deploy", &REQUIRED).fails("set AWS_REGION");
    clone.make("deploy", &[("AWS", "/no/aws")]).fails("Rounds needs /no/aws to deploy");
    assert_eq!(clone.sam_calls(), []);
}

#[test]
fn unexpected_answer_is_no_crash() {
    let clone = Clone::new();
    for (answer, message) in [
        ("no JSON", "has not answered in JSON"),
        ("[]", "has given something unexpected"),
        // As if there was no stack.
        ("{}", "needs settings that are not set"),
        (r#"{"Stacks": [{}]}"#, "needs settings that are not set"),
    ] {
        let echo = format!("sh -c 'echo \"$0\"' '{answer}'");
        let text = clone.make("deploy", &[("AWS", &echo)]).fails(message);
        assert!(!text.contains("Traceback"), "{text}");
    }
    assert_eq!(clone.sam_calls(), []);
}

#[test]
fn programs_can_have_arguments() {
    let clone = Clone::new();
    let text = clone.create(&[("AWS", "aws --profile clinic")]);
    assert!(text.contains("aws --profile clinic secretsmanager get-secret-value"), "{text}");
    assert!(clone.calls().iter().any(|call| call["arguments"][1] == "clinic"));
}

#[test]
fn failed_creation_names_the_cause_and_the_way_out() {
    let clone = Clone::new();
    clone.cloud("fails", "the database is unreachable");
    let text = clone.make("deploy", &REQUIRED).fails("Migration: the database is unreachable");
    assert!(!text.contains("ApiFunction"), "{text}");
    let delete = "aws cloudformation delete-stack --stack-name rounds --region eu-central-1";
    assert!(text.contains(delete), "{text}");
    clone.calls();
    clone.make("deploy", &REQUIRED).fails(delete);
    assert_eq!(clone.sam_calls(), []);
    clone.cloud_recovers("fails");
    clone.run(delete, &[]).succeeds();
    clone.create(&[]);
}

#[test]
fn failed_update_names_the_cause() {
    let clone = Clone::new();
    clone.create(&[]);
    clone.cloud("fails", "the schema is newer");
    clone.check_out("two", TEMPLATE);
    let text = clone.make("deploy", &[]).fails("Migration: the schema is newer");
    assert!(text.contains("has restored the version before it"), "{text}");
    assert!(text.contains("describe-stack-events --stack-name rounds"), "{text}");
    assert_eq!(clone.code("rounds"), "one");
    clone.cloud_recovers("fails");

    // The reasons of an earlier deployment are not those of one that changes nothing.
    let newer = TEMPLATE.replace("  MailFrom: {", "  New: {Type: String}\n  MailFrom: {");
    clone.check_out("three", &newer);
    clone.make("deploy", &[]).fails("needs settings that are not set: NEW.");
    clone.cloud("rejects", "Error: Failed to create changeset for the stack: rounds");
    clone.check_out("three", TEMPLATE);
    let text = clone.make("deploy", &[]).fails("failed before it changed anything");
    assert!(!text.contains("the schema is newer"), "{text}");
}

#[test]
fn stack_that_is_being_changed_is_left_alone() {
    let clone = Clone::new();
    clone.create(&[]);
    clone.calls();
    for (status, message) in [
        ("UPDATE_IN_PROGRESS", "it is being changed"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "it is being changed"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
    ] {
        clone.set_status("rounds", status);
        for action in ["deploy", "rollback"] {
            clone.make(action, &[]).fails(message);
        }
    }
    assert_eq!(clone.sam_calls(), []);
    // A stack with a change set only is created like one that does not exist.
    clone.set_status("rounds", "REVIEW_IN_PROGRESS");
    clone.make("deploy", &[]).fails("DATABASE_URL, DATABASE_AUTH_TOKEN, ADMIN_EMAIL");
}

/// What the script uses by name.
#[test]
fn template_has_the_questions_and_the_outputs() {
    let (template, folder) = (operation::template(), "functions/migrate/deploy");
    let read = |file: &str| std::fs::read_to_string(repository(&format!("{folder}/{file}"))).unwrap();
    let names = |text: &str, pattern: &str| -> Vec<String> {
        regex::Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let mut parameters = names(&read("parameters.py"), r#"\n    "(\w+)": Question\("#);
    assert_eq!(parameters.len(), 4);
    parameters.extend(["Rollout", "Architecture", "Deployment"].map(str::to_owned));
    for parameter in parameters {
        assert!(!template["Parameters"][parameter.as_str()].is_badvalue(), "{parameter}");
    }
    let outputs = names(&read("__main__.py"), r#""(\w+(?:Url|Secret))""#);
    assert_eq!(outputs.len(), 3);
    for output in outputs {
        assert!(!template["Outputs"][output.as_str()].is_badvalue(), "{output}");
    }
    assert_eq!(template["Parameters"]["DatabaseAuthToken"]["NoEcho"].as_bool(), Some(true));
}
