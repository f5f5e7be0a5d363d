//! The host that is looked at, and what it has to carry.

use crate::error::{Error, Result};
use crate::lab::{DaemonKind, DomainType, Lab, daemon};
use nix::unistd::{User, geteuid, getuid};
use std::path::PathBuf;

/// A guest that is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Its domain.
    pub name: String,
    /// In MiB.
    pub memory: u64,
    /// In GiB.
    pub disk: u64,
}

/// What a deployment asks of the host.
#[derive(Clone, Debug)]
pub struct Needs {
    /// The guests.
    pub guests: Vec<Guest>,
    /// What domains are to run on, where that was said.
    pub domain_type: Option<DomainType>,
    /// Whether guests are to run guests of their own by KVM.
    pub nested: bool,
    /// The machine type of domains; empty where libvirt chooses.
    pub machine: String,
    /// Where disks are kept.
    pub pool: PathBuf,
    /// Where images are kept.
    pub images: PathBuf,
    /// The file in which variables of the deployment can be set.
    pub settings: PathBuf,
    /// The name servers that guests are given, where somebody chose them.
    pub nameservers: Option<Vec<String>>,
}

/// A host.
pub struct Host {
    pub(super) needs: Needs,
    /// Which libvirt daemon a lab on it uses.
    pub(super) daemon: DaemonKind,
    /// The account that uses libvirt: who called sudo, where somebody did.
    pub(super) account: Option<User>,
    /// What KVM was found to be before.
    pub(super) domain_type: Option<DomainType>,
    /// Guests that run already: they have what they need.
    pub(super) running: Vec<String>,
}

impl Host {
    /// This machine, for a lab that may be there already. No daemon is started. Blocks.
    ///
    /// # Errors
    /// `WARP_LIBVIRT` is not understood, or the lab's daemon refuses to tell its domains.
    pub fn new(needs: Needs, lab: Option<&Lab>) -> Result<Self> {
        let known = lab.and_then(Lab::daemon_kind);
        let daemon = match known {
            Some(kind) => kind,
            None => daemon::wish()?.unwrap_or_else(daemon::best),
        };
        if daemon == DaemonKind::Remote {
            return Err(Error::input(
                "the lab's guests are on another machine, and this is looked at where it runs",
            )
            .help("run `warp doctor` on the virthost"));
        }
        let running = match lab {
            Some(lab) if known.is_some() && lab.daemon_answers() => {
                let nodes = lab.nodes()?.into_iter();
                nodes.filter(|node| node.state == "running").map(|node| node.name).collect()
            }
            _ => Vec::new(),
        };
        let domain_type = lab.and_then(Lab::known_domain_type);
        Ok(Host { needs, daemon, account: account(), domain_type, running })
    }

    /// The guests that do not run yet.
    pub(super) fn coming(&self) -> impl Iterator<Item = &Guest> {
        self.needs.guests.iter().filter(|guest| !self.running.contains(&guest.name))
    }

    /// Whether the lab's guests are kept by the machine's own libvirt.
    pub(super) fn uses_system(&self) -> bool {
        self.daemon == DaemonKind::System
    }

    /// Whether all guests run: the host carries them.
    #[must_use]
    pub fn carries_all(&self) -> bool {
        self.coming().next().is_none()
    }
}

fn account() -> Option<User> {
    let called_by = std::env::var("SUDO_USER").ok().filter(|_| geteuid().is_root());
    match called_by {
        Some(name) => User::from_name(&name).ok().flatten(),
        None => User::from_uid(getuid()).ok().flatten(),
    }
}
