//! The lab: virtual machines, networks and storage on libvirt, which warp made, knows again and removes.

mod actions;
mod bmc;
mod copy;
mod daemon;
mod difference;
pub mod doctor;
mod forwarded;
mod lease;
mod libvirt;
mod lock;
mod look;
pub mod mac;
mod manifest;
mod mark;
mod netns;
mod node;
mod own;
mod place;
mod probe;
mod program;
pub mod proxy;
mod remote;
mod reshape;
mod snapshot;
mod teardown;
mod trust;
mod upload;
mod volume;
mod xml;

pub use actions::{actions, plain_actions};
pub use lease::{Address, Card};
pub use lock::Held;
pub use manifest::{DaemonKind, DomainType, Place};
pub use node::Node;
pub use own::Names;
pub use snapshot::{Part, Reverted, Snapshot};
pub use teardown::{Level, Removed};
pub use volume::Wanted as WantedVolume;

use crate::error::{Error, Result};
use daemon::Private;
use manifest::Store;
use remote::Remote;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use virt::connect::Connect;

/// A lab: what lies under one LWD.
pub struct Lab {
    /// `LWD/.warp`.
    directory: PathBuf,
    store: Store,
    connection: Mutex<Option<Connect>>,
    /// The way to its virthost, while there is a connection to that.
    remote: Mutex<Option<Remote>>,
    /// Whether it is only looked at.
    looks: bool,
}

