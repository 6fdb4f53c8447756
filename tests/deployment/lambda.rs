//! The functions as Lambda runs them. One test uses AWS's Runtime Interface Emulator, to show that the functions also work
//! without the harness of these tests.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use lambda::{Function, Instance, Program, Request};
use rounds_data::Database;
use rounds_local::load_demo;

use super::aws::{Emulated, Extension};
use crate::support::{Value, built, json, repository, settings, target, temporary};

/// Makes the database of a demo clinic, and returns its path.
async fn clinic() -> PathBuf {
    let path = temporary("clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    database.migrate().await.unwrap();
    load_demo(&database, false, chrono::Utc::now()).await.unwrap();
    path
}

/// Describes a built function, to be run by the harness of these tests.
fn program(function: &str, database: &Path, variables: &[(&str, &str)]) -> Program {
    let (database, keys) = (database.to_str().unwrap(), settings().keys.public_keys);
    let fixed = [("DATABASE_URL", database), ("PUBLIC_KEYS", keys.to_str().unwrap())];
    let variables = fixed.iter().chain(variables).map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Program { command: vec![built(function).to_str().unwrap().to_owned()], variables }
}

async fn answers_an_event(program: &[&str]) {
    let (database, keys) = (clinic().await, settings().keys.public_keys);
    let variables = [("DATABASE_URL", database.to_str().unwrap()), ("PUBLIC_KEYS", keys.to_str().unwrap())];
    let event = std::fs::read_to_string(repository("tests/events/doctors.http_api_v2.json")).unwrap();
    let answer = Emulated::start(program, &variables).answer(event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains("Cardiology"), "{answer}");
}

#[tokio::test]
async fn function_answers_event_under_runtime_interface_emulator() {
    answers_an_event(&[target("debug/doctors").to_str().unwrap()]).await;
}

/// The gateway logs the id of the invocation, so an operator finds the gateway's line of a request by this id.
#[tokio::test]
async fn log_line_has_request_id_of_invocation() {
    let log = temporary("log");
    let mut function =
        Instance::with_log(&program("doctors", &clinic().await, &[]), File::create(&log).unwrap().into()).unwrap();
    let get = Request { method: "GET", path: "/doctors".into(), ..Request::default() };
    for _ in 0..2 {
        assert_eq!(function.send_request(&get).unwrap().0.status, 200);
        let log = std::fs::read_to_string(&log).unwrap();
        let line: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!(line["request_id"], function.invocation(), "{log}");
    }
}

#[tokio::test]
#[ignore = "make build runs it, on the functions that it has built"]
async fn arm64_build_answers_event_under_qemu() {
    let bootstrap = target("lambda/arm64/doctors/bootstrap");
    let program = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", bootstrap.to_str().unwrap()];
    answers_an_event(&program).await;
}

#[tokio::test]
async fn sign_in_reads_signing_key_from_secrets_manager() {
    let extension = Extension::start(json!({ "SecretString": rounds_auth::SigningKey::generate().unwrap() }));
    let path = clinic().await;
    let login = json!({ "email": "sam@rounds.example", "password": "demo-password" });
    let login = Request { method: "POST", path: "/login".into(), body: Some(login), ..Request::default() };
    let sign_in = async |port: &str| {
        let variables =
            [("SIGNING_KEY_SECRET", "rounds/signing-key"), ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)];
        Function::new([program("auth", &path, &variables)]).invoke(&login).await.unwrap()
    };
    let signed_in = sign_in(&extension.port).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");

    // No extension listens at port 1.
    let refused = sign_in("1").await;
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("/problems/sign-in-unavailable")));
}

#[tokio::test]
async fn feed_has_url_of_parameter_store() {
    let path = clinic().await;
    let keys = settings().keys;
    let (signing_key, public_keys) = (keys.signing_key.to_str().unwrap(), keys.public_keys.to_str().unwrap());
    let auth = program("auth", &path, &[("SIGNING_KEY", signing_key), ("PUBLIC_KEYS", public_keys)]);
    let login = json!({ "email": "sam@rounds.example", "password": "demo-password" });
    let login = Request { method: "POST", path: "/login".into(), body: Some(login), ..Request::default() };
    let signed_in = Function::new([auth]).invoke(&login).await.unwrap();
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let token = format!("Bearer {}", signed_in.body);

    let headers = vec![("authorization", token)];
    let make = Request { method: "POST", path: "/me/feed".into(), headers, ..Request::default() };
    let feed = async |port: &str| {
        let variables = [
            ("PUBLIC_KEYS", public_keys),
            ("PUBLIC_URL_PARAMETER", "/rounds/public-url"),
            ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port),
        ];
        Function::new([program("notify", &path, &variables)]).invoke(&make).await.unwrap()
    };
    let extension = Extension::start(json!({ "Parameter": { "Value": "https://clinic.example" } }));
    let made = feed(&extension.port).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.json()["url"].as_str().unwrap().starts_with("https://clinic.example/feeds/"), "{made:?}");

    // No extension listens at port 1.
    let refused = feed("1").await;
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("/problems/database-unavailable")));
}
