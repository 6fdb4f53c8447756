//! `make run-server`: a primary and a replica that accept only the clinic's token.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rounds_auth::ServerKey;

use super::private::is_private;
use crate::support::{Value, built, json, temporary};

/// A running `rounds server`, and the lines that it printed until it was ready.
struct Running {
    child: Child,
    lines: Vec<String>,
}

impl Running {
    /// A command that starts the server with its own home. The umask would allow everybody to read new files.
    fn command(home: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 022; exec \"$0\" server"]).arg(built("rounds")).env("ROUNDS_HOME", home);
        command.env("PORT", rounds_local::free_port().unwrap().to_string());
        command.env_remove("DEMO").env_remove("ADMIN_EMAIL");
        command
    }

    /// Starts the server and waits until it is ready.
    fn start(home: &Path) -> Self {
        let child = Self::command(home).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut running = Self { child, lines: Vec::new() };
        let lines = BufReader::new(running.child.stdout.take().unwrap()).lines().map_while(Result::ok);
        for line in lines {
            running.lines.push(line);
            if running.lines.last().unwrap().contains("rounds: ready at") {
                return running;
            }
        }
        panic!("the server did not start: {:?}", running.lines);
    }

    /// The word that follows `words` in the output.
    fn word_after(&self, words: &str) -> String {
        let after =
            self.lines.iter().find_map(|line| line.split_once(words)).unwrap_or_else(|| panic!("{:?}", self.lines));
        after.1.split([' ', ',']).next().unwrap().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Sends a query to a libSQL server, with or without a token. Returns the status and the body.
async fn query(server: &str, token: Option<&str>) -> (u16, String) {
    let statement = json!({ "sql": "SELECT email FROM logins" });
    let request = reqwest::Client::new().post(format!("{server}/v2/pipeline"));
    let request = request.body(json!({ "requests": [{ "type": "execute", "stmt": statement }] }).to_string());
    let request = token.iter().fold(request, |request, token| request.bearer_auth(token));
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn servers_require_token_of_this_start_and_files_are_private() {
    let home = temporary("home");
    let running = Running::start(&home);
    let servers = [running.word_after("primary at "), running.word_after("replica at ")];
    let token_file = PathBuf::from(running.word_after("the token in "));
    let token = std::fs::read_to_string(&token_file).unwrap();
    let foreign = ServerKey::generate().unwrap().token;
    for server in &servers {
        for token in [None, Some(foreign.as_str()), Some("")] {
            let (status, body) = query(server, token).await;
            assert_eq!(status, 401, "{body}");
            assert!(!body.contains('@'), "{body}");
        }
        let (status, body) = query(server, Some(&token)).await;
        assert!(status == 200 && body.contains("@rounds.example"), "{status}: {body}");
    }
    let dump = |token: &str| reqwest::Client::new().get(format!("{}/dump", servers[0])).bearer_auth(token).send();
    assert_eq!(dump(&foreign).await.unwrap().status(), 401);
    assert_eq!(dump(&token).await.unwrap().status(), 200);

    let clinic = running.word_after("ready at ");
    let doctors: Value = reqwest::get(format!("{clinic}/doctors")).await.unwrap().json().await.unwrap();
    assert_eq!(doctors.as_array().unwrap().len(), 3, "{doctors}");

    let folder = token_file.parent().unwrap();
    is_private(folder);
    for file in ["signing_key.pem", "public_keys.json"] {
        is_private(&folder.with_file_name(file));
    }
    // The private key is not stored. A token is valid only until its server stops.
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let expected = ["primary", "primary.log", "primary.public_key", "replica", "replica.log", "token"];
    assert_eq!(files, expected);
    // A second start on the same home fails and does not replace the token.
    let second = Running::command(&home).output().unwrap();
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && message.starts_with("rounds: another make run-server uses "), "{message}");
    assert_eq!(std::fs::read_to_string(&token_file).unwrap(), token);
    drop(running);
    let running = Running::start(&home);
    assert_eq!(query(&running.word_after("primary at "), Some(&token)).await.0, 401);
}
