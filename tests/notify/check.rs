//! The check of a schedule, by the built function.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use lambda::{Instance, Program};

use crate::support::{Value, built, json, settings, temporary};

/// Runs the function with an event of a schedule. Returns its response, and its log.
fn run(public_url: &str, event: &str) -> (std::io::Result<Vec<u8>>, String) {
    let (log, database, keys) = (temporary("log"), temporary("clinic.db"), settings().keys.public_keys);
    let variables = [
        ("DATABASE_URL", database.to_str().unwrap()),
        ("PUBLIC_KEYS", keys.to_str().unwrap()),
        ("PUBLIC_URL", public_url),
        ("STACK", "clinic-of-ada"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let program = Program { command: vec![built("notify").to_str().unwrap().to_owned()], variables };
    let mut function = Instance::with_log(&program, File::create(&log).unwrap().into()).unwrap();
    let answer = function.invoke(event.as_bytes()).map(|(answer, _)| answer);
    (answer, fs::read_to_string(log).unwrap())
}

/// Runs a check of a clinic at this URL. Returns its log line.
fn check(public_url: &str) -> Value {
    let (answer, log) = run(public_url, r#"{"schedule":"check"}"#);
    assert_eq!(answer.unwrap(), b"null");
    let [line] = &log.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {log}") };
    assert!(!line.contains("127.0.0.1"), "{line}");
    let line: Value = serde_json::from_str(line).unwrap();
    let metric = json!([{
        "Namespace": "Rounds", "Dimensions": [["stack"]], "Metrics": [{ "Name": "Ready", "Unit": "Count" }],
    }]);
    assert_eq!(line["_aws"]["CloudWatchMetrics"], metric);
    assert_eq!((&line["stack"], &line["function"]), (&json!("clinic-of-ada"), &json!("function")));
    line
}

/// Starts a server that answers one request with this status. Returns its URL, and the server, which returns the head of
/// the request.
fn clinic(status: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = client.read(&mut request).unwrap();
        write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (url, server)
}

#[test]
fn ready_clinic_is_one() {
    let (url, server) = clinic("200 OK");
    let line = check(&format!("{url}/"));
    assert_eq!((&line["Ready"], &line["reason"]), (&json!(1), &Value::Null), "{line}");
    assert!(server.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));
}

#[test]
fn clinic_that_is_not_ready_is_zero() {
    let (url, server) = clinic("503 Service Unavailable");
    let line = check(&url);
    assert_eq!((&line["Ready"], &line["reason"]), (&json!(0), &json!("status 503 Service Unavailable")), "{line}");
    server.join().unwrap();

    // Nobody listens at port 1.
    let line = check("http://127.0.0.1:1");
    assert_eq!((&line["Ready"], &line["reason"]), (&json!(0), &json!("no connection: connection refused")), "{line}");
}

#[test]
fn certificate_of_the_clinic_must_be_trusted() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut connection = tokio_rustls::rustls::ServerConnection::new(config.into()).unwrap();
        // The client does not complete the handshake.
        connection.complete_io(&mut client).unwrap_err();
    });
    let line = check(&url);
    assert_eq!(
        (&line["Ready"], &line["reason"]),
        (&json!(0), &json!("no connection: the certificate is not valid")),
        "{line}"
    );
    server.join().unwrap();
}

#[test]
fn unknown_schedule_is_an_error() {
    for event in [r#"{"schedule":"sweep"}"#, r#"{"schedule":null}"#] {
        let error = run("http://127.0.0.1:1", event).0.unwrap_err().to_string();
        assert!(error.contains("the schedule of an event must be send or check"), "{error}");
    }
}
