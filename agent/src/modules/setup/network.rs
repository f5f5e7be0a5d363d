//! Interfaces, addresses and routes, as `ip` and /sys tell them; initiators of storage networks.

use super::platform::one;
use super::{Gather, read};
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::value::{Map, Value};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let Some(ip) = program::find(gather.cx, "ip") else {
        return Ok(Map::new());
    };
    let mut seen = Seen {
        interfaces: interfaces(),
        v4: default_route(gather, &ip, "-4", "8.8.8.8")?,
        v6: default_route(gather, &ip, "-6", "2404:6800:400a:800::1012")?,
        all_v4: Vec::new(),
        all_v6: Vec::new(),
    };
    for (which, secondary) in [("primary", false), ("secondary", true)] {
        let text = ask(gather, &ip, &["addr", "show", which])?;
        seen.read(&text, secondary);
    }
    if program::find(gather.cx, "ethtool").is_some() {
        for (name, facts) in &mut seen.interfaces {
            facts.extend(ethtool(gather, name)?);
        }
    }
    let mut local = Map::new();
    for (family, flag) in [("ipv4", "-4"), ("ipv6", "-6")] {
        let mut addresses: Vec<String> = Vec::new();
        for line in ask(gather, &ip, &[flag, "route", "show", "table", "local"])?.lines() {
            let mut words = line.split_whitespace();
            if let (Some("local"), Some(address)) = (words.next(), words.next())
                && !addresses.iter().any(|known| known == address)
            {
                addresses.push(address.to_owned());
            }
        }
        local.insert(family.to_owned(), addresses.into());
    }
    let mut facts = one("locally_reachable_ips", local);
    let names: Vec<String> = seen.interfaces.keys().map(|name| name.replace(':', "_")).collect();
    for (name, interface) in names.iter().zip(seen.interfaces.into_values()) {
        facts.insert(name.clone(), interface.into());
    }
    facts.insert("interfaces".to_owned(), names.into());
    facts.insert("default_ipv4".to_owned(), seen.v4.into());
    facts.insert("default_ipv6".to_owned(), seen.v6.into());
    facts.insert("all_ipv4_addresses".to_owned(), seen.all_v4.into());
    facts.insert("all_ipv6_addresses".to_owned(), seen.all_v6.into());
    Ok(facts)
}

/// What `ip` prints; nothing where it fails.
fn ask(gather: &mut Gather<'_, '_>, ip: &Path, args: &[&str]) -> Result<String, Failed> {
    let argv = std::iter::once(ip.as_os_str().to_owned()).chain(args.iter().map(Into::into));
    let output = gather.cx.run(&Command::new(argv))?;
    Ok(if output.rc == 0 { output.stdout_text() } else { String::new() })
}

/// The interface, source address and gateway by which a far address is reached.
fn default_route(gather: &mut Gather<'_, '_>, ip: &Path, family: &str, far: &str) -> Result<Map, Failed> {
    let text = ask(gather, ip, &[family, "route", "get", far])?;
    let words: Vec<&str> = text.lines().next().unwrap_or_default().split_whitespace().collect();
    let mut route = Map::new();
    if words.first() != Some(&far) {
        return Ok(route);
    }
    for pair in words.windows(2) {
        match pair {
            ["dev", name] => route.insert("interface".to_owned(), (*name).into()),
            ["src", address] => route.insert("address".to_owned(), (*address).into()),
            ["via", gateway] if *gateway != far => route.insert("gateway".to_owned(), (*gateway).into()),
            _ => None,
        };
    }
    Ok(route)
}

type Interfaces = indexmap::IndexMap<String, Map>;

/// What /sys tells of each interface.
fn interfaces() -> Interfaces {
    const DIR: &str = "/sys/class/net";
    let mut all = Interfaces::new();
    for name in read::names(DIR) {
        let dir = Path::new(DIR).join(&name);
        if dir.is_dir() {
            all.insert(name.clone(), interface(&name, &dir));
        }
    }
    all
}

