//! Programs of the machine that a lab needs, and the packages that bring them on Debian and Ubuntu.

use std::path::{Path, PathBuf};

/// Where they are looked for: root's search path, never the caller's.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program and the packages that bring it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Names of packages, separated by spaces.
    pub packages: &'static str,
}

/// What every lab needs.
pub const COMMON: [Program; 4] = [
    Program { name: "qemu-system-x86_64", packages: "qemu-system-x86" },
    Program { name: "qemu-img", packages: "qemu-utils" },
    Program { name: "ssh", packages: "openssh-client" },
    Program { name: "ssh-keygen", packages: "openssh-client" },
];

/// What a libvirt daemon of warp's own needs besides.
pub const PRIVATE: [Program; 3] = [
    Program { name: "libvirtd", packages: "libvirt-daemon libvirt-daemon-driver-qemu" },
    Program { name: "dnsmasq", packages: "dnsmasq-base" },
    Program { name: "iptables", packages: "iptables" },
];

/// What an account's own libvirt daemon needs besides.
pub const SESSION: [Program; 1] =
    [Program { name: "libvirtd", packages: "libvirt-daemon libvirt-daemon-driver-qemu" }];

/// The file of a program.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    PATH.split(':').map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
}

/// Those that are not there.
#[must_use]
pub fn missing(programs: impl IntoIterator<Item = Program>) -> Vec<Program> {
    programs.into_iter().filter(|program| find(program.name).is_none()).collect()
}

/// The packages of programs, each once.
#[must_use]
pub fn packages(programs: &[Program]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in programs.iter().flat_map(|program| program.packages.split(' ')) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
