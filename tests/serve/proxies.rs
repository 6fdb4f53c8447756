//! The source address of a request: of the connection, or of the header of a trusted proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use rounds_local::TrustedProxies;

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

/// Addresses that are not of a trusted proxy, and those that are.
fn addresses() -> (impl Strategy<Value = IpAddr>, impl Strategy<Value = IpAddr>) {
    let outside = prop_oneof![
        (0x0B00_0000_u32..0x7F00_0000).prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
        any::<u64>().prop_map(|bits| Ipv6Addr::from_bits((0x2001_0DB8 << 96) | u128::from(bits)).into()),
    ];
    let mapped = |bits| Ipv4Addr::from_bits(0x0A00_0000 | bits).to_ipv6_mapped().into();
    let trusted = prop_oneof![
        (0_u32..1 << 24).prop_map(|bits| Ipv4Addr::from_bits(0x0A00_0000 | bits).into()),
        (0_u32..1 << 24).prop_map(mapped),
        any::<u64>().prop_map(|bits| Ipv6Addr::from_bits((0xFD00 << 112) | u128::from(bits)).into()),
    ];
    (outside, trusted)
}

proptest! {
    /// Whatever a client sends in the header, behind any number of trusted proxies and however these divide the header
    /// into lines.
    #[test]
    fn client_cannot_change_its_address(
        sent in "[ -~]{0,60}",
        client in addresses().0,
        chain in prop::collection::vec((addresses().1, any::<bool>()), 1..5),
    ) {
        let proxies = TrustedProxies::parse("10.0.0.0/8,fd00::/16").unwrap();
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_str(&sent).unwrap());
        // Without a proxy, the header has no effect.
        prop_assert_eq!(proxies.client(client, &headers), client);
        // Each proxy appends the address from which it has the request, in the last line or in one of its own.
        let mut peer = client;
        for (proxy, own_line) in chain {
            let last = headers.get_all("x-forwarded-for").iter().next_back().cloned().unwrap();
            let last = last.to_str().unwrap();
            if own_line {
                headers.append("x-forwarded-for", peer.to_string().parse().unwrap());
            } else {
                let mut lines: Vec<_> = headers.get_all("x-forwarded-for").iter().cloned().collect();
                *lines.last_mut().unwrap() = format!("{last}, {peer}").parse().unwrap();
                headers = lines.into_iter().map(|line| ("x-forwarded-for".parse().unwrap(), line)).collect();
            }
            peer = proxy;
        }
        prop_assert_eq!(proxies.client(peer, &headers), client);
    }
}
