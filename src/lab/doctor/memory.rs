//! Memory for the guests.

use super::{Finding, Host};
use crate::error::{Error, Result};
use std::path::Path;

const MEMINFO: &str = "/proc/meminfo";
const CGROUPS: &str = "/sys/fs/cgroup";

/// What qemu needs beside a guest's own memory, in MiB.
const OVERHEAD: u64 = 128;

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    let wanted: u64 = host.coming().map(|guest| guest.memory + OVERHEAD).sum();
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let text =
        std::fs::read_to_string(MEMINFO).map_err(|e| Error::other(format!("cannot read {MEMINFO}: {e}")))?;
    let (mut all, mut place) = (field(&text, "MemTotal:")?, MEMINFO.to_owned());
    // Guests of the system's daemon are in other control groups than we are.
    if let Some((limit, file)) = limit().filter(|(limit, _)| !host.uses_system() && *limit < all) {
        (all, place) = (limit, file);
    }
    let free = field(&text, "MemAvailable:")?.min(all);
    let names: Vec<_> = host.coming().map(|guest| format!("{} {} MiB", guest.name, guest.memory)).collect();
    let names = names.join(", ");
    let advice = "give guests less (undercloud_memory, default_memory), or shut other machines down";
    Ok(if wanted > all {
        vec![
            Finding::error(
                format!("guests want {wanted} MiB of memory and there are {all} MiB"),
                place,
                format!("they cannot run: {names}"),
            )
            .advise(advice),
        ]
    } else if wanted > free {
        vec![
            Finding::warning(
                format!("guests want {wanted} MiB of memory and {free} of {all} MiB are free"),
                place,
                format!("the machine will swap, or the kernel end a guest: {names}"),
            )
            .advise(advice),
        ]
    } else {
        Vec::new()
    })
}

/// A field of meminfo, in MiB.
fn field(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
    number.map(|kib| kib / 1024).ok_or_else(|| Error::other(format!("{MEMINFO} does not tell {name}")))
}

/// The tightest limit of our control groups (version 2), in MiB, and its file.
fn limit() -> Option<(u64, String)> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let root = Path::new(CGROUPS);
    let own = root.join(own);
    let groups = own.ancestors().take_while(|folder| folder.starts_with(root));
    let limits = groups.filter_map(|folder| {
        let file = folder.join("memory.max");
        let bytes: u64 = std::fs::read_to_string(&file).ok()?.trim().parse().ok()?;
        Some((bytes / (1 << 20), file.display().to_string()))
    });
    limits.min_by_key(|(limit, _)| *limit)
}