fn interface(name: &str, dir: &Path) -> Map {
    let content = |file: &str| read::content(dir.join(file));
    let mut facts = one("device", name);
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    if let Some(address) = content("address").filter(|a| a != "00:00:00:00:00:00") {
        put("macaddress", address.into());
    }
    if let Some(mtu) = content("mtu").and_then(|v| v.parse::<i64>().ok()) {
        put("mtu", mtu.into());
    }
    if let Some(state) = content("operstate") {
        put("active", (state != "down").into());
    }
    if let Ok(module) = dir.join("device/driver/module").canonicalize() {
        put("module", module.file_name().map(|n| n.to_string_lossy().into_owned()).into());
    }
    if let Some(kind) = content("type") {
        put(
            "type",
            match kind.as_str() {
                "1" => "ether",
                "32" => "infiniband",
                "512" => "ppp",
                "772" => "loopback",
                "65534" => "tunnel",
                _ => "unknown",
            }
            .into(),
        );
    }
    if dir.join("bridge").exists() {
        put("type", "bridge".into());
        put("interfaces", read::names(dir.join("brif")).into());
        if let Some(id) = content("bridge/bridge_id") {
            put("id", id.into());
        }
        put("stp", (content("bridge/stp_state").as_deref() == Some("1")).into());
    }
    if dir.join("bonding").exists() {
        let words = |file: &str| -> Vec<String> {
            let text = content(&format!("bonding/{file}")).unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let first = |file: &str| Value::from(words(file).into_iter().next().unwrap_or_default());
        put("type", "bonding".into());
        put("slaves", words("slaves").into());
        put("mode", first("mode"));
        put("miimon", first("miimon"));
        put("lacp_rate", first("lacp_rate"));
        if let Some(primary) = content("bonding/primary") {
            put("primary", primary.into());
            if let Some(active) = content("bonding/all_slaves_active") {
                put("all_slaves_active", (active == "1").into());
            }
        }
    }
    if dir.join("bonding_slave").exists() {
        put("perm_macaddress", content("bonding_slave/perm_hwaddr").unwrap_or_default().into());
    }
    if let Some(id) = read::link_name(dir.join("device")) {
        put("pciid", id.into());
    }
    if let Some(speed) = content("speed").and_then(|v| v.parse::<i64>().ok()) {
        put("speed", speed.into());
    }
    if let Some(flags) = content("flags") {
        let bits = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default();
        put("promisc", (bits & 0x100 > 0).into());
    }
    facts
}

/// What has been learned while addresses are read.
struct Seen {
    interfaces: Interfaces,
    v4: Map,
    v6: Map,
    all_v4: Vec<String>,
    all_v6: Vec<String>,
}

impl Seen {
    /// Reads what `ip addr show` printed.
    fn read(&mut self, text: &str, secondary: bool) {
        let mut device = String::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["inet", address, rest @ ..] => self.inet(&device, address, rest, secondary),
                ["inet6", rest @ ..] => self.inet6(&device, rest),
                [number, name, ..] if number.ends_with(':') && !line.starts_with(' ') => {
                    let name = name.trim_end_matches(':');
                    device = name.split('@').next().unwrap_or_default().to_owned();
                }
                _ => {}
            }
        }
    }

    fn inet(&mut self, device: &str, address: &str, rest: &[&str], secondary: bool) {
        let (address, prefix) = address.split_once('/').unwrap_or((address, "32"));
        let broadcast = match rest {
            ["brd", broadcast, ..] => *broadcast,
            _ => "",
        };
        let bits: u32 = prefix.parse().unwrap_or(32);
        let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or_default();
        let network = address.parse::<Ipv4Addr>().map_or(0, u32::from) & mask;
        let mut entry = Map::new();
        for (name, value) in [
            ("address", address.to_owned()),
            ("broadcast", broadcast.to_owned()),
            ("netmask", Ipv4Addr::from(mask).to_string()),
            ("network", Ipv4Addr::from(network).to_string()),
            ("prefix", prefix.to_owned()),
        ] {
            entry.insert(name.to_owned(), value.into());
        }
        // The label that an old alias such as eth0:1 has is an interface of its own.
        let label =
            rest.iter().position(|w| *w == "scope").and_then(|i| rest.get(i + 2..)).unwrap_or_default();
        let label =
            label.iter().find(|w| w.starts_with(device) || w.contains(':')).copied().unwrap_or(device);
        if self.is_default("address", address, true) {
            for (name, value) in &entry {
                if name != "address" {
                    self.v4.insert(name.clone(), value.clone());
                }
            }
            self.v4.extend(self.link(device));
            self.v4.insert("alias".to_owned(), label.into());
        }
        if !address.starts_with("127.") {
            self.all_v4.push(address.to_owned());
        }
        if label != device {
            self.interfaces.insert(label.to_owned(), Map::new());
        }
        let own = self.interfaces.entry(label.to_owned()).or_default();
        if !secondary && !own.contains_key("ipv4") {
            own.insert("ipv4".to_owned(), entry.into());
            return;
        }
        append(own, "ipv4_secondaries", entry.clone());
        if secondary && label != device {
            append(self.interfaces.entry(device.to_owned()).or_default(), "ipv4_secondaries", entry);
        }
    }

    fn inet6(&mut self, device: &str, words: &[&str]) {
        let (address, prefix, scope) = match words {
            [address, "peer", peer, "scope", scope, ..] => {
                (*address, peer.split_once('/').map_or("", |(_, prefix)| prefix), *scope)
            }
            [address, "scope", scope, ..] => {
                let (address, prefix) = address.split_once('/').unwrap_or((address, ""));
                (address, prefix, *scope)
            }
            _ => return,
        };
        let mut entry = one("address", address);
        entry.insert("prefix".to_owned(), prefix.into());
        entry.insert("scope".to_owned(), scope.into());
        if self.is_default("address", address, false) {
            self.v6.insert("prefix".to_owned(), prefix.into());
            self.v6.insert("scope".to_owned(), scope.into());
            self.v6.extend(self.link(device));
        }
        if address != "::1" {
            self.all_v6.push(address.to_owned());
        }
        append(self.interfaces.entry(device.to_owned()).or_default(), "ipv6", entry);
    }

    fn is_default(&self, key: &str, address: &str, v4: bool) -> bool {
        let route = if v4 { &self.v4 } else { &self.v6 };
        route.get(key).and_then(Value::as_str) == Some(address)
    }

    /// What the default route repeats of its interface.
    fn link(&self, device: &str) -> Map {
        let interface = self.interfaces.get(device);
        let get = |name: &str| interface.and_then(|i| i.get(name)).cloned();
        let mut facts = one("macaddress", get("macaddress").unwrap_or_else(|| "00:00:00:00:00:00".into()));
        facts.insert("mtu".to_owned(), get("mtu").unwrap_or_default());
        facts.insert("type".to_owned(), get("type").unwrap_or_else(|| "unknown".into()));
        facts
    }
}

