//! Which system an image holds.

use super::System;
use std::collections::BTreeMap;
use std::path::Path;

/// The fields of /etc/os-release.
pub type OsRelease = BTreeMap<String, String>;

/// What the image's os-release says; empty where it has none.
#[must_use]
pub fn os_release(system: &System) -> OsRelease {
    let read = |path: &str| system.read(Path::new(path), 64 << 10).ok();
    let text = read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            let value = shlex::split(value)?.into_iter().next().unwrap_or_default();
            (!name.starts_with('#')).then(|| (name.to_owned(), value))
        })
        .collect()
}

/// Whether cloud-init is in the image and begins when the guest boots.
#[must_use]
pub fn has_cloud_init(system: &System) -> bool {
    system.exists("/usr/bin/cloud-init") && !system.exists("/etc/cloud/cloud-init.disabled")
}
