//! Which collectors a `gather_subset` asks for.

use super::{
    Gather, clock, distribution, foreign, hardware, identity, local, managers, network, platform, python,
    virtualization,
};
use crate::module::Failed;
use crate::value::Map;
use std::collections::BTreeSet;

/// One group of facts.
pub struct Collector {
    /// The subset's name.
    pub name: &'static str,
    /// Names of single facts that stand for the subset too.
    pub facts: &'static [&'static str],
    /// Whether it is in `min`.
    pub minimal: bool,
    /// The subsets it builds on.
    pub needs: &'static [&'static str],
    /// Gathers it, without prefix.
    pub collect: fn(&mut Gather<'_, '_>) -> Result<Map, Failed>,
}

const fn minimal(name: &'static str, collect: fn(&mut Gather<'_, '_>) -> Result<Map, Failed>) -> Collector {
    Collector { name, facts: &[], minimal: true, needs: &[], collect }
}

const fn other(name: &'static str, collect: fn(&mut Gather<'_, '_>) -> Result<Map, Failed>) -> Collector {
    Collector { name, facts: &[], minimal: false, needs: &[], collect }
}

/// Every subset, those that others build on first.
const COLLECTORS: &[Collector] = &[
    Collector {
        facts: &[
            "system",
            "kernel",
            "kernel_version",
            "machine",
            "python_version",
            "architecture",
            "machine_id",
        ],
        ..minimal("platform", platform::platform)
    },
    Collector {
        facts: &["distribution_version", "distribution_release", "distribution_major_version", "os_family"],
        ..minimal("distribution", distribution::collect)
    },
    minimal("apparmor", platform::apparmor),
    Collector {
        facts: &["system_capabilities", "system_capabilities_enforced"],
        ..minimal("caps", platform::capabilities)
    },
    minimal("cmdline", platform::cmdline),
    minimal("date_time", clock::collect),
    minimal("dns", platform::dns),
    minimal("env", identity::env),
    minimal("fips", platform::fips),
    minimal("local", local::collect),
    minimal("lsb", managers::lsb),
    Collector { needs: &["distribution"], ..minimal("pkg_mgr", managers::pkg_mgr) },
    Collector { facts: &["python_version"], ..minimal("python", python::collect) },
    minimal("selinux", platform::selinux),
    Collector { needs: &["platform", "distribution"], ..minimal("service_mgr", managers::service_mgr) },
    Collector {
        facts: &[
            "ssh_host_pub_keys",
            "ssh_host_key_dsa_public",
            "ssh_host_key_rsa_public",
            "ssh_host_key_ecdsa_public",
            "ssh_host_key_ed25519_public",
        ],
        ..minimal("ssh_pub_keys", identity::ssh_host_keys)
    },
    Collector {
        facts: &[
            "user_id",
            "user_uid",
            "user_gid",
            "user_gecos",
            "user_dir",
            "user_shell",
            "real_user_id",
            "effective_user_id",
            "effective_group_ids",
        ],
        ..minimal("user", identity::user)
    },
    Collector { facts: &["is_chroot"], ..other("chroot", platform::chroot) },
    other("facter", foreign::facter),
    other("fibre_channel_wwn", network::fibre_channel),
    Collector {
        facts: &["processor", "processor_cores", "processor_count", "mounts", "devices"],
        needs: &["platform"],
        ..other("hardware", hardware::collect)
    },
    other("iscsi", network::iscsi),
    other("loadavg", platform::loadavg),
    Collector {
        facts: &["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"],
        needs: &["distribution", "platform"],
        ..other("network", network::collect)
    },
    other("nvme", network::nvme),
    other("ohai", foreign::ohai),
    other("systemd", managers::systemd),
    Collector {
        facts: &[
            "virtualization_type",
            "virtualization_role",
            "virtualization_tech_guest",
            "virtualization_tech_host",
        ],
        ..other("virtual", virtualization::collect)
    },
];

/// The collectors to run, in order.
///
/// # Errors
/// A subset that does not exist.
pub fn select(requested: &[String]) -> Result<Vec<&'static Collector>, String> {
    let every: BTreeSet<&str> =
        COLLECTORS.iter().flat_map(|c| std::iter::once(&c.name).chain(c.facts)).copied().collect();
    let minimal: BTreeSet<&str> = COLLECTORS.iter().filter(|c| c.minimal).map(|c| c.name).collect();
    let (mut wanted, mut excluded, mut explicit) = (minimal.clone(), BTreeSet::new(), BTreeSet::new());
    for subset in requested {
        match subset.strip_prefix('!') {
            None if subset == "min" => wanted.extend(&minimal),
            None if subset == "all" => wanted.extend(&every),
            None => {
                let Some(name) = every.get(subset.as_str()) else {
                    let allowed: Vec<&str> = every.iter().copied().collect();
                    return Err(format!(
                        "Bad subset '{subset}' given to Ansible. gather_subset options allowed: all, {}",
                        allowed.join(", ")
                    ));
                };
                explicit.insert(*name);
                wanted.insert(name);
            }
            Some("min") => excluded.extend(&minimal),
            Some("all") => excluded.extend(every.difference(&minimal).copied()),
            Some(name) => {
                excluded.extend(COLLECTORS.iter().filter(|c| c.name == name).flat_map(|c| c.facts));
                excluded.extend(every.get(name));
            }
        }
    }
    wanted.retain(|name| explicit.contains(name) || !excluded.contains(name));
    loop {
        let needed: Vec<&str> = COLLECTORS
            .iter()
            .filter(|c| c.is_wanted(&wanted))
            .flat_map(|c| c.needs)
            .filter(|name| !wanted.contains(*name))
            .copied()
            .collect();
        if needed.is_empty() {
            break;
        }
        wanted.extend(needed);
    }
    Ok(COLLECTORS.iter().filter(|c| c.is_wanted(&wanted)).collect())
}

impl Collector {
    fn is_wanted(&self, wanted: &BTreeSet<&str>) -> bool {
        wanted.contains(self.name) || self.facts.iter().any(|fact| wanted.contains(fact))
    }
}
