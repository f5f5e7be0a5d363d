//! Servers that exist: guests beside the undercloud that warp did not make, as somebody's own machines are to it.

use crate::lab::Lab;
use std::fs;
use std::time::{Duration, Instant};

/// Their names, and the cards by which they ask for an address.
const SERVERS: [(&str, &str); 2] = [("server-a", "52:54:00:00:0a:01"), ("server-b", "52:54:00:00:0b:01")];

/// Starts two small guests of the undercloud's own image on the lab's networks, let in by the undercloud's key.
pub fn start(lab: &Lab) {
    let xml = lab.virsh(&["dumpxml", "--inactive", "undercloud"]).succeeds().stdout;
    let disk = lab.disk();
    for (name, mac) in SERVERS {
        let own = lab.file(&format!("{name}.qcow2"));
        lab.qemu_img(&["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", &lab.backing(&disk), &own]);
        let xml = xml
            .replace("<name>undercloud<", &format!("<name>{name}<"))
            .replace(disk.to_str().unwrap(), &own)
            .replace("<cmdline>", &format!("<cmdline>systemd.hostname={name} "));
        // Without the lab's mark, and with cards of its own: the first is on the network of addresses.
        let xml = without(&without(&xml, "<metadata>", "</metadata>"), "<uuid>", "</uuid>");
        let xml = xml.replacen("<mac address='", &format!("<mac address='{mac}'/><old "), 1);
        let xml = without(&without(&xml, "<old ", "/>"), "<mac address='00", "/>");
        let file = lab.file(&format!("{name}.xml"));
        fs::write(&file, xml).unwrap();
        lab.virsh(&["create", &file]).succeeds();
    }
}

/// Their addresses, when they have some.
pub fn addresses(lab: &Lab) -> Vec<String> {
    let began = Instant::now();
    loop {
        let leases = lab.virsh(&["net-dhcp-leases", "external"]).succeeds().stdout;
        let address = |mac: &str| {
            let line = leases.lines().find(|line| line.contains(mac))?;
            line.split_whitespace().find_map(|word| word.split_once("/24")).map(|(ip, _)| ip.to_owned())
        };
        let found: Vec<String> = SERVERS.iter().filter_map(|(_, mac)| address(mac)).collect();
        if found.len() == SERVERS.len() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(300), "no addresses: {leases}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Ends them; what `virsh create` made is gone then.
pub fn end(lab: &Lab) {
    for (name, _) in SERVERS {
        lab.virsh(&["destroy", name]).succeeds();
    }
}

/// A text without the first part from `start` to `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let Some((before, rest)) = text.split_once(start) else { return text.to_owned() };
    format!("{before}{}", rest.split_once(end).unwrap().1)
}
