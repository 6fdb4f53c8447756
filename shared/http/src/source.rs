use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the source of an address: the IPv4 address, or the IPv6 network (`/64`), because one client usually controls
/// a whole network.
///
/// An IPv4 address inside an IPv6 address counts as the IPv4 address. Otherwise all clients behind a translator would
/// be one source.
pub fn source_of_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.segments() {
            // The prefix of NAT64 (RFC 6052), and that of IPv4-translated addresses (RFC 2765).
            [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => {
                Ipv4Addr::from_bits(address.to_bits() as u32).to_string()
            }
            // NAT64 with a local prefix (RFC 8215): each address stands for one IPv4 address, so the whole address is
            // the source.
            [0x64, 0xff9b, 1, ..] => address.to_string(),
            _ => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_ipv4_address_or_ipv6_network() {
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
            assert_eq!(source_of_address(address.parse().unwrap()), source, "{address}");
        }
    }
}
