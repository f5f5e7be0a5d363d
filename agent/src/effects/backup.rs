//! Backups: a copy beside the file, named for the time.

use super::{Effects, xattr};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

impl Effects {
    /// Copies a file with its owner, permissions, times and attributes to `PATH.PID.YYYY-MM-DD@HH:MM:SS~`; gives
    /// that name, or nothing where no file is. In check mode only the name is made.
    ///
    /// # Errors
    /// The copy's.
    pub fn backup(&mut self, path: &Path) -> io::Result<Option<String>> {
        if !path.exists() {
            return Ok(None);
        }
        let name = format!("{}.{}.{}~", path.display(), std::process::id(), crate::clock::local_stamp());
        if !self.check() {
            copy(path, Path::new(&name))?;
        }
        Ok(Some(name))
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let meta = source.metadata()?;
    // Two backups within a second have one name: the later wins, as in Ansible. It is made anew, so that nothing is
    // written through a link.
    match fs::remove_file(to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    match fchown(&target, Some(meta.uid()), Some(meta.gid())) {
        Err(e) if e.raw_os_error() != Some(libc::EPERM) => return Err(e),
        _ => {}
    }
    target.set_permissions(meta.permissions())?;
    xattr::copy(&source, &target);
    target.set_times(fs::FileTimes::new().set_accessed(meta.accessed()?).set_modified(meta.modified()?))
}
