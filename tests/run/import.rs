//! `rounds import`: its arguments, and what it does if the clinic is busy or stops. `served` has the rows.

mod easy_appointments;
mod fake;
mod served;

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use fake::{Fake, Reply};

use crate::support::{built, json, temporary};

/// Runs `rounds import` with a token on the standard input.
fn import(arguments: &[&str], token: &str) -> Output {
    let mut command = Command::new(built("rounds"));
    command.arg("import").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may end before it reads the token.
    let _ = child.stdin.take().unwrap().write_all(token.as_bytes());
    child.wait_with_output().unwrap()
}

/// Like [`import`], while this process serves the clinic.
async fn run_beside(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let run = move || import(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), " token\n");
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Returns the exit code, and both outputs.
fn result(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Writes a file, and returns its path.
fn file(content: &str) -> PathBuf {
    let path = temporary("rows.csv");
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn wrong_arguments_are_named() {
    let rows = file("name\nAda\n");
    let rows = rows.to_str().unwrap();
    let url = "http://127.0.0.1:1";
    for (arguments, token, sentence) in [
        (&[][..], "t", "usage: rounds import patients|appointments FILE.csv --url URL"),
        (&["doctors", rows, "--url", url], "t", "usage: rounds import"),
        (&["patients", rows], "t", "--url is missing"),
        (&["patients", rows, "--url"], "t", "--url needs a value"),
        (&["patients", rows, "--url", "clinic.example"], "t", "--url must be the clinic's http:// or https:// URL"),
        (&["patients", rows, "--url", url, "--force"], "t", "--force is not an option"),
        (&["patients", rows, "--url", url, "--country-code", "de"], "t", "--country-code must be a country code"),
        (&["patients", rows, "--url", url], " \n", "there is no token on the standard input"),
        (&["patients", rows, "--url", url], "two\nlines", "is not a token"),
        (&["patients", "/nowhere.csv", "--url", url], "t", "cannot read /nowhere.csv"),
    ] {
        let (code, stdout, stderr) = result(&import(arguments, token));
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.starts_with("rounds: ") && stderr.contains(sentence), "{stderr}");
    }
}

/// A busy clinic, a proxy without its clinic, and a lost connection: the row is sent again with the same key.
#[tokio::test]
async fn row_is_sent_again_with_the_same_key_if_the_clinic_is_busy() {
    let busy = |status| Reply { status, headers: "Retry-After: 1\r\n", body: json!({}) };
    let created = Reply { status: 201, headers: "", body: json!({}) };
    let fake = Fake::start(vec![Some(busy(503)), Some(busy(429)), None, Some(busy(502)), Some(created)]).await;
    let rows = file("id,name\n7,Ada\n");
    let (code, stdout, stderr) =
        result(&run_beside(&["patients", rows.to_str().unwrap(), "--url", &(fake.url.clone() + "/a/")]).await);
    assert_eq!((code, stdout.as_str()), (0, "1 of 1 patients: 1 created, 0 already there, 0 refused\n"), "{stderr}");
    assert!(stderr.lines().filter(|line| *line == "rounds: 0 of 1 rows, 0 refused").count() >= 3, "{stderr}");
    let requests = fake.requests();
    assert_eq!(requests.len(), 5);
    for request in &requests {
        assert!(request.starts_with("POST /a/patients HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer token\r\n"), "{request}");
        assert!(request.contains("idempotency-key: import-f981f878fcf5c346"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"name\":\"Ada\"}"), "{request}");
    }
}

/// The links of a clinic that is served below a path begin with that path.
#[tokio::test]
async fn doctors_are_read_page_by_page_below_a_path() {
    let reply = |headers, body| Some(Reply { status: 200, headers, body });
    let fake = Fake::start(vec![
        reply("", json!({ "time_zone": "Europe/Berlin" })),
        reply("Link: </a/doctors?limit=100&after=x>; rel=\"next\"\r\n", json!([{ "id": 2, "name": "Ngozi Okafor" }])),
        reply("", json!([{ "id": 3, "name": "Ann Lee" }])),
    ])
    .await;
    let day = (chrono::Utc::now() + chrono::TimeDelta::days(30)).format("%Y-%m-%d");
    let rows = file(&format!("doctor,patient_id,start_date,duration\nann lee,9,{day}T10:00:00Z,30\n"));
    let (code, stdout, stderr) = result(
        &run_beside(&["appointments", rows.to_str().unwrap(), "--dry-run", "--url", &(fake.url.clone() + "/a")]).await,
    );
    let counts =
        "1 can be imported or are already there, 0 in the past: skipped, 0 cancelled or ended: skipped, 0 refused";
    assert_eq!((code, stdout), (0, format!("dry run: 1 of 1 appointments: {counts}\n")), "{stderr}");
    let requests = fake.requests();
    let lines: Vec<_> = requests.iter().map(|request| request.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        ["GET /a/clinic HTTP/1.1", "GET /a/doctors?limit=100 HTTP/1.1", "GET /a/doctors?limit=100&after=x HTTP/1.1"]
    );
}

#[tokio::test]
async fn refused_token_stops_the_import() {
    let detail = json!({ "type": "/problems/unauthorized", "detail": "Sign in." });
    let refused = || Some(Reply { status: 401, headers: "", body: detail.clone() });
    let fake = Fake::start((0..32).map(|_| refused()).collect()).await;
    let rows = file(&format!("name\n{}", "Ada\nEve\n".repeat(100)));
    let (code, stdout, stderr) = result(&run_beside(&["patients", rows.to_str().unwrap(), "--url", &fake.url]).await);
    assert_eq!((code, stdout.as_str()), (2, "0 of 200 patients: 0 created, 0 already there, 0 refused\n"));
    assert!(stderr.contains("rounds: stopped: Sign in. (unauthorized)\nRun the same command again"), "{stderr}");
    assert!(fake.requests().len() <= 17, "at most 16 rows are sent at the same time");
}
