//! The kernel and its settings: platform, command line, DNS, capabilities, SELinux, AppArmor, FIPS, chroot, load.

use super::{Gather, read, text};
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::resolve;
use crate::value::{Map, Value};
use std::ffi::CStr;
use std::os::unix::fs::MetadataExt;

/// What `uname` says.
pub(super) struct Uname {
    pub sysname: String,
    pub nodename: String,
    pub release: String,
    pub version: String,
    pub machine: String,
}

/// Asks the kernel.
pub(super) fn uname() -> Uname {
    // SAFETY: utsname is plain data, for which all zeroes is valid; uname fills it with NUL-terminated text.
    let names = unsafe {
        let mut names: libc::utsname = std::mem::zeroed();
        libc::uname(&mut names);
        names
    };
    let text = |field: &[libc::c_char]| {
        // SAFETY: the kernel ends each field with a NUL within its array; a zeroed array holds one as well.
        unsafe { CStr::from_ptr(field.as_ptr()) }.to_string_lossy().into_owned()
    };
    Uname {
        sysname: text(&names.sysname),
        nodename: text(&names.nodename),
        release: text(&names.release),
        version: text(&names.version),
        machine: text(&names.machine),
    }
}

pub fn platform(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let uname = uname();
    let fqdn = resolve::fqdn(gather.cx, &uname.nodename)?;
    let domain = fqdn.split_once('.').map_or("", |(_, domain)| domain).to_owned();
    // What runs here was compiled for the user space it runs in, as Python was.
    let bits = usize::BITS.to_string();
    let mut facts = Map::new();
    let mut put = |name: &str, value: String| facts.insert(name.to_owned(), value.into());
    let architecture = match uname.machine.as_str() {
        "x86_64" => {
            put("userspace_architecture", if bits == "64" { "x86_64" } else { "i386" }.to_owned());
            "x86_64".to_owned()
        }
        "i386" | "i486" | "i586" | "i686" | "i86pc" => {
            put("userspace_architecture", if bits == "64" { "x86_64" } else { "i386" }.to_owned());
            "i386".to_owned()
        }
        other => other.to_owned(),
    };
    put("architecture", architecture);
    put("userspace_bits", bits);
    put("system", uname.sysname);
    put("kernel", uname.release);
    put("kernel_version", uname.version);
    put("machine", uname.machine);
    put("hostname", uname.nodename.split('.').next().unwrap_or_default().to_owned());
    put("nodename", uname.nodename);
    put("fqdn", fqdn);
    put("domain", domain);
    let id = read::content("/var/lib/dbus/machine-id").or_else(|| read::content("/etc/machine-id"));
    if let Some(id) = id.as_deref().and_then(|id| id.lines().next()) {
        put("machine_id", id.to_owned());
    }
    Ok(facts)
}

pub fn apparmor(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let enabled = read::exists("/sys/kernel/security/apparmor");
    let status = if enabled { "enabled" } else { "disabled" };
    Ok(one("apparmor", one("status", status)))
}

pub fn fips(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    Ok(one("fips", read::content("/proc/sys/crypto/fips_enabled").as_deref() == Some("1")))
}

pub fn chroot(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    if program::variable(gather.cx, "debian_chroot").is_some_and(|v| !v.is_empty()) {
        return Ok(one("is_chroot", true));
    }
    let place = |path: &str| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let is_chroot = match (place("/"), place("/proc/1/root/.")) {
        (Some(own), Some(init)) => own != init,
        (own, _) => {
            // Without a view of the first process: the root of a whole file system has a known number.
            let output = gather.cx.run(&Command::new(["stat", "-f", "--format=%T", "/"])).ok();
            let kind = output.map(|o| o.stdout_text()).unwrap_or_default();
            let root = match kind.trim() {
                "btrfs" => 256,
                "xfs" => 128,
                _ => 2,
            };
            own.is_some_and(|(_, inode)| inode != root)
        }
    };
    Ok(one("is_chroot", is_chroot))
}

