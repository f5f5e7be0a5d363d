//! Named network namespaces, as `ip netns` makes, lists and enters them.

use crate::error::{Error, Result};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where names of namespaces are, by convention of iproute2.
const NAMES: &str = "/run/netns";

/// Present while warp is the one who made `NAMES` a mount point, and so has to undo it.
const MADE_BY_WARP: &str = "/run/warp/netns-mounted";

/// The file that a namespace is mounted on.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    Path::new(NAMES).join(name)
}

/// Whether the namespace exists: a file of that name alone is what a killed warp leaves.
#[must_use]
pub fn exists(name: &str) -> bool {
    is_mount_point(&path(name))
}

/// Makes a namespace whose loopback interface is up.
///
/// # Errors
/// Without the rights of root, or when the kernel refuses.
pub fn create(name: &str) -> Result<()> {
    let failed =
        |e: &dyn std::fmt::Display| Error::other(format!("cannot make the network namespace {name}: {e}"));
    share_names().map_err(|e| failed(&e))?;
    let path = path(name);
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o000)
        .open(&path)
        .map_err(|e| failed(&e))?;
    // On a thread of its own, which ends with the namespace that it is in.
    let made = on_a_thread(move || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        raise_loopback()?;
        mount(Some("/proc/thread-self/ns/net"), &path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
    })?;
    made.map_err(|e| failed(&e))
}

/// Runs `work` on a thread that is in the namespace, and nothing else of this process.
///
/// # Errors
/// When there is no such namespace, or it may not be entered.
pub fn within<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let path = path(name);
    let file = File::open(&path).map_err(|e| Error::other(format!("cannot open {}: {e}", path.display())))?;
    let entered = on_a_thread(move || {
        setns(file, CloneFlags::CLONE_NEWNET)?;
        Ok::<T, nix::Error>(work())
    })?;
    entered.map_err(|e| {
        Error::other(format!("cannot enter the network namespace {name}: {e}"))
            .help("run warp as root, as the lab was made")
    })
}

/// Removes a namespace, and the mount point of all of them if warp made it and none is left.
///
/// # Errors
/// When the kernel refuses.
pub fn remove(name: &str) -> Result<()> {
    let path = path(name);
    let failed = |e: &dyn std::fmt::Display| Error::other(format!("cannot remove {}: {e}", path.display()));
    while is_mount_point(&path) {
        umount2(&path, MntFlags::MNT_DETACH).map_err(|e| failed(&e))?;
    }
    match fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(&e)),
        _ => {}
    }
    let none_left = fs::read_dir(NAMES).is_ok_and(|mut names| names.next().is_none());
    if none_left && Path::new(MADE_BY_WARP).exists() {
        umount2(NAMES, MntFlags::MNT_DETACH).map_err(|e| failed(&e))?;
        fs::remove_file(MADE_BY_WARP).map_err(|e| failed(&e))?;
        fs::remove_dir(NAMES).map_err(|e| failed(&e))?;
    }
    Ok(())
}

/// Makes `NAMES` a shared mount, as iproute2 does on its first use: without it a later `ip netns add` would cover
/// our names with a mount of its own.
fn share_names() -> std::io::Result<()> {
    fs::create_dir_all(NAMES)?;
    if !is_mount_point(Path::new(NAMES)) {
        mount(Some(NAMES), NAMES, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?;
        fs::write(MADE_BY_WARP, "")?;
    }
    mount(None::<&str>, NAMES, None::<&str>, MsFlags::MS_SHARED | MsFlags::MS_REC, None::<&str>)?;
    Ok(())
}

/// Whether something is mounted at `path` in this mount namespace.
fn is_mount_point(path: &Path) -> bool {
    let Some(path) = path.to_str() else { return false };
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table.lines().any(|line| line.split(' ').nth(4) == Some(path))
}

fn raise_loopback() -> nix::Result<()> {
    let socket = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet,
        nix::sys::socket::SockType::Datagram,
        nix::sys::socket::SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    // SAFETY: an all-zero ifreq is a valid one.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the descriptor is an open socket, and SIOCSIFFLAGS reads one ifreq with a name and flags.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    nix::errno::Errno::result(done).map(drop)
}

fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    std::thread::Builder::new()
        .name("netns".to_owned())
        .spawn(work)
        .map_err(|e| Error::other(format!("cannot start a thread: {e}")))?
        .join()
        .map_err(|_| Error::other("the thread in the network namespace died"))
}