impl Lab {
    /// The lab of a local working directory, made where there is none yet. No daemon is touched.
    ///
    /// # Errors
    /// A directory that cannot be written, or a manifest that cannot be read.
    pub fn open(lwd: &Path) -> Result<Lab> {
        if let Some(lab) = Self::find(lwd)? {
            return Ok(lab);
        }
        let directory = directory(lwd);
        // Guests' disks are below the folder, so their account must get through it; what warp keeps is for us alone.
        std::fs::create_dir_all(lwd)
            .and_then(|()| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory))
            .map_err(|e| Error::other(format!("cannot make {}: {e}", directory.display())))?;
        let store = Store::create(&manifest_path(&directory))?;
        Ok(Lab { directory, store, connection: Mutex::default(), remote: Mutex::default(), looks: false })
    }

    /// The lab of a local working directory, if there is one.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn find(lwd: &Path) -> Result<Option<Lab>> {
        let directory = directory(lwd);
        let store = Store::read(&manifest_path(&directory))?;
        Ok(store.map(|store| Lab {
            directory,
            store,
            connection: Mutex::default(),
            remote: Mutex::default(),
            looks: false,
        }))
    }

    /// The lab of a local working directory, which there must be.
    ///
    /// # Errors
    /// There is none, or as `find`.
    pub fn of(lwd: &Path) -> Result<Lab> {
        Lab::find(lwd)?.ok_or_else(|| {
            Error::other(format!("there is no lab in {}", lwd.display()))
                .help("`warp deploy undercloud` makes one; LWD says where it is")
        })
    }

    /// The lab's identity: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        self.store.get().id
    }

    /// Takes the lab for `command`, which another warp is shown; whoever changes the lab holds it.
    ///
    /// # Errors
    /// `Exit::LabHeld` when another warp holds it.
    pub fn lock(&self, command: &str) -> Result<Held> {
        lock::take(&self.directory.join("lock"), command)
    }

    /// Which daemon holds the lab's objects, once that was decided.
    #[must_use]
    pub fn daemon_kind(&self) -> Option<DaemonKind> {
        self.store.get().daemon
    }

    /// The name of the network namespace of a lab whose daemon is private.
    #[must_use]
    pub fn namespace(&self) -> String {
        Private::namespace(&self.id())
    }

    /// The network namespace that the lab's guests are in, where it is not the machine's own.
    #[must_use]
    pub fn own_namespace(&self) -> Option<String> {
        (self.daemon_kind() == Some(DaemonKind::Private)).then(|| self.namespace())
    }

    /// The URI of the lab's libvirt, for other tools; the daemon is not started for it.
    ///
    /// # Errors
    /// No daemon is to be had on this machine.
    pub fn uri(&self) -> Result<String> {
        Ok(match self.decide_daemon()? {
            DaemonKind::System => daemon::SYSTEM.to_owned(),
            DaemonKind::Private => self.private().uri(),
            DaemonKind::Session => daemon::SESSION.to_owned(),
            DaemonKind::Remote => format!("qemu+ssh://{}/system", self.virthost().unwrap_or_default()),
        })
    }

    /// A connection to the lab's libvirt, whose daemon is started where it does not run. Blocks.
    ///
    /// # Errors
    /// No daemon is to be had, or it does not come up.
    pub fn connect(&self) -> Result<Connect> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked, because `is_alive` does not notice that a daemon was killed.
        if let Some(open) = connection.as_ref().filter(|c| c.lib_version().is_ok()) {
            return Ok(open.clone());
        }
        let open = match self.decide_daemon()? {
            _ if self.looks => self.connect_to_look()?,
            DaemonKind::System => daemon::open(daemon::SYSTEM).map_err(|e| {
                libvirt::error(format_args!("libvirt's daemon at {} does not answer", daemon::SYSTEM), &e)
                    .note("this lab was made there")
                    .help("start it: systemctl start libvirtd")
            })?,
            DaemonKind::Private => self.private().connect()?,
            DaemonKind::Session => daemon::open(daemon::SESSION).map_err(|e| {
                libvirt::error(
                    format_args!("your own libvirt daemon at {} does not answer", daemon::SESSION),
                    &e,
                )
                .help("libvirt starts it; it must be installed: apt-get install libvirt-daemon")
            })?,
            DaemonKind::Remote => {
                let uri = self.way_to_virthost()?;
                daemon::open(&uri).map_err(|e| self.silent_virthost(&e))?
            }
        };
        *connection = Some(open.clone());
        Ok(open)
    }

    /// Runs blocking work on the lab away from the threads that serve tasks.
    ///
    /// # Errors
    /// The work's own.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Lab) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let lab = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&lab))
            .await
            .map_err(|e| Error::other(format!("work on the lab died: {e}")))?
    }

    /// Whether the lab's daemon runs; none is started to find out.
    #[must_use]
    pub fn daemon_answers(&self) -> bool {
        match self.daemon_kind() {
            Some(DaemonKind::System) => daemon::open(daemon::SYSTEM).is_ok(),
            Some(DaemonKind::Private) => self.private().process().is_some(),
            Some(DaemonKind::Session) => daemon::session_answers(),
            Some(DaemonKind::Remote) => self.connect().is_ok(),
            None => false,
        }
    }

    /// The machine that has the guests, by its name for ssh, where it is another one than this.
    #[must_use]
    pub fn virthost(&self) -> Option<String> {
        self.store.get().virthost
    }

    /// The URI of the virthost's libvirt in this process, after logging in there.
    fn way_to_virthost(&self) -> Result<String> {
        let remote = Remote::open(&self.virthost().unwrap_or_default())?;
        let uri = remote.uri();
        *self.remote.lock().unwrap_or_else(PoisonError::into_inner) = Some(remote);
        Ok(uri)
    }

    fn silent_virthost(&self, e: &virt::error::Error) -> Error {
        let host = self.virthost().unwrap_or_default();
        libvirt::error(format_args!("the libvirt of the virthost {host} does not answer"), e)
            .help(format!("`ssh {host} virsh -c qemu:///system list` shows whether it does for you"))
    }

    fn private(&self) -> Private {
        Private::new(&self.id(), &self.directory)
    }

    fn decide_daemon(&self) -> Result<DaemonKind> {
        let asked = daemon::virthost();
        if let Some(kind) = self.daemon_kind() {
            let is = self.virthost();
            if asked.is_some() && asked != is {
                return Err(Error::input(format!(
                    "VIRTHOST is {}, and this lab is on {}",
                    asked.unwrap_or_default(),
                    is.as_deref().unwrap_or("this machine")
                ))
                .help("set LWD to another folder for another lab, or `warp teardown all` first"));
            }
            return Ok(kind);
        }
        let kind = daemon::choose()?;
        if let Some(host) = asked.as_deref().filter(|_| kind == DaemonKind::Remote) {
            // A name that leads nowhere is not kept.
            drop(Remote::open(host)?);
        }
        self.store.update(|m| {
            m.daemon = Some(kind);
            m.virthost = asked;
        })?;
        Ok(kind)
    }
}

fn directory(lwd: &Path) -> PathBuf {
    lwd.join(".warp")
}

fn manifest_path(directory: &Path) -> PathBuf {
    directory.join("lab.yaml")
}
