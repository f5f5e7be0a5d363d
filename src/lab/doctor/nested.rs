//! Guests that may not run guests of their own by KVM.

use super::processor::{self, Vendor};
use super::{Finding, Host, Mend};
use crate::error::{Error, Result};
use crate::lab::DomainType;
use std::path::{Path, PathBuf};

/// Ours: modprobe reads its folders' files by name, and the last word on an option counts.
const DROP_IN: &str = "/etc/modprobe.d/zz-warp-kvm-nested.conf";

/// Where modprobe looks.
const FOLDERS: [&str; 4] = ["/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    if !host.needs.nested || host.needs.domain_type == Some(DomainType::Qemu) {
        return Ok(Vec::new());
    }
    let Some(vendor) = processor::vendor()? else { return Ok(Vec::new()) };
    let module = Path::new("/sys/module").join(vendor.module());
    let parameter = module.join("parameters/nested");
    // Without the module there is no KVM, which another check tells.
    let Ok(now) = std::fs::read_to_string(&parameter) else { return Ok(Vec::new()) };
    if matches!(now.trim(), "Y" | "1") {
        return Ok(Vec::new());
    }
    let name = vendor.module();
    let mut finding = Finding::warning(
        "nested virtualisation is off",
        parameter.display().to_string(),
        "an overcloud's compute node in the lab cannot run its instances by KVM",
    );
    for place in contrary(vendor)? {
        finding =
            finding.advise(format!("{place} switches it off: warp's file, which comes later, overrules it"));
    }
    let wanted = format!("# By warp doctor: guests of the lab may run guests.\noptions {name} nested=1\n");
    if std::fs::read_to_string(DROP_IN).ok().as_deref() != Some(&wanted) {
        finding = finding.mend(Mend::write(DROP_IN, &wanted));
    }
    let users = std::fs::read_to_string(module.join("refcnt")).unwrap_or_default();
    Ok(vec![match users.trim() {
        "" | "0" => finding
            .mend(Mend::as_root(["modprobe", "--remove", name]))
            .mend(Mend::as_root(["modprobe", name])),
        users => finding.advise(format!(
            "{users} guests use the module: when they are shut down, modprobe --remove {name} && modprobe {name}, or restart the machine"
        )),
    }])
}

/// Lines of others that switch it off, as FILE:LINE.
fn contrary(vendor: Vendor) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files()? {
        // Only root may read some of them.
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["options", module, options @ ..] = words.as_slice()
                && module.replace('-', "_") == vendor.module()
                && options.iter().any(|option| matches!(*option, "nested=0" | "nested=N" | "nested=n"))
            {
                found.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    Ok(found)
}

fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
                files.extend(paths.filter(|path| path.extension().is_some_and(|e| e == "conf")));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::other(format!("cannot list {folder}: {e}"))),
        }
    }
    files.sort();
    // /lib is /usr/lib on most machines.
    files.dedup_by_key(|path| path.canonicalize().ok());
    Ok(files)
}
