//! The stop of `rounds serve`.

use std::net::TcpStream;

use super::{Connection, request};
use crate::support::Serve;

/// Starts a request whose body is missing, once the server handles it.
fn half_a_request(serve: &Serve) -> Connection {
    let mut connection = Connection::open(&serve.url);
    let whole = request("POST", "/login", "Expect: 100-continue\r\n", "{}");
    connection.write(whole.strip_suffix("{}").unwrap());
    connection.read_until("100 Continue\r\n\r\n");
    connection
}

#[test]
fn stop_answers_requests_in_flight() {
    let mut serve = Serve::start();
    let mut connection = half_a_request(&serve);
    // This connection is idle. It does not delay the stop.
    let mut idle = Connection::open(&serve.url);
    idle.write(&request("GET", "/healthz", "", ""));
    idle.read_until("ok\n");
    serve.terminate();
    let address = serve.url.strip_prefix("http://").unwrap().to_owned();
    while TcpStream::connect(&address).is_ok() {}
    assert!(serve.log().contains("rounds: stopping; requests in flight: 1"), "{}", serve.log());
    connection.write("{}");
    let response = connection.read_all();
    assert!(response.starts_with("HTTP/1.1 422 "), "{response}");
    assert_eq!(idle.read_all(), "");
    let (status, output) = serve.wait();
    assert!(status.success() && output.ends_with("rounds: stopped\n"), "{output}");
}

#[test]
fn second_signal_stops_at_once() {
    let mut serve = Serve::start();
    let _connection = half_a_request(&serve);
    serve.terminate();
    while !serve.log().contains("rounds: stopping") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    serve.terminate();
    let (status, output) = serve.wait();
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("rounds: stopped before all requests were answered; their number: 1"), "{output}");
}
