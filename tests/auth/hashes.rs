//! What a password's hash costs, and that nobody has it done for nothing. Argon2 fills 19 MiB, which the kernel
//! sees: here the memory of one instance of the built function is read.

use std::fs;

use lambda::{Instance, Program, Request};
use rounds_data::Database;
use rustix::process::Pid;

use crate::support::{Value, built, json, settings, temporary};

struct Auth(Instance);

impl Auth {
    /// One that takes one registration from a source in an hour.
    async fn start() -> Self {
        let path = temporary("clinic.db");
        Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
        let keys = settings().keys;
        let variables = [
            ("DATABASE_URL", path.to_str().unwrap()),
            ("SIGNING_KEY", keys.signing_key.to_str().unwrap()),
            ("PUBLIC_KEYS", keys.public_keys.to_str().unwrap()),
            ("REGISTRATIONS_PER_SOURCE", "1"),
            // What is as large goes back to the kernel as soon as it is free (mallopt(3)), so that the next hash is seen.
            ("MALLOC_MMAP_THRESHOLD_", "1048576"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let command = vec![built("auth").to_str().unwrap().to_owned()];
        Self(Instance::start(&Program { command, variables }).unwrap())
    }

    /// The status of an answer, and whether a password was hashed for it.
    fn post(&mut self, path: &str, body: Value) -> (u16, bool) {
        let process = self.0.process().id;
        // From here on the kernel notes anew how much memory the process has had at most (proc(5)).
        fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
        let before = most_memory(process);
        let request = Request { method: "POST", path: path.into(), body: Some(body), ..Request::default() };
        let (answer, _) = self.0.ask(&request).unwrap();
        (answer.status, most_memory(process) - before > 15 * 1024)
    }

    fn register(&mut self, email: &str) -> (u16, bool) {
        let account = json!({ "name": "Ada", "email": email, "password": "long enough", "account_type": "Patient" });
        self.post("/register", account)
    }
}

/// In KiB.
fn most_memory(process: Pid) -> i64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn registration_over_the_limit_hashes_no_password() {
    let mut auth = Auth::start().await;
    assert_eq!(auth.register("one@example.org"), (201, true));
    // The instance learns of it here.
    assert_eq!(auth.register("two@example.org"), (429, true));
    for email in ["two@example.org", "one@example.org", "three@example.org"] {
        assert_eq!(auth.register(email), (429, false));
    }
    // Invalid input is still answered as such, and costs no hash either.
    assert_eq!(auth.register("none"), (422, false));
    // And a hash would still be seen.
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