pub fn cmdline(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let Some(line) = read::content("/proc/cmdline") else {
        return Ok(Map::new());
    };
    let (mut last, mut all) = (Map::new(), Map::new());
    for word in text::words(&line).unwrap_or_default() {
        let (key, value) = match word.split_once('=') {
            None => (word, Value::Bool(true)),
            Some((key, value)) => (key.to_owned(), value.into()),
        };
        last.insert(key.clone(), value.clone());
        match all.get_mut(&key) {
            _ if value == Value::Bool(true) => {
                all.insert(key, value);
            }
            Some(Value::List(values)) => values.push(value),
            Some(single) => *single = Value::List(vec![single.clone(), value]),
            None => {
                all.insert(key, value);
            }
        }
    }
    let mut facts = one("cmdline", last);
    facts.insert("proc_cmdline".to_owned(), all.into());
    Ok(facts)
}

pub fn dns(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut dns = Map::new();
    let mut nameservers: Vec<String> = Vec::new();
    for line in read::lines("/etc/resolv.conf") {
        if line.starts_with(['#', ';']) {
            continue;
        }
        let mut tokens = line.split_whitespace().map(str::to_owned);
        let Some(keyword) = tokens.next() else { continue };
        match keyword.as_str() {
            "nameserver" => {
                nameservers.extend(tokens);
                dns.insert(String::from("nameservers"), nameservers.clone().into());
            }
            "domain" => {
                if let Some(domain) = tokens.next() {
                    dns.insert(keyword, domain.into());
                }
            }
            "search" | "sortlist" => {
                dns.insert(keyword, tokens.collect::<Vec<_>>().into());
            }
            "options" => {
                let options = tokens.map(|option| match option.split_once(':') {
                    Some((name, value)) if !value.is_empty() => (name.to_owned(), value.into()),
                    Some((name, _)) => (name.to_owned(), Value::Bool(true)),
                    None => (option, Value::Bool(true)),
                });
                dns.insert(keyword, options.collect::<Map>().into());
            }
            _ => {}
        }
    }
    Ok(one("dns", dns))
}

pub fn capabilities(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let output = match program::find(gather.cx, "capsh") {
        Some(capsh) => Some(gather.cx.run(&Command::new([capsh.into_os_string(), "--print".into()]))?),
        None => None,
    };
    let (mut enforced, mut held): (Value, Value) = ("N/A".into(), "N/A".into());
    if let Some(output) = output.filter(|o| o.rc == 0) {
        let text = output.stdout_text();
        let current = text.lines().rfind(|line| line.starts_with("Current:")).unwrap_or("Current:");
        let (everything, list) = match current.split_once(':').map_or("", |(_, v)| v).trim() {
            "=ep" => ("False", Vec::new()),
            _ => {
                let after = current.split('=').nth(1).unwrap_or_default();
                ("True", after.split(',').map(|c| c.trim().to_owned()).collect())
            }
        };
        (enforced, held) = (everything.into(), list.into());
    }
    let mut facts = one("system_capabilities_enforced", enforced);
    facts.insert("system_capabilities".to_owned(), held);
    Ok(facts)
}

pub fn selinux(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let Some(enforcing) = read::content("/sys/fs/selinux/enforce") else {
        return Ok(one("selinux", one("status", "disabled")));
    };
    let configured = |key: &str| {
        let lines = read::lines("/etc/selinux/config");
        let value = lines.iter().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
        value.map_or_else(|| "unknown".to_owned(), |v| v.trim().to_lowercase())
    };
    let version = read::content("/sys/fs/selinux/policyvers").and_then(|v| v.parse::<i64>().ok());
    let mut selinux = one("status", "enabled");
    selinux.insert("policyvers".to_owned(), version.map_or("unknown".into(), Value::from));
    selinux.insert("config_mode".to_owned(), configured("SELINUX").into());
    let mode = if enforcing == "1" { "enforcing" } else { "permissive" };
    selinux.insert("mode".to_owned(), mode.into());
    selinux.insert("type".to_owned(), configured("SELINUXTYPE").into());
    Ok(one("selinux", selinux))
}

pub fn loadavg(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut averages = [0_f64; 3];
    // SAFETY: getloadavg writes at most three doubles into an array of three.
    if unsafe { libc::getloadavg(averages.as_mut_ptr(), 3) } != 3 {
        return Ok(Map::new());
    }
    let named = ["1m", "5m", "15m"].into_iter().zip(averages);
    Ok(one("loadavg", named.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map>()))
}

/// A map of one entry.
pub(super) fn one(name: &str, value: impl Into<Value>) -> Map {
    Map::from_iter([(name.to_owned(), value.into())])
}