fn append(facts: &mut Map, name: &str, entry: Map) {
    match facts.entry(name.to_owned()).or_insert_with(|| Value::List(Vec::new())) {
        Value::List(list) => list.push(entry.into()),
        other => *other = vec![entry].into(),
    }
}

fn ethtool(gather: &mut Gather<'_, '_>, device: &str) -> Result<Map, Failed> {
    let mut facts = Map::new();
    let output = gather.cx.run(&Command::new(["ethtool", "-k", device]))?;
    if output.rc == 0 {
        let text = output.stdout_text();
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let features = lines.map(|(key, value)| (key.trim().replace('-', "_"), value.trim().into()));
        facts.insert("features".to_owned(), features.collect::<Map>().into());
    }
    let output = gather.cx.run(&Command::new(["ethtool", "-T", device]))?;
    if output.rc == 0 {
        let text = output.stdout_text();
        let found = |pattern: &str| every(pattern, &text);
        facts.insert("timestamping".to_owned(), found(r"SOF_TIMESTAMPING_(\w+)").into());
        facts.insert("hw_timestamp_filters".to_owned(), found(r"HWTSTAMP_FILTER_(\w+)").into());
        let clock = found(r"PTP Hardware Clock: (\d+)").first().and_then(|n| n.parse::<i64>().ok());
        if let Some(clock) = clock {
            facts.insert("phc_index".to_owned(), clock.into());
        }
    }
    Ok(facts)
}

/// The first group of every match, in lower case.
fn every(pattern: &str, text: &str) -> Vec<String> {
    let Ok(pattern) = Pattern::new(pattern, Subject::Text, Flags::default()) else {
        return Vec::new();
    };
    let (mut found, mut from) = (Vec::new(), 0);
    while let Ok(Some(hit)) = pattern.search_from(text.as_bytes(), from) {
        if let Some(word) = hit.group(1).and_then(|range| text.get(range)) {
            found.push(word.to_lowercase());
        }
        from = hit.whole().end.max(from + 1);
    }
    found
}

pub fn iscsi(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let lines = read::lines("/etc/iscsi/initiatorname.iscsi");
    let name = lines.iter().find_map(|line| line.strip_prefix("InitiatorName="));
    Ok(one("iscsi_iqn", name.unwrap_or_default()))
}

pub fn nvme(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let lines = read::lines("/etc/nvme/hostnqn");
    Ok(one("hostnqn", lines.into_iter().find(|line| line.starts_with("nqn.")).unwrap_or_default()))
}

pub fn fibre_channel(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let dir = PathBuf::from("/sys/class/fc_host");
    let mut names = read::names(&dir);
    names.sort();
    let ports = names.iter().flat_map(|host| read::lines(dir.join(host).join("port_name")));
    let wwns: Vec<String> =
        ports.filter_map(|port| port.get(2..).map(|wwn| wwn.trim_end().to_owned())).collect();
    Ok(one("fibre_channel_wwn", wwns))
}
