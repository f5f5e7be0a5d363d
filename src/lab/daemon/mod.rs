//! The libvirt daemon that holds the lab's objects: the machine's own where one answers, else one of warp's.

mod conf;
mod private;
mod session;

pub use private::Private;
pub use session::answers as session_answers;

use super::libvirt;
use super::manifest::DaemonKind;
use crate::error::{Error, Result};
use nix::unistd::geteuid;
use std::os::unix::net::UnixStream;
use std::path::Path;
use virt::connect::Connect;

/// The machine's own daemon.
pub const SYSTEM: &str = "qemu:///system";

/// The account's own daemon, which libvirt starts when it is wanted.
pub const SESSION: &str = "qemu:///session";

/// Where daemons listen: the monolithic one, or that of the modular ones which has domains.
const SOCKETS: [&str; 2] = ["libvirt-sock", "virtqemud-sock"];

/// Opens a connection.
///
/// # Errors
/// libvirt's own.
pub fn open(uri: &str) -> Result<Connect, virt::error::Error> {
    // libvirt would print every error to standard error besides returning it.
    virt::error::clear_error_callback();
    Connect::open(Some(uri))
}

/// Which daemon the user wants for new labs: `WARP_LIBVIRT=auto|system|private|session`, where auto is none in particular.
///
/// A `VIRTHOST` wants that of another machine.
///
/// # Errors
/// Another word there.
pub fn wish() -> Result<Option<DaemonKind>> {
    if virthost().is_some() {
        return Ok(Some(DaemonKind::Remote));
    }
    let wish = std::env::var("WARP_LIBVIRT").unwrap_or_else(|_| "auto".to_owned());
    match wish.as_str() {
        "system" => Ok(Some(DaemonKind::System)),
        "private" => Ok(Some(DaemonKind::Private)),
        "session" => Ok(Some(DaemonKind::Session)),
        "auto" | "" => Ok(None),
        other => {
            Err(Error::input(format!("WARP_LIBVIRT is {other:?}"))
                .help("it is auto, system, private or session"))
        }
    }
}

/// The machine that is to have the guests, where `VIRTHOST` names another than this one, by its name for ssh.
#[must_use]
pub fn virthost() -> Option<String> {
    let here = ["", "localhost", "127.0.0.1", "127.0.0.2", "::1"];
    std::env::var("VIRTHOST").ok().filter(|host| !here.contains(&host.as_str()))
}

/// Which daemon a new lab gets where none in particular is wanted: the machine's, else root one for the lab alone, and
/// others their own. One that is there and does not let this account in is the one that is meant.
#[must_use]
pub fn best() -> DaemonKind {
    match open(SYSTEM) {
        Ok(_) => DaemonKind::System,
        Err(_) if geteuid().is_root() => DaemonKind::Private,
        Err(_) if closed() => DaemonKind::System,
        Err(_) => DaemonKind::Session,
    }
}

/// Which daemon a new lab is to use.
///
/// # Errors
/// As `wish`, or one that this account cannot have.
pub fn choose() -> Result<DaemonKind> {
    let kind = wish()?.unwrap_or_else(best);
    let root = geteuid().is_root();
    match kind {
        DaemonKind::Private if !root => Err(Error::other("only root can start a libvirt daemon for the lab")
            .help("run warp as root, or with WARP_LIBVIRT=session, which needs no root")),
        DaemonKind::Session if root => Err(Error::other(format!(
            "root's {SESSION} is no session of its own: it has the machine's settings"
        ))
        .help("run warp as an ordinary user, or with WARP_LIBVIRT=private")),
        DaemonKind::System if !root && closed() => {
            let refused = open(SYSTEM).err();
            let error = match &refused {
                Some(e) => {
                    libvirt::error(format_args!("libvirt's daemon at {SYSTEM} does not let you in"), e)
                }
                None => return Ok(kind),
            };
            Err(error.help("join the group libvirt (`warp doctor` has the command), and log in again").help(
                "or set WARP_LIBVIRT=session: the lab then needs no daemon of the machine's, and no root",
            ))
        }
        kind => Ok(kind),
    }
}

/// Whether the machine's daemon is there and refuses this account.
fn closed() -> bool {
    SOCKETS.iter().any(|name| {
        UnixStream::connect(Path::new("/run/libvirt").join(name))
            .is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)
    })
}
