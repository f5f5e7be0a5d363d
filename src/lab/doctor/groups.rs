//! Groups that an account must be in to use libvirt and KVM.

use super::{Finding, Host, Level, Mend};
use crate::error::{Error, Result};
use nix::unistd::{Gid, Group, User, getegid, getgroups, getuid};

/// What each group is for, and how much it matters.
const GROUPS: [(&str, Level, &str); 2] = [
    ("libvirt", Level::Error, "libvirt's daemon talks to its members only"),
    (
        "kvm",
        Level::Warning,
        "/dev/kvm opens for its members only, so warp cannot try whether guests run under it",
    ),
];

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    let Some(user) = host.account.as_ref().filter(|user| !user.uid.is_root()) else {
        return Ok(Vec::new());
    };
    if !host.uses_system() {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for (name, level, why) in GROUPS {
        let found = Group::from_name(name)
            .map_err(|e| Error::other(format!("cannot look for the group {name}: {e}")))?;
        // The package that makes it is missing, which another check tells.
        let Some(group) = found else { continue };
        if is_in(user, &group)? {
            continue;
        }
        let told = Finding::error(
            format!("{} is not in the group {name}", user.name),
            format!("/etc/group, for {}", user.name),
            why,
        )
        .at(level);
        findings.push(if group.mem.contains(&user.name) {
            told.advise("it is to be, as soon as you log in again: groups are given at login")
        } else {
            told.mend(Mend::as_root(["usermod", "--append", "--groups", name, &user.name]))
        });
    }
    Ok(findings)
}

/// Of our own session what it has, of somebody else's what it would get.
fn is_in(user: &User, group: &Group) -> Result<bool> {
    if user.uid != getuid() {
        return Ok(user.gid == group.gid || group.mem.contains(&user.name));
    }
    let groups: Vec<Gid> =
        getgroups().map_err(|e| Error::other(format!("cannot ask for this session's groups: {e}")))?;
    Ok(getegid() == group.gid || groups.contains(&group.gid))
}
