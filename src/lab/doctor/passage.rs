//! Folders on the way to disks and images that the emulator's account may not go through.

use super::{Finding, Host, Mend, acl};
use crate::error::{Error, Result};
use crate::lab::program;
use nix::unistd::{Gid, User, getgrouplist};
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// Under which names packages have the account, and what sets it otherwise.
const ACCOUNTS: [&str; 2] = ["libvirt-qemu", "qemu"];
const QEMU_CONF: &str = "/etc/libvirt/qemu.conf";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    // A private daemon's guests run as root.
    if !host.uses_system() {
        return Ok(Vec::new());
    }
    let Some(user) = account()? else { return Ok(Vec::new()) };
    let groups = groups(&user)?;
    let mut closed: Vec<PathBuf> = Vec::new();
    for path in [&host.needs.pool, &host.needs.images] {
        let folders: Vec<&Path> = path.ancestors().filter(|folder| folder.is_dir()).collect();
        for folder in folders.into_iter().rev() {
            let may = acl::may_search(folder, user.uid, &groups)
                .map_err(|e| Error::other(format!("cannot look at {}: {e}", folder.display())))?;
            if !may && !closed.iter().any(|known| known == folder) {
                closed.push(folder.to_owned());
            }
        }
    }
    Ok(closed.iter().map(|folder| finding(folder, &user)).collect())
}

fn finding(folder: &Path, user: &User) -> Finding {
    let (place, name) = (folder.display().to_string(), &user.name);
    let finding = Finding::error(
        format!("{name} may not go through {place}"),
        &place,
        format!("guests run as {name} and do not get at their disks: \"Permission denied\""),
    );
    finding.mend(if program::find("setfacl").is_some() {
        Mend::as_root(["setfacl", "--modify", &format!("u:{name}:x"), &place])
    } else {
        Mend::as_root(["chmod", "o+x", &place])
    })
}

/// The account that guests run as; none where libvirt is not installed.
fn account() -> Result<Option<User>> {
    let set = std::fs::read_to_string(QEMU_CONF).ok().and_then(|text| user_in(&text));
    let names: Vec<String> = match set {
        Some(name) => vec![name],
        None => ACCOUNTS.map(str::to_owned).to_vec(),
    };
    for name in names {
        // libvirt takes a number after a plus sign too.
        let found = match name.trim_start_matches('+').parse() {
            Ok(uid) => User::from_uid(nix::unistd::Uid::from_raw(uid)),
            Err(_) => User::from_name(&name),
        };
        let found = found.map_err(|e| Error::other(format!("cannot look for the account {name}: {e}")))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn user_in(conf: &str) -> Option<String> {
    let lines = conf.lines().filter_map(|line| line.trim().split_once('='));
    let value = lines.filter(|(name, _)| name.trim() == "user").map(|(_, value)| value).next_back()?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn groups(user: &User) -> Result<Vec<Gid>> {
    let name = CString::new(user.name.as_str()).map_err(|e| Error::other(e.to_string()))?;
    getgrouplist(&name, user.gid)
        .map_err(|e| Error::other(format!("cannot ask for the groups of {}: {e}", user.name)))
}
