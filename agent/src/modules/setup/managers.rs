//! What manages the machine: packages, services, systemd, and the LSB's view of it.

use super::platform::one;
use super::{Gather, read};
use crate::command::Command;
use crate::module::{Context, Failed};
use crate::program;
use crate::value::Map;

/// Programs and the package manager that each gives away; the last that is there counts.
const PACKAGE_MANAGERS: &[(&str, &str)] = &[
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/yum", "dnf"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/usr/pkg/bin/pkgin", "pkgin"),
    ("/opt/local/bin/pkgin", "pkgin"),
    ("/opt/tools/bin/pkgin", "pkgin"),
    ("/opt/local/bin/port", "macports"),
    ("/usr/local/bin/brew", "homebrew"),
    ("/opt/homebrew/bin/brew", "homebrew"),
    ("/sbin/apk", "apk"),
    ("/usr/sbin/pkg", "pkgng"),
    ("/usr/sbin/swlist", "swdepot"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/sbin/pkgadd", "svr4pkg"),
    ("/usr/bin/pkg", "pkg5"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/local/sbin/pkg", "pkgng"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/sbin/sorcery", "sorcery"),
    ("/usr/bin/installp", "installp"),
];

pub fn pkg_mgr(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let found = PACKAGE_MANAGERS.iter().rfind(|(path, _)| read::exists(path)).map(|(_, name)| *name);
    let manager = match gather.known("os_family") {
        "RedHat" if read::exists("/run/ostree-booted") => "atomic_container",
        "RedHat" => {
            let dnf = ["/usr/bin/dnf", "/usr/bin/microdnf"].into_iter().find(|path| read::exists(path));
            let real = dnf.and_then(|path| std::fs::canonicalize(path).ok());
            match real {
                Some(real) if real.ends_with("dnf5") => "dnf5",
                Some(_) => "dnf",
                None => "unknown",
            }
        }
        "Debian" => "apt",
        _ => found.unwrap_or("unknown"),
    };
    let manager = match manager {
        // apt-get over rpm, as ALT Linux has it.
        "apt" if read::exists("/usr/bin/rpm") => {
            let query = Command::new(["/usr/bin/rpm", "-q", "--whatprovides", "/usr/bin/apt-get"]);
            if gather.cx.run(&query)?.rc == 0 { "apt_rpm" } else { "apt" }
        }
        other => other,
    };
    Ok(one("pkg_mgr", manager))
}

/// Whether systemd runs here.
pub fn systemd_runs(cx: &Context<'_>) -> bool {
    let canaries = ["/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"];
    program::find(cx, "systemctl").is_some() && canaries.iter().any(read::exists)
}

pub fn service_mgr(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let init = read::content("/proc/1/comm").or_else(|| {
        let target = std::fs::read_link("/sbin/init").ok()?;
        Some(target.to_string_lossy().into_owned())
    });
    let init = init.map(|path| path.rsplit('/').next().unwrap_or_default().trim().to_owned());
    // A shell or a program just called init says nothing of what manages services.
    let init = init.filter(|name| name != "init" && !name.ends_with("sh"));
    let there = |name: &str| program::find(gather.cx, name).is_some();
    let manager = match init.as_deref() {
        Some("procd") => "openwrt_init",
        Some("runit-init") => "runit",
        Some("svscan") => "svc",
        Some("openrc-init") => "openrc",
        Some(other) => other,
        None if systemd_runs(gather.cx) => "systemd",
        None if there("initctl") && read::exists("/etc/init/") => "upstart",
        None if read::exists("/sbin/openrc") => "openrc",
        None if there("systemctl") && read::link_name("/sbin/init").as_deref() == Some("systemd") => {
            "systemd"
        }
        None if read::exists("/etc/init.d/") => "sysvinit",
        None if read::exists("/etc/dinit.d/") => "dinit",
        None => "service",
    };
    Ok(one("service_mgr", manager))
}

pub fn systemd(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    if !systemd_runs(gather.cx) {
        return Ok(Map::new());
    }
    let output = gather.cx.run(&Command::new(["systemctl", "--version"]))?;
    let text = output.stdout_text();
    let version = text.split_whitespace().nth(1).and_then(|v| v.parse::<i64>().ok());
    let (0, Some(version), Some(features)) = (output.rc, version, text.lines().nth(1)) else {
        return Ok(Map::new());
    };
    let mut systemd = one("features", features);
    systemd.insert("version".to_owned(), version.into());
    Ok(one("systemd", systemd))
}

pub fn lsb(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut lsb = Map::new();
    if let Some(program) = program::find(gather.cx, "lsb_release") {
        let output = gather.cx.run(&Command::new([program.into_os_string(), "-a".into()]))?;
        if output.rc == 0 {
            let names = [
                ("LSB Version:", "release"),
                ("Distributor ID:", "id"),
                ("Description:", "description"),
                ("Release:", "release"),
                ("Codename:", "codename"),
            ];
            fill(&mut lsb, &output.stdout_text(), ':', &names);
        }
    }
    if lsb.is_empty() {
        let names = [
            ("DISTRIB_ID", "id"),
            ("DISTRIB_RELEASE", "release"),
            ("DISTRIB_DESCRIPTION", "description"),
            ("DISTRIB_CODENAME", "codename"),
        ];
        fill(&mut lsb, &read::content("/etc/lsb-release").unwrap_or_default(), '=', &names);
    }
    if let Some(release) = lsb.get("release").and_then(|v| v.as_str()) {
        let major = release.split('.').next().unwrap_or_default().to_owned();
        lsb.insert("major_release".to_owned(), major.into());
    }
    Ok(one("lsb", lsb))
}

fn fill(lsb: &mut Map, text: &str, separator: char, names: &[(&str, &str)]) {
    for line in text.lines() {
        let known = names.iter().find(|(label, _)| line.contains(label));
        if let (Some((_, name)), Some((_, value))) = (known, line.split_once(separator)) {
            let value = value.trim().trim_matches(['\'', '"', '\\']);
            lsb.insert((*name).to_owned(), value.into());
        }
    }
}
