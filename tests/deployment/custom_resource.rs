//! The custom resource of a deployment: CloudFormation invokes `migrate`, which gives the stack its keys, migrates its
//! database, and reports the result. The built program runs under the emulator.

use std::{
    process::Command,
    sync::{Arc, Barrier, Mutex},
};

use chrono::{TimeDelta, Utc};
use rounds_auth::{PublicKeys, SigningKey};
use rounds_domain::{AccountType, Caller};

use super::{
    aws::{Emulated, start_server},
    secrets_manager::{Effect, Fault, KEYS, SecretsManager, arn},
};
use crate::support::{Value, built, json, repository, target, temporary};

const CREATE: &str = "11111111-2222-4333-8444-555555555555";
const UPDATE: &str = "99999999-2222-4333-8444-555555555555";
const ACCESS_KEY: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "a/session+token=="),
];

/// A stack with its function `migrate`.
struct Stack {
    function: Emulated,
    database: String,
    bucket: String,
    responses: Arc<Mutex<Vec<Value>>>,
}

impl Stack {
    fn start(name: &str, secrets: &SecretsManager) -> Self {
        Self::over(name, &secrets.url, temporary("clinic.db").to_str().unwrap())
    }

    fn over(name: &str, secrets_url: &str, database: &str) -> Self {
        let responses: Arc<Mutex<Vec<Value>>> = Arc::default();
        let received = responses.clone();
        let bucket = start_server(move |request| {
            assert_eq!(request.first_line(), "PUT /response?Signature=a%2Fb HTTP/1.1");
            received.lock().unwrap().push(serde_json::from_slice(&request.body).unwrap());
            (200, Value::Null)
        });
        let [signing_key, public_keys] = KEYS.map(|key| arn(name, key));
        let mut variables = vec![
            ("DATABASE_URL", database),
            ("SIGNING_KEY_SECRET", &signing_key),
            ("PUBLIC_KEYS_SECRET", &public_keys),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_url),
        ];
        variables.extend(ACCESS_KEY);
        let function = Emulated::start(&[built("migrate").to_str().unwrap()], &variables);
        Self { function, database: database.to_owned(), bucket, responses }
    }

    /// Sends an event as CloudFormation does. Returns the response that CloudFormation gets.
    async fn send(&self, request_type: &str, request_id: &str) -> Value {
        let event = json!({
            "RequestType": request_type,
            "ResponseURL": format!("{}/response?Signature=a%2Fb", self.bucket),
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/rounds/1",
            "RequestId": request_id,
            "ResourceType": "Custom::Migration",
            "LogicalResourceId": "Migration",
            "ResourceProperties": { "ServiceToken": "arn", "Version": "10" },
        });
        let answer = self.function.answer(event.to_string()).await;
        assert!(answer["done"].is_array(), "{answer}");
        let mut responses = self.responses.lock().unwrap();
        let [response] = &std::mem::take(&mut *responses)[..] else { panic!("{} responses", responses.len()) };
        assert_eq!(response["RequestId"], request_id);
        response.clone()
    }

    async fn succeed(&self, request_type: &str, request_id: &str) {
        let response = self.send(request_type, request_id).await;
        assert_eq!(response["Status"], "SUCCESS", "{response}");
    }

    /// Sends an event that fails, and returns the reason.
    async fn fail(&self, request_type: &str, request_id: &str) -> String {
        let response = self.send(request_type, request_id).await;
        assert_eq!(response["Status"], "FAILED", "{response}");
        let reason = response["Reason"].as_str().unwrap();
        assert!(!reason.contains("PRIVATE KEY") && !reason.contains("arn:"), "{reason}");
        reason.to_owned()
    }
}

/// Returns the two keys of a stack.
fn pair(secrets: &SecretsManager, stack: &str) -> [String; 2] {
    KEYS.map(|key| secrets.value(stack, key).unwrap_or_else(|| panic!("{key} has no value")))
}

/// Whether the public keys verify what the signing key signs.
fn matches(signing_key: &str, public_keys: &str) -> bool {
    let now = Utc::now();
    let caller = Caller {
        account_id: "7".parse().unwrap(),
        account_type: AccountType::Patient,
        clinic: 1.into(),
        session: 2.into(),
        token_id: 5,
        generation: 0,
        signed_in_at: now,
    };
    let token = rounds_auth::sign(&SigningKey::from_pem(signing_key).unwrap(), &caller, now).unwrap();
    rounds_auth::verify_token(&PublicKeys::from_json(public_keys).unwrap(), &token, now).is_ok()
}

fn assert_pair(secrets: &SecretsManager, stack: &str) -> [String; 2] {
    let [signing_key, public_keys] = pair(secrets, stack);
    assert!(matches(&signing_key, &public_keys), "{public_keys}");
    [signing_key, public_keys]
}

