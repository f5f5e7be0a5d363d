//! Block devices and their partitions.

use super::platform::one;
use super::{Gather, read, text};
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::value::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Names that lead to a device, by device.
type Links = BTreeMap<String, BTreeSet<String>>;

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let links = [
        ("ids", links("/dev/disk/by-id")),
        ("uuids", links("/dev/disk/by-uuid")),
        ("labels", links("/dev/disk/by-label")),
        ("masters", masters()),
    ];
    let mut devices = Map::new();
    if read::exists("/sys/block") {
        let pci = pci_names(gather)?;
        for name in read::names("/sys/block") {
            if let Ok(target) = std::fs::read_link(Path::new("/sys/block").join(&name)) {
                let dir = Path::new("/sys/block").join(target);
                devices.insert(name.clone(), device(gather, &name, &dir, &links, &pci)?.into());
            }
        }
    } else {
        return Ok(one("devices", devices));
    }
    let all: Map = links
        .into_iter()
        .map(|(kind, links)| {
            let links = links
                .into_iter()
                .map(|(device, names)| (device, names.into_iter().collect::<Vec<_>>().into()));
            (kind.to_owned(), links.collect::<Map>().into())
        })
        .collect();
    let mut facts = one("devices", devices);
    facts.insert("device_links".to_owned(), all.into());
    Ok(facts)
}

fn links(dir: &str) -> Links {
    let mut links = Links::new();
    for name in read::names(dir) {
        if let Some(target) = read::link_name(Path::new(dir).join(&name)) {
            links.entry(target).or_default().insert(name);
        }
    }
    links
}

fn masters() -> Links {
    let mut links = Links::new();
    for master in read::names("/sys/block") {
        for slave in read::names(format!("/sys/block/{master}/slaves")) {
            links.entry(slave).or_default().insert(master.clone());
        }
    }
    links
}

/// What `lspci` calls each slot.
fn pci_names(gather: &mut Gather<'_, '_>) -> Result<Vec<(String, String)>, Failed> {
    if program::find(gather.cx, "lspci").is_none() {
        return Ok(Vec::new());
    }
    let text = gather.cx.run(&Command::new(["lspci", "-D"]))?.stdout_text();
    let lines = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
    Ok(lines.map(|(slot, name)| (slot.to_owned(), name.to_owned())).collect())
}

fn named(name: &str, links: &[(&str, Links)]) -> Value {
    let of = |links: &Links| links.get(name).map(|names| names.iter().cloned().collect::<Vec<_>>());
    let entries =
        links.iter().map(|(kind, links)| ((*kind).to_owned(), of(links).unwrap_or_default().into()));
    entries.collect::<Map>().into()
}

fn device(
    gather: &mut Gather<'_, '_>,
    name: &str,
    dir: &Path,
    links: &[(&str, Links)],
    pci: &[(String, String)],
) -> Result<Map, Failed> {
    let content = |file: &str| read::content(dir.join(file));
    let mut facts = Map::new();
    facts.insert("virtual".to_owned(), 1.into());
    facts.insert("links".to_owned(), named(name, links));
    for key in ["vendor", "model", "sas_address", "sas_device_handle"] {
        facts.insert(key.to_owned(), content(&format!("device/{key}")).into());
    }
    if let Some(serial) = serial(gather, name, dir)? {
        facts.insert("serial".to_owned(), serial.into());
    }
    facts.insert("removable".to_owned(), content("removable").into());
    let discard = match content("queue/discard_max_hw_bytes").as_deref() {
        Some("0") => Some("0".to_owned()),
        _ => content("queue/discard_granularity"),
    };
    facts.insert("support_discard".to_owned(), discard.into());
    let wwn =
        links.first().and_then(|(_, ids)| ids.get(name)?.iter().rev().find_map(|id| id.strip_prefix("wwn-")));
    if let Some(wwn) = wwn {
        facts.insert("wwn".to_owned(), wwn.into());
    }
    let partitions = read::names(dir).into_iter().filter(|part| is_partition(name, part));
    let partitions = partitions.map(|part| {
        let value = partition(&part, &dir.join(&part), links);
        (part, value.into())
    });
    facts.insert("partitions".to_owned(), partitions.collect::<Map>().into());
    facts.insert("rotational".to_owned(), content("queue/rotational").into());
    let scheduler = content("queue/scheduler").unwrap_or_default();
    let mode =
        scheduler.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(mode, _)| mode);
    facts.insert("scheduler_mode".to_owned(), mode.into());
    let (sectorsize, sectors) = extent(dir);
    facts.insert("size".to_owned(), text::human(sectors as f64 * number(&sectorsize)).into());
    facts.insert("sectorsize".to_owned(), sectorsize);
    facts.insert("sectors".to_owned(), sectors.into());
    let slot = slot(dir).and_then(|slot| pci.iter().find(|(known, _)| *known == slot));
    facts.insert("host".to_owned(), slot.map_or("", |(_, name)| name).into());
    facts.insert("holders".to_owned(), holders(dir).into());
    Ok(facts)
}

