//! Requests over a limit must not cost a password hash. Argon2 uses 19 MiB, so these stories ask the kernel how much memory
//! one instance of the built function has used during a request.

use std::fs;

use lambda::{Instance, Program, Request};
use rounds_auth::NO_PASSWORD;
use rounds_data::{Database, Origin, accounts};
use rounds_domain::{AccountType, NewAccount};
use rustix::process::Pid;

use crate::support::{Value, built, json, settings, temporary};

struct Auth(Instance, Database);

impl Auth {
    /// Starts an instance that allows one registration per source and hour.
    async fn start() -> Self {
        let path = temporary("clinic.db");
        let database = Database::create_at(path.to_str().unwrap()).unwrap();
        database.migrate().await.unwrap();
        let keys = settings().keys;
        let variables = [
            ("DATABASE_URL", path.to_str().unwrap()),
            ("SIGNING_KEY", keys.signing_key.to_str().unwrap()),
            ("PUBLIC_KEYS", keys.public_keys.to_str().unwrap()),
            ("REGISTRATIONS_PER_SOURCE", "1"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let command = vec![built("auth").to_str().unwrap().to_owned()];
        Self(Instance::start(&Program { command, variables }).unwrap(), database)
    }

    /// Returns the status of the response, and whether a password was hashed.
    fn post(&mut self, path: &str, body: Value) -> (u16, bool) {
        let process = self.0.process().id;
        // Marks all memory of the process as not referenced (proc(5)).
        fs::write(format!("/proc/{process}/clear_refs"), "1").unwrap();
        let request = Request { method: "POST", path: path.into(), body: Some(body), ..Request::default() };
        let (answer, _) = self.0.send_request(&request).unwrap();
        (answer.status, referenced_memory(process) > 15 * 1024)
    }

    fn register(&mut self, email: &str) -> (u16, bool) {
        let account = json!({ "name": "Ada", "email": email, "password": "long enough", "account_type": "Patient" });
        self.post("/register", account)
    }
}

/// The memory that was referenced since it was marked, in KiB.
fn referenced_memory(process: Pid) -> i64 {
    let memory = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let line = memory.lines().find_map(|line| line.strip_prefix("Referenced:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn registration_over_the_limit_hashes_no_password() {
    let mut auth = Auth::start().await;
    assert_eq!(auth.register("one@example.org"), (201, true));
    // From this refusal on, the instance caches that the source is over its limit.
    assert_eq!(auth.register("two@example.org"), (429, true));
    for email in ["two@example.org", "one@example.org", "three@example.org"] {
        assert_eq!(auth.register(email), (429, false));
    }
    // Invalid input is still a 422, without a hash.
    assert_eq!(auth.register("none"), (422, false));
    // A hash is still visible to this test.
    assert_eq!(auth.post("/login", json!({ "email": "one@example.org", "password": "wrong" })), (401, true));
}

#[tokio::test]
async fn sign_in_over_the_limit_hashes_no_password() {
    let mut auth = Auth::start().await;
    let guess = json!({ "email": "ada@example.org", "password": "a wrong guess" });
    for _ in 0..10 {
        assert_eq!(auth.post("/login", guess.clone()), (401, true));
    }
    assert_eq!(auth.post("/login", guess), (429, false));
}

/// Otherwise the time of the response would reveal that the account was invited.
#[tokio::test]
async fn sign_in_to_an_invited_account_hashes_the_guess() {
    let mut auth = Auth::start().await;
    let account = NewAccount {
        name: "Grace".parse().unwrap(),
        email: "grace@example.org".parse().unwrap(),
        password_hash: NO_PASSWORD.into(),
        account_type: AccountType::Admin,
        phone: None,
        birth_date: None,
        language: None,
        specialty: None,
        details: None,
    };
    accounts::register_first_admin(&auth.1, &account, &Origin::program(chrono::Utc::now())).await.unwrap().unwrap();
    let guess = json!({ "email": "grace@example.org", "password": "none" });
    assert_eq!(auth.post("/login", guess), (401, true));
}

#[tokio::test]
async fn made_up_link_and_forgotten_password_hash_no_password() {
    let mut auth = Auth::start().await;
    for _ in 0..3 {
        let reset = json!({ "token": "x", "new_password": "long enough" });
        assert_eq!(auth.post("/reset_password", reset), (422, false));
        assert_eq!(auth.post("/forgot_password", json!({ "email": "ada@example.org" })), (202, false));
    }
}
