//! The account's own libvirt daemon: libvirt starts it when somebody connects, and it ends when nothing runs any more.

use super::SOCKETS;
use nix::unistd::{User, geteuid};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Whether it runs; it is not started to find out.
#[must_use]
pub fn answers() -> bool {
    let Some(folder) = folder() else { return false };
    SOCKETS.iter().any(|name| UnixStream::connect(folder.join("libvirt").join(name)).is_ok())
}

/// Where libvirt has its sockets for an account.
fn folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").or_else(|| Some(User::from_uid(geteuid()).ok()??.dir));
    variable("XDG_RUNTIME_DIR")
        .or_else(|| variable("XDG_CACHE_HOME"))
        .or_else(|| Some(home()?.join(".cache")))
}
