//! The functions as Lambda runs them. One test uses AWS's Runtime Interface Emulator, which is part of the SAM
//! CLI's package, to show that the functions also work without the harness of these tests.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lambda::{Function, Instance, Program, Request};
use rounds_data::Database;
use rounds_local::{free_port, load_demo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{Value, built, json, repository, settings, target, temporary};

/// A function under the emulator. Both end when this is dropped.
struct Emulated {
    child: Child,
    url: String,
}

impl Emulated {
    fn start(program: &[&str], database: &Path) -> Self {
        let port = free_port().unwrap();
        let mut command = Command::new(emulator());
        command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
        command.args(["--runtime-api-address", &format!("127.0.0.1:{}", free_port().unwrap())]);
        command.args(program).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DATABASE_URL", database).env("PUBLIC_KEYS", settings().keys.public_keys);
        command.env_remove("SIGNING_KEY");
        let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations");
        Self { child: command.spawn().unwrap(), url }
    }

    /// Sends a recorded event to the function, and returns its response.
    async fn answer(&self, event: &str) -> Value {
        let event = std::fs::read_to_string(repository("tests/events").join(event)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let request = reqwest::Client::new().post(&self.url).body(event.clone()).timeout(Duration::from_secs(60));
            match request.send().await {
                Ok(response) => return response.json().await.unwrap(),
                Err(error) => assert!(error.is_connect() && Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        // SIGTERM ends the function, and then the emulator. An error means that it has ended already.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Returns the path of the emulator for this machine's processor.
fn emulator() -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let libraries = target("tools/lib");
    let python = std::fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path());
    let inside = format!("site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}");
    let mut found = python.map(|python| python.join(&inside)).filter(|path| path.exists());
    found.next().unwrap_or_else(|| panic!("no {inside} under {}: make test installs it", libraries.display()))
}

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
    let answer = Emulated::start(program, &clinic().await).answer("doctors.http_api_v2.json").await;
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

/// Starts a stand-in for the Secrets Manager extension that returns one secret, and returns its port.
async fn extension(secret: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let body = json!({ "SecretString": secret }).to_string();
            // The request is one packet, and its contents do not matter.
            let _ = client.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn sign_in_reads_signing_key_from_secrets_manager() {
    let port = extension(rounds_auth::SigningKey::generate().unwrap()).await;
    let path = clinic().await;
    let login = json!({ "email": "sam@rounds.example", "password": "demo-password" });
    let login = Request { method: "POST", path: "/login".into(), body: Some(login), ..Request::default() };
    let sign_in = async |port: &str| {
        let variables =
            [("SIGNING_KEY_SECRET", "rounds/signing-key"), ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)];
        Function::new([program("auth", &path, &variables)]).invoke(&login).await.unwrap()
    };
    let signed_in = sign_in(&port).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");

    // No extension listens at port 1.
    let refused = sign_in("1").await;
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("/problems/sign-in-unavailable")));
}
