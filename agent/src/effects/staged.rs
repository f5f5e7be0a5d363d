//! A file that is written in a private directory of its own beside its place, under a name that its source gives it.

use super::replace::{Temp, draft_name};
use crate::accounts;
use crate::guard::{self, Guarded};
use std::ffi::CString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

impl Temp {
    /// Makes one called `name` in a directory of its own in `dir`.
    ///
    /// # Errors
    /// The system's; or somebody has put another directory in the place of the new one.
    pub fn staged_in(dir: &Path, name: &str) -> io::Result<Self> {
        let folder = dir.join(draft_name()?);
        DirBuilder::new().mode(0o700).create(&folder)?;
        guard::begin(Guarded::Path(&folder));
        let opened = open_in(&folder, name);
        if opened.is_err() {
            let _ = fs::remove_dir(&folder);
            guard::end(Guarded::Path(&folder));
        }
        Ok(Temp { file: opened?, path: folder.join(name), folder: Some(folder), placed: false })
    }
}

/// Makes a file in a directory that was just made. The directory above may be another account's, which could move the
/// new one away: it must be the one that is opened, and what is made in it is made by its descriptor.
fn open_in(folder: &Path, name: &str) -> io::Result<File> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(folder)?;
    let meta = opened.metadata()?;
    if meta.uid() != accounts::effective_uid() || meta.mode() & 0o077 != 0 {
        return Err(io::Error::from_raw_os_error(libc::EACCES));
    }
    let name = CString::new(name)?;
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: an open descriptor and a text that ends; the new descriptor is owned by nobody else.
    let file = unsafe { libc::openat(opened.as_raw_fd(), name.as_ptr(), flags, 0o600) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    Ok(unsafe { File::from_raw_fd(file) })
}
