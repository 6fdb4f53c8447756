//! The clinic in a real browser, on a phone's and a desktop's size. The stories are programs beside this file.

use std::process::Command;

use crate::{
    http::started,
    support::{Clinic, PASSWORD, Server, json, repository, target},
};

/// Tells a story of a clinic's pages.
async fn tell(story: &str, server: &Server, more: &[&str]) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", "300", "node"]).arg(repository("tests/web").join(story));
    command.arg(format!("{}/", server.url)).args(more).env("NODE_PATH", target("tools/node_modules"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story} ended with {}: {said}", output.status);
}

/// The demo clinic. A page asks for several things at once.
async fn demo() -> Server {
    Server::demo_with(|settings| settings.concurrency = 2).await
}

#[tokio::test]
async fn everyone_signs_in_and_out_in_their_language() {
    tell("everyone.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn a_session_ends_by_itself_and_leaves_nothing_behind() {
    tell("session.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn a_newcomer_books_and_the_doctor_sees_it() {
    tell("newcomer.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn a_patient_finds_a_doctor_and_books() {
    tell("patient.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn of_two_browsers_one_gets_the_time_and_the_other_an_alternative() {
    tell("race.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn a_doctor_keeps_their_day_and_week() {
    let server = demo().await;
    let clinic = server.clinic();
    let admin = clinic.login("admin@rounds.example", "demo-password").await;
    let (email, name) = ("curie@example.org", "Dr. Marie Curie");
    let account = json!({ "name": name, "email": email, "password": PASSWORD, "account_type": "Doctor" });
    let doctor = admin.post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    let appointment = started(&server, doctor, clinic.patient().await.id).await;
    let appointment = admin.get(&format!("/appointments/{appointment}")).await.expect(200);
    tell("doctor.js", &server, &[email, PASSWORD, appointment["start_date"].as_str().unwrap()]).await;
}

#[tokio::test]
async fn an_admin_sees_and_runs_the_clinic() {
    tell("admin.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn text_stays_text_and_nothing_of_a_session_is_left() {
    tell("security.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn the_app_runs_nothing_but_its_own_scripts() {
    let anyone = Clinic::shared().await.anonymous();
    let page = anyone.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    for directive in ["base-uri", "form-action", "frame-ancestors"] {
        assert!(policy.contains(&format!("{directive} 'none'")), "{policy}");
    }
    for (name, _) in ::web::ASSETS {
        let answer = anyone.get(&format!("/web/{name}")).await;
        let script = name.ends_with(".js");
        let content_type = if script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{name}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{name}");
    }
    for file in ["nothing.js", "index.html", "..%2Fopenapi.json"] {
        anyone.get(&format!("/web/{file}")).await.problem(404, "not-found");
    }
}

/// Clients that do not decompress, such as curl without `--compressed`, get it uncompressed.
#[tokio::test]
async fn a_script_is_compressed_only_for_those_who_accept_gzip() {
    let anyone = Clinic::shared().await.anonymous();
    for (name, gzip) in ::web::ASSETS {
        let path = format!("/web/{name}");
        for accept in ["gzip, deflate, br", "*", "identity;q=0.5, gzip;q=0.8"] {
            let answer = anyone.send("GET", &path, None, &[("accept-encoding", accept)]).await;
            assert_eq!(answer.header("content-encoding"), "gzip", "{name} for {accept}");
            assert_eq!(answer.header("vary"), "Accept-Encoding", "{name} for {accept}");
        }
        // The last four bytes of a gzip file are the uncompressed size (RFC 1952).
        let size = u32::from_le_bytes(*gzip.last_chunk().unwrap()) as usize;
        let none: &[_] = &[];
        for headers in [none, &[("accept-encoding", "identity")], &[("accept-encoding", "gzip;q=0, *;q=1")]] {
            let answer = anyone.send("GET", &path, None, headers).await;
            assert_eq!((answer.status, answer.header("content-encoding")), (200, ""), "{name} for {headers:?}");
            assert_eq!(answer.header("vary"), "Accept-Encoding", "{name} for {headers:?}");
            assert_eq!(answer.body.len(), size, "{name} for {headers:?}");
        }
    }
}

/// All of it, in both languages and for every kind of account, is less than what one of them may load first.
#[test]
fn the_app_weighs_less_than_100_kilobytes() {
    let bytes: usize = ::web::ASSETS.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 100_000, "the app's assets are {bytes} bytes in gzip");
}
