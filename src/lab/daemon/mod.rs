//! The libvirt daemon that holds the lab's objects: the machine's own where one answers, else one of warp's.

mod conf;
mod private;

pub use private::Private;

use super::libvirt;
use super::manifest::DaemonKind;
use crate::error::{Error, Result};
use virt::connect::Connect;

/// The machine's own daemon.
pub const SYSTEM: &str = "qemu:///system";

/// Opens a connection.
///
/// # Errors
/// libvirt's own.
pub fn open(uri: &str) -> Result<Connect, virt::error::Error> {
    // libvirt would print every error to standard error besides returning it.
    virt::error::clear_error_callback();
    Connect::open(Some(uri))
}

/// Which daemon the user wants for new labs: `WARP_LIBVIRT=auto|system|private`, where auto is none in particular.
///
/// # Errors
/// Another word there.
pub fn wish() -> Result<Option<DaemonKind>> {
    let wish = std::env::var("WARP_LIBVIRT").unwrap_or_else(|_| "auto".to_owned());
    match wish.as_str() {
        "system" => Ok(Some(DaemonKind::System)),
        "private" => Ok(Some(DaemonKind::Private)),
        "auto" | "" => Ok(None),
        other => {
            Err(Error::input(format!("WARP_LIBVIRT is {other:?}")).help("it is auto, system or private"))
        }
    }
}

/// Which daemon a new lab is to use.
///
/// # Errors
/// As `wish`, or a machine where neither daemon is to be had.
pub fn choose() -> Result<DaemonKind> {
    match wish()? {
        Some(DaemonKind::System) => Ok(DaemonKind::System),
        Some(DaemonKind::Private) => private_allowed(None),
        None => match open(SYSTEM) {
            Ok(_) => Ok(DaemonKind::System),
            Err(e) => private_allowed(Some(&e)),
        },
    }
}

fn private_allowed(system: Option<&virt::error::Error>) -> Result<DaemonKind> {
    if nix::unistd::geteuid().is_root() {
        return Ok(DaemonKind::Private);
    }
    let error = match system {
        Some(e) => libvirt::error(format_args!("libvirt's daemon at {SYSTEM} does not answer"), e),
        None => Error::other("only root can start a libvirt daemon for the lab"),
    };
    Err(error
        .help("run warp as root, which starts a daemon for the lab alone")
        .help("or use the machine's: apt-get install libvirt-daemon-system, and join the group libvirt"))
}
