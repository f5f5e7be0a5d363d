//! A lab that is only looked at: nothing is written, no daemon is started, and libvirt itself forbids every change.

use super::manifest::{DaemonKind, Store};
use super::{Lab, daemon, directory, libvirt, manifest_path};
use crate::error::{Error, Result};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use virt::connect::Connect;
use virt::error::Error as Failure;

impl Lab {
    /// The lab of a local working directory, to look at. Where there is none it is a new one that nothing remembers.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn look(lwd: &Path) -> Result<Lab> {
        let directory = directory(lwd);
        let path = manifest_path(&directory);
        let store = Store::read(&path)?.map_or_else(|| Store::new(&path), Ok)?;
        Ok(Lab {
            directory,
            store: store.unwritten(),
            connection: Mutex::default(),
            remote: Mutex::default(),
            looks: true,
        })
    }

    /// Whether it is one that nothing remembers.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.looks && !manifest_path(&self.directory).exists()
    }

    /// A read-only connection; to a libvirt that holds nothing where the lab's own daemon was never made.
    pub(super) fn connect_to_look(&self) -> Result<Connect> {
        let private = self.private();
        match self.decide_daemon()? {
            DaemonKind::System => look_at(daemon::SYSTEM),
            DaemonKind::Remote => look_at(&self.way_to_virthost()?),
            DaemonKind::Session if daemon::session_answers() => look_at(daemon::SESSION),
            DaemonKind::Session if self.is_new() => nothing(),
            DaemonKind::Private if private.process().is_some() => look_at(&private.uri()),
            DaemonKind::Private if !private.was_made() => nothing(),
            DaemonKind::Private | DaemonKind::Session => {
                Err(Error::other("the lab's libvirt daemon does not run, so what it holds cannot be seen")
                    .note("looking starts nothing")
                    .help("`warp ls` starts it, and with it what is to start with it"))
            }
        }
    }
}

fn look_at(uri: &str) -> Result<Connect> {
    virt::error::clear_error_callback();
    Connect::open_read_only(Some(uri))
        .map_err(|e| libvirt::error(format_args!("libvirt's daemon at {uri} does not answer"), &e))
}

/// libvirt's own driver for tests, in this process, with nothing in it.
fn nothing() -> Result<Connect> {
    let failed = |e: std::io::Error| Error::other(format!("cannot write a temporary file: {e}"));
    let mut node = tempfile::NamedTempFile::new().map_err(failed)?;
    node.write_all(b"<node/>").map_err(failed)?;
    virt::error::clear_error_callback();
    Connect::open_read_only(Some(&format!("test://{}", node.path().display())))
        .map_err(|e: Failure| libvirt::error("cannot open a libvirt that holds nothing", &e))
}
