//! The source address of a request: of the connection, or of the header of a trusted proxy.

use crate::support::{Serve, json};

/// Sends wrong passwords for one email. Returns the statuses.
async fn guess(serve: &Serve, forwarded_for: &[&str]) -> Vec<u16> {
    let anyone = serve.clinic().anonymous();
    let body = json!({ "email": "ada@example.org", "password": "a wrong guess" }).to_string();
    let mut statuses = Vec::new();
    for address in forwarded_for {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", *address)];
        statuses.push(anyone.send("POST", "/login", Some(&body), &headers).await.status);
    }
    statuses
}

const TWO: (&str, &str) = ("LOGINS_PER_EMAIL_AND_SOURCE", "2");

#[tokio::test]
async fn ignores_x_forwarded_for_of_clients() {
    let serve = Serve::with(&[TWO]);
    assert_eq!(guess(&serve, &["192.0.2.1", "192.0.2.2", "192.0.2.3"]).await, [401, 401, 429]);
    // The connection comes from 127.0.0.1, which is not in this network.
    let serve = Serve::with(&[TWO, ("TRUSTED_PROXIES", "10.0.0.0/8")]);
    assert_eq!(guess(&serve, &["192.0.2.1", "192.0.2.2", "192.0.2.3"]).await, [401, 401, 429]);
}

#[tokio::test]
async fn reads_x_forwarded_for_of_trusted_proxies() {
    let serve = Serve::with(&[TWO, ("TRUSTED_PROXIES", "127.0.0.1, ::1, 10.0.0.0/8")]);
    // The first address is what the client claims, and the last one is another proxy.
    let guesses = ["192.0.2.1", "198.51.100.1, 192.0.2.1", "198.51.100.2, 192.0.2.1, 10.0.0.1", "192.0.2.2"];
    assert_eq!(guess(&serve, &guesses).await, [401, 401, 429, 401]);
    // Addresses of one IPv6 network are one source.
    let guesses = ["2001:db8::1", "2001:db8::2", "[2001:db8::3]:4711", "2001:db8:0:1::1"];
    assert_eq!(guess(&serve, &guesses).await, [401, 401, 429, 401]);
}
