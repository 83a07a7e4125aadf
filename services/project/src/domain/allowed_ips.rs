//! The list of addresses and networks a key may be used from.

use std::{fmt, net::IpAddr};

use ipnetwork::{IpNetwork, Ipv4Network};
use serde::{Serialize, Serializer};

/// The longest list, in entries.
pub const MOST: usize = 1_000;
/// How many bits of an IPv4-mapped IPv6 address come before the IPv4 address.
const MAPPED_BITS: u8 = 96;

/// One address or network. Written as it came: a bare address without its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedIp(pub IpNetwork);

impl AllowedIp {
    /// Reads an address or CIDR notation, v4 or v6. Host bits are cleared, an IPv4-mapped IPv6
    /// address is its IPv4 address: that is how a client's address is compared.
    pub fn parse(text: &str) -> Option<Self> {
        let network = match text.trim().split_once('/') {
            None => IpNetwork::from(text.trim().parse::<IpAddr>().ok()?),
            Some((address, length)) => {
                let digits = length.bytes().all(|byte| byte.is_ascii_digit());
                let length = length.parse().ok().filter(|_| digits)?;
                IpNetwork::new(address.parse().ok()?, length).ok()?
            }
        };
        let network = unmapped(network);
        IpNetwork::new(network.network(), network.prefix())
            .ok()
            .map(Self)
    }

    /// In CIDR notation always.
    pub fn cidr(&self) -> String {
        self.0.to_string()
    }

    fn is_one_address(&self) -> bool {
        self.0.prefix() == if self.0.is_ipv4() { 32 } else { 128 }
    }
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn unmapped(network: IpNetwork) -> IpNetwork {
    let IpNetwork::V6(v6) = network else {
        return network;
    };
    v6.ip()
        .to_ipv4_mapped()
        .zip(v6.prefix().checked_sub(MAPPED_BITS))
        .and_then(|(address, length)| Ipv4Network::new(address, length).ok())
        .map_or(network, IpNetwork::V4)
}

impl fmt::Display for AllowedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one_address() {
            self.0.ip().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

impl Serialize for AllowedIp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a whole list, each entry once; `None` when any is neither address nor network.
pub fn parse_all(list: &[String]) -> Option<Vec<AllowedIp>> {
    let mut allowed = Vec::with_capacity(list.len());
    for entry in list {
        let entry = AllowedIp::parse(entry)?;
        if !allowed.contains(&entry) {
            allowed.push(entry);
        }
    }
    Some(allowed)
}

/// For `#[garde(custom(...))]`.
///
/// # Errors
/// A sentence for the field.
pub fn check<C>(list: &[String], _: &C) -> garde::Result {
    if list.len() > MOST {
        return Err(garde::Error::new(format!(
            "must have at most {MOST} entries"
        )));
    }
    match list.iter().find(|entry| AllowedIp::parse(entry).is_none()) {
        Some(_) => Err(garde::Error::new(
            "must hold only addresses (203.0.113.7) and networks (10.0.0.0/8, 2001:db8::/32)",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_and_networks_are_read_and_nothing_else() {
        for (text, written, cidr) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.7/32"),
            (" 203.0.113.7/32 ", "203.0.113.7", "203.0.113.7/32"),
            ("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8::1", "2001:db8::1", "2001:db8::1/128"),
            ("2001:db8::/32", "2001:db8::/32", "2001:db8::/32"),
            ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8", "10.0.0.0/8"),
        ] {
            let allowed = AllowedIp::parse(text).unwrap();
            assert_eq!(
                (allowed.to_string().as_str(), allowed.cidr().as_str()),
                (written, cidr)
            );
        }
        for text in [
            "",
            "x",
            "10",
            "10/8",
            "1.2.3",
            "1.2.3.256",
            "1.2.3.4/33",
            "1.2.3.4/",
            "1.2.3.4/-1",
            "1.2.3.4/+8",
            "1.2.3.4/255.0.0.0",
            "1.2.3.4/8/8",
            "2001:db8::/129",
            "fe80::1%eth0",
            "example.com",
            "1.2.3.4,5.6.7.8",
        ] {
            assert_eq!(AllowedIp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_names_each_entry_once() {
        let list = |entries: &[&str]| {
            parse_all(&entries.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(list(&["1.2.3.4", "1.2.3.4/32"]).unwrap().len(), 1);
        assert_eq!(list(&["1.2.3.4", "nonsense"]), None);
        assert!(list(&[]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            v4 in any::<u32>(), v4_length in 0..=32_u8, v6 in any::<u128>(), v6_length in 0..=128_u8,
        ) {
            let v4 = format!("{}/{v4_length}", Ipv4Addr::from(v4));
            let v6 = format!("{}/{v6_length}", Ipv6Addr::from(v6));
            for text in [v4, v6] {
                let allowed = AllowedIp::parse(&text).unwrap();
                prop_assert_eq!(AllowedIp::parse(&allowed.to_string()), Some(allowed));
                prop_assert_eq!(AllowedIp::parse(&allowed.cidr()), Some(allowed));
            }
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = AllowedIp::parse(&text);
        }
    }
}
