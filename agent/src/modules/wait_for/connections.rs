//! The kernel's table of TCP connections.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kernel's number of a connection state.
pub fn state_id(name: &str) -> Option<u8> {
    Some(match name {
        "ESTABLISHED" => 1,
        "SYN_SENT" => 2,
        "SYN_RECV" => 3,
        "FIN_WAIT1" => 4,
        "FIN_WAIT2" => 5,
        "TIME_WAIT" => 6,
        _ => return None,
    })
}

/// The connections that are counted.
pub struct Counted {
    /// The local addresses; an unspecified one stands for all of its family.
    pub hosts: Vec<IpAddr>,
    /// Remote addresses that are not counted.
    pub excluded: Vec<IpAddr>,
    /// The local port.
    pub port: u16,
    /// The states.
    pub states: Vec<u8>,
}

impl Counted {
    /// How many there are now.
    pub fn now(&self) -> usize {
        ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .map(|table| {
                let text = fs::read_to_string(table).unwrap_or_default();
                text.lines().skip(1).filter(|line| self.counts(line).unwrap_or(false)).count()
            })
            .sum()
    }

    fn counts(&self, line: &str) -> Option<bool> {
        let mut fields = line.split_whitespace().skip(1);
        let (local, port) = endpoint(fields.next()?)?;
        let (remote, _) = endpoint(fields.next()?)?;
        let state = u8::from_str_radix(fields.next()?, 16).ok()?;
        if port != self.port || !self.states.contains(&state) || has(&self.excluded, remote) {
            return Some(false);
        }
        let every = match local {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let mapped = matches!(local, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        Some(
            has(&self.hosts, local)
                || self.hosts.contains(&every)
                || (mapped && self.hosts.contains(&IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
        )
    }
}

/// Whether an address is among `hosts`, also when IPv6 carries it.
fn has(hosts: &[IpAddr], address: IpAddr) -> bool {
    hosts.iter().any(|host| *host == address || host.to_canonical() == address.to_canonical())
}

/// An address and port as the table writes them: words in the machine's order of bytes.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |index: usize| {
        let digits = address.get(index * 8..index * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let address = if address.len() == 8 {
        IpAddr::from(word(0)?)
    } else {
        let mut bytes = [0; 16];
        for (chunk, index) in bytes.chunks_mut(4).zip(0..) {
            chunk.copy_from_slice(&word(index)?);
        }
        IpAddr::from(bytes)
    };
    Some((address, port))
}
