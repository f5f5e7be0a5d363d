//! MAC addresses that a rerun finds again.

/// The address of a node's interface on a network: the same for the same lab, node and network, whatever else the
/// lab holds.
///
/// The first octet is 00 as in a real card's address (the locally administered bit is clear): bridges take the lowest
/// address of their ports, and a guest's must not look like one that libvirt made up. The others are a hash.
#[must_use]
pub fn address(lab: &str, node: &str, network: &str) -> String {
    let mut hash = blake3::Hasher::new();
    for part in ["warp mac", lab, node, network] {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut octets = [0u8; 5];
    hash.finalize_xof().fill(&mut octets);
    let mut text = String::from("00");
    for octet in octets {
        text.push_str(&format!(":{octet:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_stable_and_differ_by_lab_node_and_network() {
        let one = address("0123456789abcdef", "undercloud", "external");
        assert_eq!(one, address("0123456789abcdef", "undercloud", "external"));
        assert!(one.starts_with("00:"));
        assert_eq!(one.len(), 17);
        for other in [
            address("0123456789abcdee", "undercloud", "external"),
            address("0123456789abcdef", "control_0", "external"),
            address("0123456789abcdef", "undercloud", "overcloud"),
            address("0123456789abcdef", "undercloudexternal", ""),
        ] {
            assert_ne!(one, other);
        }
    }
}
