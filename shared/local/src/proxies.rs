use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The reverse proxies whose header `X-Forwarded-For` is trusted (`TRUSTED_PROXIES`).
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses addresses and networks that are separated by commas. An empty text means that no proxy is trusted.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| match part.parse::<IpAddr>() {
            Ok(address) => Some(address.to_canonical().into()),
            Err(_) => part.parse().ok(),
        };
        parts.map(network).collect::<Option<_>>().map(Self).ok_or_else(|| {
            "TRUSTED_PROXIES must be addresses or networks, separated by commas, like 127.0.0.1,10.0.0.0/8".into()
        })
    }

    /// Returns the address of the client. `peer` is the other end of the connection.
    ///
    /// Each proxy appends the address from which it received the request. So the last address that is not of a trusted
    /// proxy is the client's, and the client can have sent everything before it. A text that is not an address ends the
    /// search: the client is then the last address that was read.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        let addresses = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(address);
        for address in addresses {
            match address {
                Some(address) if self.contains(client) => client = address,
                _ => break,
            }
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses an address, which may be in brackets and have a port, as some proxies write it.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(in_brackets).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let lines = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_str(line).unwrap()));
        let proxies = TrustedProxies::parse(trusted).unwrap();
        proxies.client(peer.parse().unwrap(), &lines.collect()).to_string()
    }

    #[test]
    fn client_is_last_address_that_is_not_of_a_trusted_proxy() {
        let trusted = "127.0.0.1, ::1,10.0.0.0/8, 2001:db8:1::/48";
        for (peer, lines, expected) in [
            // Without a trusted proxy, the header is the client's own.
            ("192.0.2.9", &["192.0.2.1"][..], "192.0.2.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            ("::1", &["192.0.2.1"], "192.0.2.1"),
            ("::ffff:127.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
            ("2001:db8:1::5", &["2001:db8:2::5"], "2001:db8:2::5"),
            ("127.0.0.1", &["198.51.100.7, 192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7, 192.0.2.1 ,10.1.2.3"], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7", "192.0.2.1", "10.1.2.3"], "192.0.2.1"),
            ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            ("127.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
            ("127.0.0.1", &["[2001:db8:2::5]:4711"], "2001:db8:2::5"),
            ("127.0.0.1", &["[2001:db8:2::5]"], "2001:db8:2::5"),
            ("127.0.0.1", &["192.0.2.1, unknown, 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &["192.0.2.1, "], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.1, \u{e9}"], "127.0.0.1"),
        ] {
            assert_eq!(client(trusted, peer, lines), expected, "{peer} {lines:?}");
        }
        assert_eq!(client("", "127.0.0.1", &["192.0.2.1"]), "127.0.0.1");
    }

    #[test]
    fn rejects_what_is_no_address_or_network() {
        for text in ["localhost", "10.0.0.0/33", "10.0.0", "127.0.0.1 ::1", "127.0.0.1:80"] {
            assert!(TrustedProxies::parse(text).unwrap_err().starts_with("TRUSTED_PROXIES must be"), "{text}");
        }
    }
}
