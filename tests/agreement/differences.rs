//! What is meant to differ: one line each, and one line of docs/compatibility.md.

use crate::document::Items;

/// An intended difference.
pub struct Difference {
    /// Why, in the words of docs/compatibility.md.
    pub because: &'static str,
    /// The sets that show it; all when empty.
    pub sets: &'static [&'static str],
    /// The file; `*` stands for anything.
    file: &'static str,
    /// Pairs of path and value that the roles write and that warp writes; one `*` in each stands for anything.
    roles: &'static [(&'static str, &'static str)],
    warp: &'static [(&'static str, &'static str)],
}

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        because: "a domain's disk is a file, not a volume of a pool: AppArmor's helper does not resolve volumes",
        sets: &[],
        file: "domain-*",
        roles: &[
            ("/domain/devices/disk@type", "volume"),
            ("/domain/devices/disk/source@pool", "*"),
            ("/domain/devices/disk/source@volume", "*"),
        ],
        warp: &[("/domain/devices/disk@type", "file"), ("/domain/devices/disk/source@file", "*")],
    },
    Difference {
        because: "a card is on a network, not on its bridge: libvirt then knows its leases",
        sets: &[],
        file: "domain-*",
        roles: &[
            ("/domain/devices/interface*@type", "bridge"),
            ("/domain/devices/interface*/source@bridge", "*"),
        ],
        warp: &[
            ("/domain/devices/interface*@type", "network"),
            ("/domain/devices/interface*/source@network", "*"),
        ],
    },
    Difference {
        because: "sizes are by default those of oooq-warp's custom.yaml: 4096 MiB for each node",
        sets: &[],
        file: "domain-*",
        roles: &[("/domain/memory#", "8192")],
        warp: &[("/domain/memory#", "4096")],
    },
    Difference {
        because: "sizes are by default those of oooq-warp's custom.yaml: 4096 MiB for each node",
        sets: &[],
        file: "instackenv.json",
        roles: &[("/nodes/*/memory", "String(\"8192\")")],
        warp: &[("/nodes/*/memory", "String(\"4096\")")],
    },
    Difference {
        because: "the memory of a domain's video card is left to libvirt, which does not take what the roles ask for",
        sets: &[],
        file: "domain-*",
        roles: &[("/domain/devices/video/model@vram", "9216")],
        warp: &[],
    },
    Difference {
        because: "hieradata_override is an absolute path",
        sets: &[],
        file: "undercloud.conf",
        roles: &[("[DEFAULT] hieradata_override", "./*")],
        warp: &[("[DEFAULT] hieradata_override", "~/*")],
    },
    Difference {
        because: "--control-flavor and its like are left out where the client has them no more (wallaby, master)",
        sets: &["master"],
        file: "deploy",
        roles: &[("*-flavor", "oooq_*")],
        warp: &[],
    },
    Difference {
        because: "the overcloud's containers run under podman where the templates have no docker.yaml (wallaby, master)",
        sets: &["master"],
        file: "deploy",
        roles: &[("-e", "*/environments/docker.yaml")],
        warp: &[("-e", "*/environments/podman.yaml")],
    },
    Difference {
        because: "nodes' BMCs are VirtualBMC on this host, not on the undercloud: no key of the host is in the undercloud",
        sets: &[],
        file: "instackenv.json",
        roles: &[("/nodes/*/pm_addr", "*")],
        warp: &[("/nodes/*/pm_addr", "*")],
    },
    Difference {
        because: "a node of instackenv.json has ports in the place of mac where tripleo-common takes nothing else (master)",
        sets: &["master"],
        file: "instackenv.json",
        roles: &[("/nodes/*/mac/0", "*")],
        warp: &[("/nodes/*/ports/0/address", "*")],
    },
    Difference {
        because: "networks are provisioned before the deployment where the templates have no network-isolation.yaml (master)",
        sets: &["master"],
        file: "deploy",
        roles: &[("-e", "*/environments/network-isolation.yaml")],
        warp: &[
            ("--networks-file", "*"),
            ("--vip-file", "*"),
            ("-e", "*/overcloud-networks-deployed.yaml"),
            ("-e", "*/overcloud-vips-deployed.yaml"),
        ],
    },
];

impl Difference {
    /// Whether a file of a set may show it.
    pub fn is_in(&self, set: &str, file: &str) -> bool {
        (self.sets.is_empty() || self.sets.contains(&set)) && like(self.file, file)
    }

    /// Takes it out of both sides; says whether it was there.
    pub fn take(&self, roles: &mut Items, warp: &mut Items) -> bool {
        let there = |wanted: &[(&str, &str)], items: &Items| {
            wanted.iter().all(|w| items.iter().any(|item| matches(w, item)))
        };
        let found = there(self.roles, roles) && there(self.warp, warp);
        if found {
            roles.retain(|item| !self.roles.iter().any(|w| matches(w, item)));
            warp.retain(|item| !self.warp.iter().any(|w| matches(w, item)));
        }
        found
    }
}

fn matches((path, value): &(&str, &str), item: &(String, String)) -> bool {
    like(path, &item.0) && like(value, &item.1)
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}
