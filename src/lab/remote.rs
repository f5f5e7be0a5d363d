//! The libvirt of another machine, by a socket here that an SSH connection of warp's own carries there.

use crate::connect::{Sessions, SshTarget};
use crate::error::{Error, Result};
use std::sync::{Arc, mpsc};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::oneshot;

/// Where libvirt listens on a machine: its one daemon, or the one that stands for the modular ones.
const THERE: &str = "/run/libvirt/libvirt-sock";

/// The way to a virthost's libvirt, for as long as this lives.
pub struct Remote {
    folder: TempDir,
    _stop: oneshot::Sender<()>,
}

impl Remote {
    /// Logs in to a machine, by its name for ssh, and sees that its libvirt lets the account in. Blocks.
    ///
    /// # Errors
    /// The machine cannot be reached, or has no libvirt for the account.
    pub fn open(host: &str) -> Result<Remote> {
        let failed = |e: std::io::Error| Error::other(format!("cannot make a socket for libvirt: {e}"));
        // Short, because the address of a socket holds 108 bytes; for this account alone.
        let folder = tempfile::Builder::new().prefix("warp-").tempdir().map_err(failed)?;
        let listener =
            std::os::unix::net::UnixListener::bind(folder.path().join("libvirt")).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let (told, came) = mpsc::channel();
        let name: Arc<str> = host.into();
        // A thread and a runtime of its own: libvirt's calls block those of others, and some callers have none.
        std::thread::Builder::new()
            .name("virthost".to_owned())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                    Ok(runtime) => runtime,
                    Err(e) => return drop(told.send(Err(failed(e)))),
                };
                runtime.block_on(async {
                    let (sessions, ready) = (Sessions::default(), told.clone());
                    let target = target(&name);
                    let carried = async {
                        let listener = UnixListener::from_std(listener)?;
                        let ready = move || drop(ready.send(Ok(())));
                        sessions.carry_socket(&name, &target, THERE, listener, ready).await
                    };
                    tokio::select! {
                        _ = stopped => {}
                        Err(e) = carried => drop(told.send(Err(e))),
                    }
                });
            })
            .map_err(failed)?;
        let came = came.recv().map_err(|_| Error::other("the way to the virthost died"))?;
        came.map_err(|e| {
            e.context(format!("the virthost {host}")).help(format!(
                "`ssh {host} virsh -c qemu:///system list` shows whether you get there; your account there must be in the group libvirt"
            ))
        })?;
        Ok(Remote { folder, _stop: stop })
    }

    /// The URI of the connection, in this process.
    pub fn uri(&self) -> String {
        format!("qemu+unix:///system?socket={}/libvirt", self.folder.path().display())
    }
}

/// `[USER@]HOST`, with what ssh_config says of it.
fn target(name: &str) -> SshTarget {
    let (user, address) = match name.rsplit_once('@') {
        Some((user, address)) => (Some(user.to_owned()), address),
        None => (None, name),
    };
    SshTarget { address: address.to_owned(), user, ..SshTarget::default() }
}
