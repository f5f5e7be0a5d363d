//! An address within its network, as the Python library netaddr sees one.

use super::val::Val;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address and the prefix of the network it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) ip: u128,
    pub(crate) prefix: u8,
    v6: bool,
}

impl Network {
    /// Reads an address, an address with a prefix or a netmask behind a slash, or a number that is an address.
    pub(crate) fn parse(text: &str, prefer_v6: bool) -> Option<Network> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let (ip, v6) = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(a)) => (u128::from(u32::from(a)), false),
            Ok(IpAddr::V6(a)) => (u128::from(a), true),
            Err(_) => {
                let number: u128 = address.parse().ok()?;
                (number, prefer_v6 || number > u128::from(u32::MAX))
            }
        };
        let width = if v6 { 128 } else { 32 };
        let prefix = match prefix {
            None => width,
            Some(p) => match p.parse::<u8>() {
                Ok(n) => n,
                Err(_) => mask_length(p, v6)?,
            },
        };
        (prefix <= width).then_some(Network { ip, prefix, v6 })
    }

    pub(crate) fn version(&self) -> i128 {
        if self.v6 { 6 } else { 4 }
    }

    /// Bits of an address.
    pub(crate) fn width(&self) -> u8 {
        if self.v6 { 128 } else { 32 }
    }

    /// Bits left for hosts.
    pub(crate) fn bits(&self) -> u8 {
        self.width() - self.prefix
    }

    /// Whether it is one address alone.
    pub(crate) fn single(&self) -> bool {
        self.bits() == 0
    }

    pub(crate) fn has_broadcast(&self) -> bool {
        !self.v6 && self.bits() > 1
    }

    pub(crate) fn hostmask(&self) -> u128 {
        1u128.checked_shl(self.bits().into()).map_or(u128::MAX, |n| n - 1)
    }

    pub(crate) fn netmask(&self) -> u128 {
        let all = if self.v6 { u128::MAX } else { u32::MAX.into() };
        all & !self.hostmask()
    }

    pub(crate) fn first(&self) -> u128 {
        self.ip & self.netmask()
    }

    pub(crate) fn last(&self) -> u128 {
        self.first() | self.hostmask()
    }

    /// The first and last address for hosts.
    pub(crate) fn usable(&self) -> (u128, u128) {
        if self.bits() <= 1 { (self.first(), self.last()) } else { (self.first() + 1, self.last() - 1) }
    }

    /// The address at an index, negative ones from the end.
    pub(crate) fn nth(&self, index: i128) -> Option<u128> {
        let distance = index.unsigned_abs();
        let at = if index < 0 { self.hostmask().checked_sub(distance - 1)? } else { distance };
        (at <= self.hostmask()).then(|| self.first() + at)
    }

    /// The network of this prefix that the address is in.
    pub(crate) fn widened(&self, prefix: u8) -> Network {
        let wide = Network { prefix, ..*self };
        Network { ip: wide.first(), ..wide }
    }

    pub(crate) fn contains(&self, other: &Network) -> bool {
        self.v6 == other.v6 && self.prefix <= other.prefix && other.ip & self.netmask() == self.first()
    }

    /// An address of this version in its usual form.
    pub(crate) fn shown(&self, ip: u128) -> String {
        if self.v6 {
            Ipv6Addr::from(ip).to_string()
        } else {
            Ipv4Addr::from(u32::try_from(ip).unwrap_or(u32::MAX)).to_string()
        }
    }

    pub(crate) fn address(&self) -> String {
        self.shown(self.ip)
    }

    /// Address and prefix.
    pub(crate) fn show(&self) -> String {
        format!("{}/{}", self.address(), self.prefix)
    }

    pub(crate) fn number(&self) -> String {
        self.ip.to_string()
    }

    /// How many addresses, less some.
    pub(crate) fn size(&self, less: u8) -> Val {
        let size = self.hostmask().checked_add(1).and_then(|n| i128::try_from(n).ok());
        size.map_or_else(|| Val::Float(2f64.powi(self.bits().into())), |n| Val::Int(n - i128::from(less)))
    }

    fn within(&self, networks: &[&str]) -> bool {
        let alone = Network { prefix: self.width(), ..*self };
        networks.iter().any(|n| Network::parse(n, false).is_some_and(|n| n.contains(&alone)))
    }

    pub(crate) fn loopback(&self) -> bool {
        self.within(&["127.0.0.0/8", "::1/128"])
    }

    pub(crate) fn link_local(&self) -> bool {
        self.within(&["169.254.0.0/16", "fe80::/10"])
    }

    pub(crate) fn multicast(&self) -> bool {
        self.within(&["224.0.0.0/4", "ff00::/8"])
    }

    /// Whether it may be routed everywhere, by IANA's registries of special addresses.
    pub(crate) fn global(&self) -> bool {
        let special = [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "::1/128",
            "::/128",
            "::ffff:0:0/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/10",
        ];
        let allowed = [
            "192.0.0.9/32",
            "192.0.0.10/32",
            "2001:1::1/128",
            "2001:1::2/128",
            "2001:3::/32",
            "2001:4:112::/48",
            "2001:20::/28",
            "2001:30::/28",
        ];
        !self.within(&special) || self.within(&allowed)
    }

    /// Whether the address would do as a netmask or a hostmask.
    pub(crate) fn looks_like_mask(&self) -> bool {
        let all = if self.v6 { u128::MAX } else { u32::MAX.into() };
        let low_ones = |n: u128| n & n.wrapping_add(1) == 0;
        low_ones(self.ip) || low_ones(all & !self.ip)
    }

    /// The name of its reverse DNS record.
    pub(crate) fn reverse(&self) -> String {
        if self.v6 {
            let digits: Vec<char> = format!("{:032x}", self.ip).chars().rev().collect();
            let shown: Vec<String> = digits.iter().map(char::to_string).collect();
            return format!("{}.ip6.arpa.", shown.join("."));
        }
        let address = self.address();
        let parts: Vec<&str> = address.split('.').rev().collect();
        format!("{}.in-addr.arpa.", parts.join("."))
    }
}

/// The prefix that a netmask stands for.
fn mask_length(text: &str, v6: bool) -> Option<u8> {
    let mask = match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(a) if !v6 => u128::from(u32::from(a)) << 96,
        IpAddr::V6(a) if v6 => u128::from(a),
        _ => return None,
    };
    let ones = mask.leading_ones();
    (mask.checked_shl(ones).unwrap_or(0) == 0).then(|| u8::try_from(ones).unwrap_or(128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_counted() {
        let n = Network::parse("192.168.24.7/255.255.255.0", false).unwrap();
        assert_eq!(
            (n.prefix, n.shown(n.first()), n.shown(n.last())),
            (24, "192.168.24.0".into(), "192.168.24.255".into())
        );
        assert_eq!(n.nth(-1).map(|i| n.shown(i)), Some("192.168.24.255".into()));
        assert_eq!(n.nth(256), None);
        assert_eq!(Network::parse("1.2.3.4/33", false), None);
        assert_eq!(Network::parse("1.2.3.4/255.0.255.0", false), None);
        assert_eq!(Network::parse("::/0", false).unwrap().hostmask(), u128::MAX);
    }
}
