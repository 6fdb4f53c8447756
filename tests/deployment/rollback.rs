//! `make rollback`: returns a stack to the version that the last deployment replaced.

use serde_json::json;

use super::clone::{Clone, TEMPLATE};

/// A template without a parameter that the newer one has.
fn older() -> String {
    TEMPLATE.replace("  RequestBurst: {Type: Number, Default: 100, MinValue: 1}\n", "")
}

/// Makes a stack with a version `two` that has replaced a version `one`.
fn deployed_twice() -> Clone {
    let clone = Clone::new();
    clone.check_out("one", &older());
    clone.create(&[]);
    clone.check_out("two", TEMPLATE);
    clone.make("deploy", &[("REQUEST_BURST", "7")]).succeeds();
    clone.calls();
    clone
}

#[test]
fn rollback_deploys_the_previous_version_with_the_present_settings() {
    let clone = deployed_twice();
    // A setting of the environment is for `make deploy`.
    let text = clone.make("rollback", &[("MAIL_FROM", "new@x.org")]).succeeds();
    assert!(text.contains("`make rollback` now returns to the version that it has replaced"), "{text}");
    // Without a build, and without the parameter that the older version does not have.
    assert_eq!(clone.sam_calls(), [("deploy".to_owned(), json!({"Rollout": "AllAtOnce"}))]);
    assert_eq!(clone.code("rounds"), "one");
    let parameters = clone.stack("rounds")["parameters"].clone();
    assert_eq!(parameters["DatabaseAuthToken"], "a-token");
    assert_eq!(parameters["MailFrom"], "");
    assert_eq!(parameters.get("RequestBurst"), None);

    clone.make("rollback", &[("ROLLOUT", "Canary10Percent5Minutes")]).succeeds();
    assert_eq!(clone.passed(), json!({"Rollout": "Canary10Percent5Minutes"}));
    assert_eq!(clone.code("rounds"), "two");
    // The next deployment is gradual again.
    clone.make("rollback", &[]).succeeds();
    clone.calls();
    clone.check_out("three", TEMPLATE);
    clone.make("deploy", &[]).succeeds();
    assert_eq!(clone.passed(), json!({"Rollout": "Canary10Percent5Minutes"}));
    clone.make("rollback", &[]).succeeds();
    assert_eq!(clone.code("rounds"), "one");
}

#[test]
fn setting_of_the_version_to_return_to_can_be_passed() {
    let clone = deployed_twice();
    clone.make("rollback", &[]).succeeds();
    clone.calls();
    clone.make("rollback", &[("REQUEST_BURST", "8")]).succeeds();
    assert_eq!(clone.passed(), json!({"RequestBurst": "8", "Rollout": "AllAtOnce"}));
}

#[test]
fn rollback_needs_a_previous_version() {
    let clone = Clone::new();
    clone.make("rollback", &[]).fails("There is no stack rounds");
    clone.create(&[]);
    clone.make("rollback", &[]).fails("has no previous version");
    // A deployment of the same version replaces none.
    clone.make("deploy", &[("REQUEST_BURST", "7")]).succeeds();
    clone.make("rollback", &[]).fails("has no previous version");
    assert_eq!(clone.code("rounds"), "one");
}

#[test]
fn failed_deployment_and_new_settings_leave_the_previous_version() {
    let clone = deployed_twice();
    clone.make("deploy", &[("REQUEST_BURST", "8")]).succeeds();
    clone.cloud("fails", "the schema is newer");
    clone.check_out("three", TEMPLATE);
    clone.make("deploy", &[]).fails("the schema is newer");
    clone.make("rollback", &[]).fails("the schema is newer");
    assert_eq!(clone.code("rounds"), "two");
    clone.cloud_recovers("fails");
    clone.make("rollback", &[]).succeeds();
    assert_eq!(clone.code("rounds"), "one");
}

/// AWS completes a deployment whose program was stopped.
#[test]
fn interrupted_deployment_can_be_rolled_back() {
    let clone = deployed_twice();
    clone.check_out("three", TEMPLATE);
    clone.cloud("interrupts", "");
    clone.make("deploy", &[]).fails("");
    clone.cloud_recovers("interrupts");
    assert_eq!(clone.code("rounds"), "three");
    clone.make("rollback", &[]).succeeds();
    assert_eq!(clone.code("rounds"), "two");
}

#[test]
fn stacks_share_no_setting_and_no_version() {
    let clone = deployed_twice();
    clone.create(&[("STACK", "staging"), ("DATABASE_URL", "libsql://staging.example")]);
    assert_eq!(clone.stack("rounds")["parameters"]["DatabaseUrl"], "libsql://db.example");
    assert_eq!(clone.stack("staging")["parameters"]["DatabaseUrl"], "libsql://staging.example");
    clone.make("rollback", &[("STACK", "staging")]).fails("The stack staging has no previous version");
    clone.make("rollback", &[]).succeeds();
    assert_eq!([clone.code("rounds"), clone.code("staging")], ["one", "two"]);
}

#[test]
fn new_stack_of_the_same_name_has_no_previous_version() {
    let clone = deployed_twice();
    clone.run("aws cloudformation delete-stack --stack-name rounds", &[]).succeeds();
    clone.create(&[]);
    clone.make("rollback", &[]).fails("has no previous version");
}
