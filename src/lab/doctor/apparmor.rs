//! AppArmor's profiles of libvirt.

use super::{Finding, Host, Mend};
use crate::error::Result;
use std::path::Path;

const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
const FOLDER: &str = "/etc/apparmor.d";

/// What makes a guest's profile out of its description, and what that is made from.
const HELPER: &str = "usr.lib.libvirt.virt-aa-helper";
const TEMPLATE: &str = "libvirt/TEMPLATE.qemu";

/// Of the daemons, monolithic and modular.
const DAEMONS: [&str; 2] = ["usr.sbin.libvirtd", "usr.sbin.virtqemud"];

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    let on = std::fs::read_to_string(ENABLED).is_ok_and(|value| value.trim() == "Y");
    // A private daemon confines nothing.
    if !on || !host.uses_system() {
        return Ok(Vec::new());
    }
    let folder = Path::new(FOLDER);
    let mut findings = Vec::new();
    // Where no daemon is installed another check says so.
    if DAEMONS.iter().any(|name| folder.join(name).exists()) {
        findings.extend([HELPER, TEMPLATE].into_iter().filter_map(missing));
    }
    findings.extend([HELPER].iter().chain(&DAEMONS).filter_map(|name| disabled(name)));
    findings.extend(hidden(host));
    Ok(findings)
}

fn missing(name: &str) -> Option<Finding> {
    let path = Path::new(FOLDER).join(name);
    if path.exists() {
        return None;
    }
    let finding = Finding::error(
        format!("AppArmor is on and libvirt's profile {name} is missing"),
        path.display().to_string(),
        "libvirt cannot confine a guest, and refuses to start it",
    );
    // Files of /etc that were deleted come back only when they are asked for.
    Some(finding.mend(Mend::as_root([
        "apt-get",
        "install",
        "--yes",
        "--reinstall",
        "--option",
        "Dpkg::Options::=--force-confmiss",
        "libvirt-daemon-system",
    ])))
}

fn disabled(name: &str) -> Option<Finding> {
    let link = Path::new(FOLDER).join("disable").join(name);
    link.symlink_metadata().ok()?;
    let (link, profile) = (link.display().to_string(), format!("{FOLDER}/{name}"));
    let finding = Finding::warning(
        format!("libvirt's AppArmor profile {name} is switched off"),
        &link,
        "warp's disks are files with full paths, which the profile allows: it need not be off, and guests are confined with it",
    );
    Some(finding.mend(Mend::as_root(["rm", &link])).mend(Mend::as_root([
        "apparmor_parser",
        "--replace",
        &profile,
    ])))
}

/// Folders that the helper may not read: its profile denies what is hidden below a home.
fn hidden(host: &Host) -> Option<Finding> {
    let profile = Path::new(FOLDER).join(HELPER);
    let text = std::fs::read_to_string(&profile).ok()?;
    let denied = text.lines().find(|line| line.contains("deny @{HOME}/.*/**"))?;
    let folders = [&host.needs.pool, &host.needs.images];
    let at: Vec<String> =
        folders.iter().filter(|path| below_hidden(path)).map(|path| path.display().to_string()).collect();
    if at.is_empty() {
        return None;
    }
    let finding = Finding::warning(
        format!("disks lie in a hidden folder of a home: {}", at.join(", ")),
        profile.display().to_string(),
        format!(
            "AppArmor keeps libvirt's helper from looking there (`{}`): a guest may not start, with \"Permission denied\"",
            denied.trim()
        ),
    );
    Some(
        finding
            .advise("put them elsewhere: WORKSPACE=/var/lib/libvirt/warp, IMAGECACHE=/var/cache/warp/images"),
    )
}

/// As AppArmor's tunables have homes: /root, and the folders in /home.
fn below_hidden(path: &Path) -> bool {
    let mut parts = path.strip_prefix("/").unwrap_or(path).iter().map(|part| part.to_string_lossy());
    let in_home = match parts.next().as_deref() {
        Some("root") => true,
        Some("home") => parts.next().is_some(),
        _ => false,
    };
    in_home && parts.next().is_some_and(|part| part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::below_hidden;
    use std::path::Path;

    #[test]
    fn homes_are_those_of_apparmors_tunables() {
        for (path, hidden) in [
            ("/root/.quickstart/workspace/pool", true),
            ("/home/stack/.quickstart", true),
            ("/home/stack/lab/.hidden", false),
            ("/home/.stack/lab", false),
            ("/var/lib/.hidden/pool", false),
        ] {
            assert_eq!(below_hidden(Path::new(path)), hidden, "{path}");
        }
    }
}
