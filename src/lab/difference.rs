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

/// One thing that is otherwise than wanted: an attribute or a text, by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `ip/@address`.
    pub path: String,
    /// What is there, if anything.
    pub is: Option<String>,
    /// What is wanted there, if anything.
    pub wanted: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        write!(f, "{} is {}, wanted {}", self.path, word(&self.is), word(&self.wanted))
    }
}

fn difference(path: &str, is: Option<&String>, wanted: Option<&String>) -> Difference {
    Difference { path: path.trim_start_matches('/').to_owned(), is: is.cloned(), wanted: wanted.cloned() }
}

/// The differences between a network as wanted and as it is.
#[must_use]
pub fn of_networks(wanted: &Element, actual: &Element) -> Vec<Difference> {
    let (wanted, actual) = (flat(wanted), flat(actual));
    let mut found = Vec::new();
    for (path, value) in &wanted {
        let is = actual.get(path);
        if is != Some(value) && !path.starts_with("/metadata") {
            found.push(difference(path, is, Some(value)));
        }
    }
    for (path, is) in &actual {
        let added = ADDED_TO_NETWORKS.iter().any(|known| path.starts_with(known));
        if !added && !wanted.contains_key(path) {
            found.push(difference(path, Some(is), None));
        }
    }
    found
}

/// What a domain as wanted says and the domain as it is does not. libvirt completes a description with addresses,
/// controllers and defaults, so what only the domain has is no difference, but for devices of which it has more.
#[must_use]
pub fn of_domains(wanted: &Element, actual: &Element) -> Vec<Difference> {
    let mut found: Vec<Difference> = ["disk", "interface"]
        .iter()
        .filter_map(|device| {
            let count = |of: &Element| of.all(&format!("devices/{device}")).len();
            let (is, wanted) = (count(actual).to_string(), count(wanted).to_string());
            (is != wanted).then(|| difference(&format!("devices/{device}/count()"), Some(&is), Some(&wanted)))
        })
        .collect();
    let actual = flat(actual);
    for (path, value) in &flat(wanted) {
        let is = actual.get(path);
        let same = match is {
            Some(is) if path == "/os/type/@machine" => is == value || is_newest(value, is),
            is => is == Some(value),
        };
        if !same && !path.starts_with("/metadata") {
            found.push(difference(path, is, Some(value)));
        }
    }
    found
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
        out.insert(path.to_owned(), format!("{bytes} bytes"));
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
            of_networks(&parse(other), &actual).iter().map(ToString::to_string).collect::<Vec<_>>(),
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
        let told = |wanted: &str| -> Vec<String> {
            of_domains(&parse(wanted), &actual).iter().map(ToString::to_string).collect()
        };
        assert!(
            told("<domain type='qemu'><memory unit='MiB'>512</memory><vcpu>1</vcpu></domain>").is_empty()
        );
        assert_eq!(
            told("<domain><memory unit='MiB'>1024</memory></domain>"),
            ["memory is 536870912 bytes, wanted 1073741824 bytes"]
        );
        assert_eq!(told("<domain><vcpu>2</vcpu></domain>"), ["vcpu is 1, wanted 2"]);
        assert_eq!(
            told("<domain><devices><disk type='file'/></devices></domain>"),
            ["devices/disk/count() is 0, wanted 1", "devices/disk/@type is absent, wanted file"]
        );
    }
}
