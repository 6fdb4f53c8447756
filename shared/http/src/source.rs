use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use lambda_http::{RequestExt, request::RequestContext};

/// The source that the gateway saw the request come from.
pub(crate) fn source(request: &Request) -> Option<String> {
    let address = match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?,
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref()?,
        _ => return None,
    };
    Some(address.parse().map_or_else(|_| address.to_owned(), of))
}

/// The source that an address belongs to: an IPv4 address, or of IPv6 the network, since whoever has one has
/// all the addresses in it.
///
/// An IPv4 address that is written as an IPv6 address is still that one: where something on the way translates,
/// all of IPv4 is in one such network.
fn of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.segments() {
            // The prefix of NAT64 (RFC 6052), and that of IPv4-translated addresses (RFC 2765).
            [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => {
                Ipv4Addr::from_bits(address.to_bits() as u32).to_string()
            }
            // NAT64 with a prefix of the network's own (RFC 8215): an address of each IPv4 address.
            [0x64, 0xff9b, 1, ..] => address.to_string(),
            _ => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_as_its_network_and_ipv4_as_itself() {
        for (address, source) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "192.0.2.1"),
            ("::ffff:0:192.0.2.1", "192.0.2.1"),
            ("64:ff9b:1::192.0.2.1", "64:ff9b:1::c000:201"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::ffff:192.0.2.1", "2001:db8:1:2::/64"),
            ("64:ff9b:2::1", "64:ff9b:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(of(address.parse().unwrap()), source, "{address}");
        }
    }
}
