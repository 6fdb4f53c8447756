//! The functions as Lambda runs them: under AWS's own Runtime Interface Emulator, which lies in the
//! package of the SAM CLI.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rounds_data::Database;
use rounds_local::{free_port, load_demo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{Value, json, repository, settings, target, temporary};

/// A function that is being emulated; it ends when dropped, with the emulator.
struct Emulated {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Emulated {
    fn start(program: &[&str], database: &Path, variables: &[(&str, &str)]) -> Self {
        let port = free_port().unwrap();
        let mut command = Command::new(emulator());
        command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
        command.args(["--runtime-api-address", &format!("127.0.0.1:{}", free_port().unwrap())]);
        let log = temporary("log");
        let output = std::fs::File::create(&log).unwrap();
        command.args(program).stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        command.env("DATABASE_URL", database).env("PUBLIC_KEYS", settings().keys.public_keys);
        command.env_remove("SIGNING_KEY").envs(variables.iter().copied());
        let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/function/invocations");
        Self { child: command.spawn().unwrap(), url, log }
    }

    /// What the function answers to a recorded event.
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
        // It ends the function, and then itself. An error means that it has ended already.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The emulator for this machine.
fn emulator() -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let libraries = target("tools/lib");
    let python = std::fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path());
    let inside = format!("site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}");
    let mut found = python.map(|python| python.join(&inside)).filter(|path| path.exists());
    found.next().unwrap_or_else(|| panic!("no {inside} under {}: make test installs it", libraries.display()))
}

/// What a program answers to an event, over a demo clinic.
async fn answer(program: &[&str], event: &str, variables: &[(&str, &str)]) -> Value {
    let path = temporary("clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    database.migrate().await.unwrap();
    load_demo(&database, false).await.unwrap();
    Emulated::start(program, &path, variables).answer(event).await
}

async fn answers_an_event(program: &[&str]) {
    let answer = answer(program, "doctors.http_api_v2.json", &[]).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains("Cardiology"), "{answer}");
}

#[tokio::test]
async fn a_built_function_answers_an_event_under_the_runtime_interface_emulator() {
    answers_an_event(&[target("debug/doctors").to_str().unwrap()]).await;
}

/// By it a line is joined to the gateway's, which writes down what Lambda calls the invocation.
#[tokio::test]
async fn the_request_id_of_a_line_is_that_of_the_invocation() {
    let path = temporary("clinic.db");
    Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let function = Emulated::start(&[target("debug/doctors").to_str().unwrap()], &path, &[]);
    function.answer("doctors.http_api_v2.json").await;
    let log = std::fs::read_to_string(&function.log).unwrap();
    let started =
        log.lines().find_map(|line| line.strip_prefix("START RequestId: ")).unwrap_or_else(|| panic!("{log}"));
    let line =
        log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|line| line["_aws"].is_object());
    assert_eq!(line.unwrap()["request_id"].as_str(), started.split_whitespace().next());
}

#[tokio::test]
#[ignore = "of what make build has built, which runs it"]
async fn the_arm64_build_answers_an_event_under_qemu() {
    let bootstrap = target("lambda/arm64/doctors/bootstrap");
    let program = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", bootstrap.to_str().unwrap()];
    answers_an_event(&program).await;
}

/// A port where Secrets Manager's extension hands out one secret.
async fn extension(secret: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let body = json!({ "SecretString": secret }).to_string();
            // The request is one packet, and says nothing of interest.
            let _ = client.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn the_signing_key_is_had_from_secrets_manager_when_somebody_signs_in() {
    let auth = target("debug/auth");
    let port = extension(rounds_auth::SigningKey::generate().unwrap()).await;
    let variables =
        |port| [("SIGNING_KEY_SECRET", "rounds/signing-key"), ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)];
    let signed_in = answer(&[auth.to_str().unwrap()], "auth.http_api_v2.json", &variables(&port)).await;
    assert_eq!(signed_in["statusCode"], 200, "{signed_in}");

    // Where nobody hands it out, nobody signs in, and is told so.
    let refused = answer(&[auth.to_str().unwrap()], "auth.http_api_v2.json", &variables("1")).await;
    assert_eq!(refused["statusCode"], 503, "{refused}");
    assert!(refused["body"].as_str().unwrap().contains("/problems/sign-in-unavailable"), "{refused}");
}