fn serial(gather: &mut Gather<'_, '_>, name: &str, dir: &Path) -> Result<Option<String>, Failed> {
    let Some(sg_inq) = program::find(gather.cx, "sg_inq") else {
        return Ok(read::content(dir.join("device/serial")));
    };
    let device: PathBuf = Path::new("/dev").join(name);
    let output = gather.cx.run(&Command::new([sg_inq, device]))?;
    let text = if output.rc == 0 { output.stdout_text() } else { String::new() };
    let pattern = Pattern::new(r"(?:Unit serial|Serial) number:\s+(\w+)", Subject::Text, Flags::default());
    let found = pattern.ok().and_then(|p| p.search(text.as_bytes()).ok()?).and_then(|found| found.group(1));
    Ok(found.and_then(|range| text.get(range)).map(str::to_owned))
}

/// `sda1` of `sda`, `nvme0n1p1` of `nvme0n1`.
fn is_partition(disk: &str, name: &str) -> bool {
    let number = name.strip_prefix(disk).map(|rest| rest.strip_prefix('p').unwrap_or(rest));
    number.is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

fn partition(name: &str, dir: &Path, links: &[(&str, Links)]) -> Map {
    let (sectorsize, sectors) = extent(dir);
    let mut facts = Map::new();
    facts.insert("links".to_owned(), named(name, links));
    facts.insert("start".to_owned(), read::content(dir.join("start")).map_or(0.into(), Value::from));
    facts.insert("size".to_owned(), text::human(sectors as f64 * number(&sectorsize)).into());
    facts.insert("sectorsize".to_owned(), sectorsize);
    facts.insert("sectors".to_owned(), sectors.into());
    let uuid =
        links.iter().find(|(kind, _)| *kind == "uuids").and_then(|(_, uuids)| uuids.get(name)?.first());
    facts.insert("uuid".to_owned(), uuid.cloned().into());
    facts.insert("holders".to_owned(), holders(dir).into());
    facts
}

/// The size of a sector, as text where the kernel says it, and how many there are of that size.
fn extent(dir: &Path) -> (Value, i64) {
    let said = ["queue/logical_block_size", "queue/hw_sector_size"];
    let said = said.iter().find_map(|file| read::content(dir.join(file)));
    let size: Value = said.map_or(512.into(), Value::from);
    let blocks = read::content(dir.join("size")).and_then(|n| n.parse::<i64>().ok()).unwrap_or_default();
    // The kernel counts in 512 bytes whatever a sector is.
    let bytes = number(&size) as i64;
    (size, (blocks * 512).checked_div(bytes).unwrap_or_default())
}

fn number(size: &Value) -> f64 {
    match size {
        Value::Int(i) => *i as f64,
        other => other.as_str().and_then(|s| s.parse().ok()).unwrap_or_default(),
    }
}

/// Device mapper's devices on top of this one.
fn holders(dir: &Path) -> Vec<String> {
    let names = read::names(dir.join("holders")).into_iter().filter(|name| name.starts_with("dm-"));
    names.map(|name| read::content(dir.join("holders").join(&name).join("dm/name")).unwrap_or(name)).collect()
}

/// The PCI slot in a device's path: the last but the device itself.
fn slot(dir: &Path) -> Option<String> {
    let is_slot = |part: &str| {
        let parts: Vec<&str> = part.split([':', '.']).collect();
        let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
        lengths == [4, 2, 2, 1] && parts.iter().all(|p| p.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let mut parts = dir.iter().map(|part| part.to_string_lossy().into_owned());
    parts.rfind(|part| is_slot(part))
}
