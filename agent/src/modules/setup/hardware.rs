//! Processors, memory, the maker's data, uptime, logical volumes; and what devices and mounts have to say.

use super::platform::one;
use super::{Gather, devices, mounts, read};
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::value::{Map, Value};

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut facts = processors(gather.known("architecture"));
    facts.extend(memory());
    facts.extend(maker(gather)?);
    facts.extend(devices::collect(gather)?);
    if let Some(uptime) = read::content("/proc/uptime") {
        let seconds = uptime.split('.').next().and_then(|s| s.parse::<i64>().ok());
        facts.insert("uptime_seconds".to_owned(), seconds.into());
    }
    facts.insert("lvm".to_owned(), volumes(gather)?);
    facts.extend(mounts::collect(gather)?);
    Ok(facts)
}

/// Entries of a list in the order of their first mention.
fn note(list: &mut Vec<(String, i64)>, key: &str, value: i64) {
    match list.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value,
        None => list.push((key.to_owned(), value)),
    }
}

fn processors(architecture: &str) -> Map {
    let Some(cpuinfo) = read::content("/proc/cpuinfo") else {
        return Map::new();
    };
    let (mut listed, mut sockets, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    let (mut vendors, mut models, mut numbers) = (0_i64, 0_i64, 0_i64);
    let (mut socket, mut core, mut flags) = (String::from("0"), String::from("0"), None);
    for line in cpuinfo.lines() {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let number = value.parse::<i64>().unwrap_or_default();
        match key {
            "flags" => flags = Some(value.split_whitespace().map(str::to_owned).collect::<Vec<_>>()),
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                listed.push(value.to_owned());
                vendors += i64::from(key == "vendor_id");
                models += i64::from(key == "model name");
                numbers += i64::from(key == "processor");
            }
            "physical id" => {
                value.clone_into(&mut socket);
                if !sockets.iter().any(|(known, _)| *known == socket) {
                    note(&mut sockets, value, 1);
                }
            }
            "core id" => {
                value.clone_into(&mut core);
                note(&mut threads, value, 1);
            }
            "cpu cores" => note(&mut sockets, &socket, number),
            "siblings" => note(&mut threads, &core, number),
            _ => {}
        }
    }
    let mut count = i64::try_from(listed.len()).unwrap_or_default();
    if vendors > 0 && vendors == models {
        count = vendors;
    }
    if ["armv", "aarch", "ppc"].iter().any(|prefix| architecture.starts_with(prefix)) {
        count = numbers;
    }
    let first = |list: &[(String, i64)]| list.first().map(|(_, n)| *n).filter(|n| *n != 0);
    let cores = first(&sockets).unwrap_or(1);
    // Rounded half to even, as Python rounds.
    let per_core = (first(&threads).unwrap_or(1) as f64 / cores as f64).round_ties_even() as i64;
    let count = if sockets.is_empty() { count } else { i64::try_from(sockets.len()).unwrap_or_default() };
    let mut facts = one("processor", listed);
    if let Some(flags) = flags {
        facts.insert("flags".to_owned(), flags.into());
    }
    let available =
        std::thread::available_parallelism().map_or(numbers, |n| i64::try_from(n.get()).unwrap_or(numbers));
    for (name, value) in [
        ("processor_count", count),
        ("processor_cores", cores),
        ("processor_threads_per_core", per_core),
        ("processor_vcpus", per_core * count * cores),
        ("processor_nproc", available),
    ] {
        facts.insert(name.to_owned(), value.into());
    }
    facts
}

fn memory() -> Map {
    let lines = read::lines("/proc/meminfo");
    let find = |key: &str| -> Option<i64> {
        let value = lines.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(value.split_whitespace().next()?.parse::<i64>().ok()? / 1024)
    };
    let (total, free) = (find("MemTotal"), find("MemFree"));
    let (swap_total, swap_free) = (find("SwapTotal"), find("SwapFree"));
    let minus = |a: Option<i64>, b: Option<i64>| Some(a? - b?);
    let spare = find("Cached").zip(find("Buffers")).zip(free).map(|((c, b), f)| c + b + f);
    let map = |entries: &[(&str, Option<i64>)]| -> Map {
        entries.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    };
    let mut facts = Map::new();
    for (name, value) in [
        ("memtotal_mb", total),
        ("memfree_mb", free),
        ("swaptotal_mb", swap_total),
        ("swapfree_mb", swap_free),
    ] {
        if value.is_some() {
            facts.insert(name.to_owned(), value.into());
        }
    }
    let mut memory = Map::new();
    let real = map(&[("total", total), ("used", minus(total, free)), ("free", free)]);
    let nocache = map(&[("free", spare), ("used", minus(total, spare))]);
    let swap = map(&[
        ("total", swap_total),
        ("free", swap_free),
        ("used", minus(swap_total, swap_free)),
        ("cached", find("SwapCached")),
    ]);
    memory.insert("real".to_owned(), real.into());
    memory.insert("nocache".to_owned(), nocache.into());
    memory.insert("swap".to_owned(), swap.into());
    facts.insert("memory_mb".to_owned(), memory.into());
    facts
}

