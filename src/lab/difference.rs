//! What a description asks for and libvirt has otherwise.

use super::xml::Element;
use std::collections::BTreeMap;

/// What libvirt adds to every network by itself: absent from a description, it is no difference.
const ADDED_TO_NETWORKS: [&str; 8] = [
    "/uuid",
    "/mac/@address",
    "/metadata",
    "/bridge/@stp",
    "/bridge/@delay",
    "/forward/nat/port/@start",
    "/forward/nat/port/@end",
    "/@connections",
];

/// The differences between a network as wanted and as it is, one a line: `ip/@address is 192.168.23.1, wanted
/// 192.168.24.1`.
#[must_use]
pub fn of_networks(wanted: &Element, actual: &Element) -> Vec<String> {
    let (wanted, actual) = (flat(wanted), flat(actual));
    let mut lines = Vec::new();
    for (path, value) in &wanted {
        let name = path.trim_start_matches('/');
        match actual.get(path) {
            Some(is) if is == value => {}
            _ if path.starts_with("/metadata") => {}
            Some(is) => lines.push(format!("{name} is {is}, wanted {value}")),
            None => lines.push(format!("{name} is absent, wanted {value}")),
        }
    }
    for (path, is) in &actual {
        let added = ADDED_TO_NETWORKS.iter().any(|known| path.starts_with(known));
        if !added && !wanted.contains_key(path) {
            lines.push(format!("{} is {is}, wanted absent", path.trim_start_matches('/')));
        }
    }
    lines
}

/// Whether a domain as wanted says anything that the domain as it is does not. libvirt completes a description with
/// addresses, controllers and defaults, so what only the domain has is no difference.
#[must_use]
pub fn in_domain(wanted: &Element, actual: &Element) -> bool {
    let actual = flat(actual);
    flat(wanted).iter().any(|(path, value)| match actual.get(path) {
        Some(is) if path == "/os/type/@machine" => is != value && !is_newest(value, is),
        is => is != Some(value),
    })
}

/// Whether a machine type is what libvirt makes of a short one: `pc` becomes `pc-i440fx-7.2`, `q35` `pc-q35-7.2`.
fn is_newest(short: &str, long: &str) -> bool {
    let family = if short == "pc" { "pc-i440fx-" } else { &format!("pc-{short}-") };
    long.starts_with(family)
}

/// Every attribute and text by its path; a repeated element is numbered from its second on.
fn flat(root: &Element) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    flatten(root, "", &mut out);
    out
}

fn flatten(element: &Element, path: &str, out: &mut BTreeMap<String, String>) {
    if let Some(bytes) = memory(element) {
        out.insert(format!("{path}/text"), bytes.to_string());
        return;
    }
    for (name, value) in &element.attributes {
        out.insert(format!("{path}/@{name}"), value.clone());
    }
    if !element.text.is_empty() {
        out.insert(if path.is_empty() { "/text".to_owned() } else { path.to_owned() }, element.text.clone());
    }
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for child in &element.children {
        let count = seen.entry(&child.name).or_default();
        *count += 1;
        let number = if *count == 1 { String::new() } else { format!("[{count}]") };
        flatten(child, &format!("{path}/{}{number}", child.name), out);
    }
}

/// A size in bytes, whichever unit it is written in: libvirt gives memory back in KiB.
fn memory(element: &Element) -> Option<u64> {
    let unit = match element.attribute("unit") {
        Some("KiB" | "k") => 1 << 10,
        Some("MiB" | "M") => 1 << 20,
        Some("GiB" | "G") => 1 << 30,
        Some("bytes" | "b") => 1,
        None if matches!(element.name.as_str(), "memory" | "currentMemory") => 1 << 10,
        _ => return None,
    };
    element.text.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(xml: &str) -> Element {
        Element::parse(xml).unwrap()
    }

    #[test]
    fn a_network_differs_in_what_was_asked_for_and_not_in_what_libvirt_added() {
        let actual = parse(
            "<network connections='1'><name>external</name><uuid>u</uuid><metadata><a/></metadata>\
             <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>\
             <bridge name='brext' stp='on' delay='0'/><mac address='52:54:00:00:00:01'/>\
             <ip address='192.168.23.1' netmask='255.255.255.0'><dhcp><range start='a' end='b'/></dhcp></ip></network>",
        );
        let same = "<network><name>external</name><forward mode='nat'/><bridge name='brext'/>\
                    <ip address='192.168.23.1' netmask='255.255.255.0'><dhcp><range start='a' end='b'/></dhcp></ip></network>";
        assert!(of_networks(&parse(same), &actual).is_empty());
        let other = "<network><name>external</name><forward mode='nat'/><bridge name='brext' stp='off'/>\
                     <ip address='192.168.24.1' netmask='255.255.255.0'/></network>";
        assert_eq!(
            of_networks(&parse(other), &actual),
            [
                "bridge/@stp is on, wanted off",
                "ip/@address is 192.168.23.1, wanted 192.168.24.1",
                "ip/dhcp/range/@end is b, wanted absent",
                "ip/dhcp/range/@start is a, wanted absent",
            ]
        );
    }

    #[test]
    fn a_domain_differs_when_it_lacks_what_was_asked_for() {
        let actual = parse(
            "<domain type='qemu'><name>u</name><memory unit='KiB'>524288</memory><vcpu placement='static'>1</vcpu></domain>",
        );
        assert!(!in_domain(
            &parse("<domain type='qemu'><memory unit='MiB'>512</memory><vcpu>1</vcpu></domain>"),
            &actual
        ));
        assert!(in_domain(&parse("<domain><memory unit='MiB'>1024</memory></domain>"), &actual));
        assert!(in_domain(&parse("<domain><vcpu>2</vcpu></domain>"), &actual));
    }
}
