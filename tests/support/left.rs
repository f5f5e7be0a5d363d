//! What labs leave on a machine. Only what names one of a test's own labs counts: other tests may have labs beside them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The processes, mounts, network namespaces, interfaces and run-time folders that name one of these: ids of labs, their
/// folders, their bridges.
pub fn of(names: &BTreeSet<String>) -> BTreeSet<String> {
    let names_one = |text: &str| names.iter().any(|name| text.contains(name));
    let mut left = BTreeSet::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let Ok(comm) = fs::read_to_string(path.join("comm")) else { continue };
        let kind = ["libvirtd", "qemu", "dnsmasq", "virt", "warp"].iter().any(|n| comm.contains(n));
        if kind && !path.ends_with(std::process::id().to_string()) && names_one(&known_of(&path)) {
            left.insert(format!("process {} {}", path.display(), comm.trim()));
        }
    }
    for line in fs::read_to_string("/proc/self/mounts").unwrap().lines().filter(|line| names_one(line)) {
        left.insert(format!("mount {line}"));
    }
    for dir in ["/run/netns", "/sys/class/net", "/run/warp"] {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path().display().to_string();
            if names_one(&path) {
                left.insert(path);
            }
        }
    }
    left
}

/// What shows whose a process is: its command line, its environment, its folder, and its mounts, for a private daemon and
/// its guests see the lab's folders as libvirt's own. Of a process that has ended there is none of it.
fn known_of(process: &Path) -> String {
    let text =
        |name: &str| String::from_utf8_lossy(&fs::read(process.join(name)).unwrap_or_default()).into_owned();
    let folder = fs::read_link(process.join("cwd")).unwrap_or_default();
    [text("cmdline"), text("environ"), text("mountinfo"), folder.display().to_string()].join("\n")
}