/// A fact, its file below /sys, and dmidecode's word for it.
const MAKER: &[(&str, &str, &str)] = &[
    ("bios_date", "bios_date", "bios-release-date"),
    ("bios_vendor", "bios_vendor", "bios-vendor"),
    ("bios_version", "bios_version", "bios-version"),
    ("board_asset_tag", "board_asset_tag", "baseboard-asset-tag"),
    ("board_name", "board_name", "baseboard-product-name"),
    ("board_serial", "board_serial", "baseboard-serial-number"),
    ("board_vendor", "board_vendor", "baseboard-manufacturer"),
    ("board_version", "board_version", "baseboard-version"),
    ("chassis_asset_tag", "chassis_asset_tag", "chassis-asset-tag"),
    ("chassis_serial", "chassis_serial", "chassis-serial-number"),
    ("chassis_vendor", "chassis_vendor", "chassis-manufacturer"),
    ("chassis_version", "chassis_version", "chassis-version"),
    ("form_factor", "chassis_type", "chassis-type"),
    ("product_name", "product_name", "system-product-name"),
    ("product_serial", "product_serial", "system-serial-number"),
    ("product_uuid", "product_uuid", "system-uuid"),
    ("product_version", "product_version", "system-version"),
    ("system_vendor", "sys_vendor", "system-manufacturer"),
];

/// SMBIOS's chassis types.
const FORM_FACTORS: &[&str] = &[
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

fn maker(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    const DIR: &str = "/sys/devices/virtual/dmi/id";
    let mut facts = Map::new();
    if read::exists(format!("{DIR}/product_name")) {
        for (name, file, _) in MAKER {
            let value = read::content(format!("{DIR}/{file}"));
            let value = match value {
                Some(text) if *name == "form_factor" => {
                    let known = text.parse::<usize>().ok().and_then(|i| FORM_FACTORS.get(i));
                    known.map_or(format!("unknown ({text})"), |s| (*s).to_owned())
                }
                other => other.unwrap_or_else(|| "NA".to_owned()),
            };
            facts.insert((*name).to_owned(), value.into());
        }
        return Ok(facts);
    }
    let dmidecode = program::find(gather.cx, "dmidecode");
    for (name, _, keyword) in MAKER {
        let mut value = String::from("NA");
        if let Some(dmidecode) = &dmidecode {
            let command = Command::new([dmidecode.as_os_str(), "-s".as_ref(), keyword.as_ref()]);
            let output = gather.cx.run(&command)?;
            if output.rc == 0 {
                value = output.stdout_text().lines().filter(|line| !line.starts_with('#')).collect();
            }
        }
        facts.insert((*name).to_owned(), value.into());
    }
    Ok(facts)
}

/// Volume groups, logical and physical volumes; root only, and where LVM's programs are.
fn volumes(gather: &mut Gather<'_, '_>) -> Result<Value, Failed> {
    if program::find(gather.cx, "vgs").is_none() {
        return Ok("N/A".into());
    }
    if crate::accounts::effective_uid() != 0 {
        return Ok("N/A".into());
    }
    // Sizes are vgs's last two columns, whatever others its configuration adds before them.
    let groups = report(gather, "vgs", &[("size_g", -2), ("free_g", -1), ("num_lvs", 2), ("num_pvs", 1)])?;
    let logical = report(gather, "lvs", &[("size_g", 3), ("vg", 1)])?;
    let mut physical = report(gather, "pvs", &[("size_g", 4), ("free_g", 5), ("vg", 1)])?;
    physical = mapper_names(gather, physical)?;
    let mut facts = one("lvs", logical);
    facts.insert("vgs".to_owned(), groups.into());
    facts.insert("pvs".to_owned(), physical.into());
    Ok(facts.into())
}

/// The rows that one of LVM's programs prints, by their first column; columns are counted from 0, or from the end.
fn report(gather: &mut Gather<'_, '_>, program: &str, columns: &[(&str, isize)]) -> Result<Map, Failed> {
    let mut rows = Map::new();
    if program::find(gather.cx, program).is_none() {
        return Ok(rows);
    }
    let command = Command::new([program, "--noheadings", "--nosuffix", "--units", "g", "--separator", ","]);
    for line in gather.cx.run(&command)?.stdout_text().lines() {
        let row: Vec<&str> = line.trim().split(',').collect();
        let column = |at: isize| {
            let index = usize::try_from(at).ok().or_else(|| row.len().checked_sub(at.unsigned_abs()))?;
            row.get(index).copied()
        };
        let entries = columns.iter().map(|(name, at)| ((*name).to_owned(), column(*at).into()));
        rows.insert(column(0).unwrap_or_default().to_owned(), entries.collect::<Map>().into());
    }
    Ok(rows)
}

/// Device mapper's numbers replaced by its names.
fn mapper_names(gather: &mut Gather<'_, '_>, rows: Map) -> Result<Map, Failed> {
    let mut named = Map::new();
    for (device, row) in rows {
        let mut name = device;
        if name.starts_with("/dev/dm-") && program::find(gather.cx, "dmsetup").is_some() {
            let command = Command::new(["dmsetup", "info", "-C", "--noheadings", "-o", "name", &name]);
            let output = gather.cx.run(&command)?;
            if output.rc == 0 {
                name = format!("/dev/mapper/{}", output.stdout_text().trim_end());
            }
        }
        named.insert(name, row);
    }
    Ok(named)
}
