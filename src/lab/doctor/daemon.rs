//! libvirt's daemon: one for all (monolithic) or one for each kind of object (modular), running or started by its
//! sockets, or none.

use super::{Finding, Host, Level, Mend};
use crate::error::Result;
use crate::lab::DaemonKind;
use crate::lab::daemon::{self, SYSTEM};
use crate::lab::program;
use nix::unistd::geteuid;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Where sockets are.
const RUN: &str = "/run/libvirt";

/// The modular daemons that a lab needs, with their sockets.
const QEMU: (&str, &str) = ("virtqemud", "virtqemud-sock");
const MODULAR: [(&str, &str); 3] =
    [QEMU, ("virtnetworkd", "virtnetworkd-sock"), ("virtstoraged", "virtstoraged-sock")];
const MONOLITHIC: (&str, &str) = ("libvirtd", "libvirt-sock");

/// Present while systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    let installed = [MONOLITHIC.0, QEMU.0].into_iter().any(|name| program::find(name).is_some());
    if !host.uses_system() {
        // The lab gets another daemon, and one of the machine's that could run is only told of.
        let told = (installed && systemd()).then(|| asleep(host).at(Level::Warning));
        return Ok(told.into_iter().collect());
    }
    if let Err(refused) = daemon::open(SYSTEM) {
        return Ok(vec![if installed {
            asleep(host).advise(format!("libvirt says: {}", refused.message()))
        } else {
            absent()
        }]);
    }
    // The monolithic daemon has everything in it.
    if answers(MONOLITHIC.1) {
        return Ok(Vec::new());
    }
    Ok(MODULAR.into_iter().filter(|(_, socket)| !answers(socket)).map(part_missing).collect())
}

fn absent() -> Finding {
    let finding = Finding::error("libvirt is not installed", SYSTEM, "nothing keeps the guests");
    finding.mend(Mend::as_root(["apt-get", "install", "--yes", "libvirt-daemon-system"]))
}

/// Installed, and nobody answers.
fn asleep(host: &Host) -> Finding {
    let modular = program::find(MONOLITHIC.0).is_none();
    let socket = if modular { QEMU.1 } else { MONOLITHIC.1 };
    let place = Path::new(RUN).join(socket);
    let why = match host.daemon {
        DaemonKind::System | DaemonKind::Remote => "nothing keeps the guests",
        DaemonKind::Private => {
            "the lab gets a daemon of warp's own, and virsh and virt-manager do not show it without its address"
        }
        DaemonKind::Session => {
            "the lab gets your own, where guests have user-mode networking and nodes no networks between them"
        }
    };
    let finding = Finding::error("libvirt's daemon does not answer", place.display().to_string(), why);
    let denied = UnixStream::connect(&place).is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied);
    if denied {
        return finding.advise("it runs and does not let you in: see the groups, or run warp as root");
    }
    if !systemd() {
        return if geteuid().is_root() {
            finding.advise("start it as this machine starts its services, or set WARP_LIBVIRT=private: warp then starts one of its own")
        } else {
            finding.advise("start it as this machine starts its services, or run warp as root: it then starts one of its own")
        };
    }
    let units = if modular {
        MODULAR.map(|(name, _)| format!("{name}.socket")).to_vec()
    } else {
        vec!["libvirtd.socket".to_owned()]
    };
    finding.mend(Mend::as_root(["systemctl", "enable", "--now"]).with(units))
}

/// One of the modular daemons.
fn part_missing((name, socket): (&str, &str)) -> Finding {
    let place = Path::new(RUN).join(socket);
    let finding = Finding::error(
        format!("libvirt is modular here, and {name} does not answer"),
        place.display().to_string(),
        "a lab needs domains, networks and storage",
    );
    if systemd() {
        finding.mend(Mend::as_root(["systemctl", "enable", "--now", &format!("{name}.socket")]))
    } else {
        finding.advise(format!("start {name} as this machine starts its services"))
    }
}

fn systemd() -> bool {
    Path::new(SYSTEMD).is_dir()
}

/// Whether somebody listens at a socket, which starts a daemon that waits for that.
fn answers(socket: &str) -> bool {
    UnixStream::connect(Path::new(RUN).join(socket)).is_ok()
}