async fn count_migrations(database: &str) -> i64 {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    let mut rows = connection.query("SELECT count(DISTINCT version) FROM migrations", ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn create_makes_keys_and_tables_once() {
    let secrets = SecretsManager::start(&["rounds"]);
    let stack = Stack::start("rounds", &secrets);
    stack.succeed("Create", CREATE).await;
    let created = assert_pair(&secrets, "rounds");
    assert!(count_migrations(&stack.database).await > 5);
    for (request_type, request_id) in [("Create", CREATE), ("Update", UPDATE)] {
        stack.succeed(request_type, request_id).await;
        assert_eq!(pair(&secrets, "rounds"), created);
    }
    assert_eq!(secrets.count("PutSecretValue"), 2);
}

#[tokio::test]
async fn update_leaves_rotated_keys_alone() {
    let secrets = SecretsManager::start(&["rounds"]);
    let stack = Stack::start("rounds", &secrets);
    stack.succeed("Create", CREATE).await;
    let [_, earlier] = pair(&secrets, "rounds");
    let signing_key = SigningKey::generate().unwrap();
    let until = Utc::now() + TimeDelta::hours(1);
    let both = SigningKey::from_pem(&signing_key).unwrap().public_keys_with_older(
        &PublicKeys::from_json(&earlier).unwrap(),
        Utc::now(),
        |_| until,
    );
    // A rotation stores the public keys first. A deployment can come between.
    for (key, value) in [("public-keys", &both), ("signing-key", &signing_key)] {
        secrets.store("rounds", key, value);
        let stored = assert_pair(&secrets, "rounds");
        stack.succeed("Update", UPDATE).await;
        assert_eq!(pair(&secrets, "rounds"), stored);
    }
    assert_eq!(secrets.count("PutSecretValue"), 2, "those of the creation");
}

#[tokio::test]
async fn delete_does_nothing() {
    let secrets = SecretsManager::start(&["rounds"]);
    let stack = Stack::start("rounds", &secrets);
    stack.succeed("Delete", UPDATE).await;
    assert!(secrets.requests().is_empty());
    assert!(!std::path::Path::new(&stack.database).exists());
}

#[tokio::test]
async fn deployment_completes_keys_of_an_interrupted_one() {
    // CloudFormation sends the event again, or the operator deploys again.
    for (request_type, request_id) in [("Create", CREATE), ("Update", UPDATE)] {
        let secrets = SecretsManager::start(&["rounds"]);
        secrets.refuse("PutSecretValue", "public-keys", 400, "AccessDeniedException");
        let stack = Stack::start("rounds", &secrets);
        let reason = stack.fail("Create", CREATE).await;
        assert!(reason.starts_with("PUBLIC_KEYS_SECRET: Secrets Manager refused PutSecretValue"), "{reason}");
        assert!(reason.contains("allow secretsmanager:PutSecretValue for this secret"), "{reason}");
        assert!(!std::path::Path::new(&stack.database).exists(), "no migration without keys");
        let signing_key = secrets.value("rounds", "signing-key");
        assert!(signing_key.is_some() && secrets.value("rounds", "public-keys").is_none());

        stack.succeed(request_type, request_id).await;
        let [completed, _] = assert_pair(&secrets, "rounds");
        assert_eq!(Some(completed), signing_key);
    }
}

#[tokio::test]
async fn concurrent_events_make_one_pair() {
    let secrets = SecretsManager::start(&["rounds"]);
    let first = Stack::start("rounds", &secrets);
    let second = Stack::over("rounds", &secrets.url, &first.database);
    // Both find no signing key, and then both generate one.
    let barrier = Arc::new(Barrier::new(2));
    for _ in 0..2 {
        let effect = Effect::Wait(barrier.clone());
        secrets.inject(Fault { action: "GetSecretValue", secret: "signing-key", effect });
    }
    // The one that comes too late reads the key of the other, but Secrets Manager does not show it at once.
    secrets.refuse("GetSecretValue", "signing-key", 400, "ResourceNotFoundException");
    tokio::join!(first.succeed("Create", CREATE), second.succeed("Create", CREATE));
    assert_pair(&secrets, "rounds");
    let puts = |secret: &str| {
        let requests = secrets.requests();
        let values = requests.iter().map(|request| serde_json::from_slice::<Value>(&request.body).unwrap());
        let mut values: Vec<String> = values
            .filter(|body| body["SecretId"] == arn("rounds", secret))
            .filter_map(|body| body["SecretString"].as_str().map(str::to_owned))
            .collect();
        values.sort();
        values.dedup();
        values.len()
    };
    assert_eq!((puts("signing-key"), puts("public-keys")), (2, 1));
}

#[tokio::test]
async fn stacks_share_no_key() {
    let secrets = SecretsManager::start(&["north", "south"]);
    let stacks = ["north", "south"].map(|name| Stack::start(name, &secrets));
    // Of two accounts, or of two regions, even the request ids could be the same.
    for stack in &stacks {
        stack.succeed("Create", CREATE).await;
    }
    let [north, south] = ["north", "south"].map(|name| assert_pair(&secrets, name));
    assert!(!matches(&north[0], &south[1]) && !matches(&south[0], &north[1]));
    assert_ne!(stacks[0].database, stacks[1].database);
    for stack in &stacks {
        assert!(count_migrations(&stack.database).await > 5);
    }
}

#[tokio::test]
async fn reports_unreachable_database() {
    let secrets = SecretsManager::start(&["rounds"]);
    let reason = Stack::over("rounds", &secrets.url, "http://127.0.0.1:1").fail("Create", CREATE).await;
    assert!(reason.starts_with("the database cannot be migrated: ") && reason.contains("refused"), "{reason}");
    // The keys stay, and the next attempt uses them.
    let keys = assert_pair(&secrets, "rounds");
    Stack::start("rounds", &secrets).succeed("Create", CREATE).await;
    assert_eq!(pair(&secrets, "rounds"), keys);
}

#[tokio::test]
async fn reports_why_secrets_manager_failed() {
    let secrets = SecretsManager::start(&["rounds"]);
    let stack = Stack::start("rounds", &secrets);
    for (action, secret, error, expected) in [
        ("GetSecretValue", "public-keys", "AccessDeniedException", "PUBLIC_KEYS_SECRET: "),
        ("GetSecretValue", "signing-key", "InvalidRequestException", "scheduled for deletion, restore it"),
        ("PutSecretValue", "signing-key", "ResourceNotFoundException", "check that the secret exists"),
        (
            "PutSecretValue",
            "signing-key",
            "com.amazonaws#EncryptionFailure",
            "EncryptionFailure): check the secret's KMS key",
        ),
        ("PutSecretValue", "signing-key", "LimitExceededException", "LimitExceededException): look for the request"),
    ] {
        secrets.refuse(action, secret, 400, error);
        let reason = stack.fail("Create", CREATE).await;
        assert!(reason.contains(&format!("refused {action} (400 Bad Request ")), "{reason}");
        assert!(reason.contains(expected) && reason.ends_with("deploy again"), "{reason}");
    }
    for key in KEYS {
        assert_eq!(secrets.value("rounds", key), None);
    }
    let reason = Stack::over("rounds", "http://127.0.0.1:1", &stack.database).fail("Create", CREATE).await;
    assert!(reason.starts_with("PUBLIC_KEYS_SECRET: Secrets Manager cannot be reached ("), "{reason}");
    assert!(reason.contains("refused") && reason.contains("NAT"), "{reason}");
}

#[tokio::test]
async fn repeats_requests_that_may_succeed() {
    let secrets = SecretsManager::start(&["rounds"]);
    secrets.refuse("GetSecretValue", "signing-key", 500, "InternalServiceError");
    secrets.refuse("PutSecretValue", "signing-key", 400, "ThrottlingException");
    secrets.inject(Fault { action: "PutSecretValue", secret: "public-keys", effect: Effect::Stall });
    let stack = Stack::start("rounds", &secrets);
    stack.succeed("Create", CREATE).await;
    assert_pair(&secrets, "rounds");

    let repeated = SecretsManager::start(&["rounds"]);
    for _ in 0..3 {
        repeated.refuse("GetSecretValue", "public-keys", 503, "ServiceUnavailable");
    }
    let reason = Stack::start("rounds", &repeated).fail("Create", CREATE).await;
    assert!(reason.contains("503 Service Unavailable ServiceUnavailable): wait some minutes"), "{reason}");
    assert_eq!(repeated.requests().len(), 3);
}

#[tokio::test]
async fn refuses_public_keys_without_their_signing_key() {
    let secrets = SecretsManager::start(&["rounds"]);
    let other = SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap().public_keys();
    secrets.store("rounds", "public-keys", &other);
    let reason = Stack::start("rounds", &secrets).fail("Update", UPDATE).await;
    assert!(reason.starts_with("SIGNING_KEY_SECRET has no value, but PUBLIC_KEYS_SECRET has one: "), "{reason}");
    assert_eq!(secrets.count("PutSecretValue"), 0);
}

/// The reference is botocore, AWS's own library for Python.
#[tokio::test]
async fn botocore_signs_requests_in_the_same_way() {
    let secrets = SecretsManager::start(&["rounds"]);
    Stack::start("rounds", &secrets).succeed("Create", CREATE).await;
    let requests = secrets.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.first_line(), "POST / HTTP/1.1");
        assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.1"));
        let body = String::from_utf8(request.body.clone()).unwrap();
        let described = json!({ "url": secrets.url, "head": request.head, "body": body, "credentials": ACCESS_KEY });
        let mut python = Command::new(target("tools/bin/python3"));
        python.arg("-B").arg(repository("tests/deployment/signature.py")).arg(described.to_string());
        let output = python.output().unwrap();
        let expected = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            request.header("authorization"),
            Some(expected.trim()),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
