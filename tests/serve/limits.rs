//! Limits of the size of a request, requests at the same time, and clients that disconnect.

use futures_util::future::join_all;

use super::{Connection, request};
use crate::support::{Actor, Clinic, PASSWORD, Serve, Value, json};

/// Sends a request on a connection of its own. Returns the whole response.
fn send(url: &str, request: &str) -> String {
    let mut connection = Connection::open(url);
    connection.write(request);
    connection.read_all()
}

#[track_caller]
fn is_problem(response: &str, status: u16, kind: &str) {
    assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/problem+json") && head.contains("connection: close"), "{head}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["type"], format!("/problems/{kind}"));
    assert_eq!(problem["request_id"].as_str().unwrap().len(), 32, "{problem}");
}

#[test]
fn limits_headers_to_16_kib() {
    let serve = Serve::start();
    let headers = |bytes: usize| format!("Connection: close\r\nX: {}\r\n", "x".repeat(bytes));
    let response = send(&serve.url, &request("GET", "/doctors", &headers(15 * 1024), ""));
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    is_problem(&send(&serve.url, &request("GET", "/doctors", &headers(16 * 1024), "")), 431, "headers-too-large");
    assert!(serve.log().contains("\"status\":431"), "{}", serve.log());
    // The buffer of the server ends here. It closes the connection.
    let mut connection = Connection::open(&serve.url);
    connection.write(&format!("GET /doctors HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024)));
    assert!(connection.read_until("\r\n").starts_with("HTTP/1.1 431 "));
}

#[test]
fn limits_body_to_64_kib() {
    let serve = Serve::start();
    let spaces = |bytes: usize| request("POST", "/login", "Connection: close\r\n", &" ".repeat(bytes));
    assert!(send(&serve.url, &spaces(64 * 1024)).starts_with("HTTP/1.1 400 "));
    is_problem(&send(&serve.url, &spaces(64 * 1024 + 1)), 413, "content-too-large");
    // The server reads the whole body. Otherwise the client, which is still sending, would not get the response.
    is_problem(&send(&serve.url, &spaces(8 << 20)), 413, "content-too-large");
    let chunks = "1000\r\n".to_owned() + &" ".repeat(0x1000) + "\r\n";
    let chunked = "POST /login HTTP/1.1\r\nHost: clinic\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    is_problem(&send(&serve.url, &(chunked + &chunks.repeat(100) + "0\r\n\r\n")), 413, "content-too-large");
}

#[test]
fn answers_unusual_requests_with_problems() {
    let serve = Serve::start();
    for (line, status) in [
        ("GET http://clinic/doctors", 200),
        ("OPTIONS *", 404),
        ("CONNECT clinic:80", 404),
        ("BREW /doctors", 405),
        ("GET //doctors", 404),
    ] {
        let response = send(&serve.url, &format!("{line} HTTP/1.1\r\nHost: clinic\r\nConnection: close\r\n\r\n"));
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {response}");
    }
    assert!(send(&serve.url, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert!(send(&serve.url, "GET /doctors HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200 "));
}

#[tokio::test]
async fn serves_many_requests_at_once_while_passwords_are_compared() {
    let serve = Serve::start();
    let clinic = &serve.clinic();
    let admin = clinic.admin().await;
    let mut patients = Vec::new();
    for _ in 0..8 {
        patients.push(clinic.patient().await);
    }
    let sign_in = |patient: &Actor| {
        let body = json!({ "email": patient.email, "password": PASSWORD });
        async move { clinic.anonymous().post("/login", body).await }
    };
    let sign_ins = join_all(patients.iter().chain(&patients).map(sign_in));
    let reads = join_all((0..64).map(|_| admin.get("/me")));
    let (sign_ins, reads) = tokio::join!(sign_ins, reads);
    assert!(sign_ins.iter().all(|answer| answer.status == 200), "{sign_ins:?}");
    assert!(reads.iter().all(|answer| answer.status == 200), "{reads:?}");
}

#[tokio::test]
async fn completes_change_of_client_that_disconnects() {
    let serve = Serve::start();
    let admin = Clinic::over_http(&serve.url).admin().await;
    let account = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    let mut connection = Connection::open(&serve.url);
    // The server asks for the body once it handles the request.
    connection.write(&request("POST", "/register", "Expect: 100-continue\r\n", &account.to_string()));
    connection.read_until("100 Continue\r\n\r\n");
    connection.close();
    while !serve.log().contains("\"route\":\"POST /register\"") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(admin.get("/accounts?q=ada@example.org").await.expect(200).as_array().unwrap().len(), 1);
}
