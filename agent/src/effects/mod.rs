//! Every mutation of files that a module makes. In check mode nothing is done, and what would have been is recorded.

mod attributes;
mod backup;
mod context;
mod mode;
mod replace;
mod staged;
mod xattr;

pub use attributes::FileArgs;
pub use mode::{ModeArg, umask};
pub use replace::Temp;

use crate::value::Map;
use crate::wire::Mode;
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::Path;

/// Mutations of files, done or in check mode only recorded.
///
/// Each returns the system's error as it is, for the module to word.
#[derive(Debug)]
pub struct Effects {
    mode: Mode,
    changed: bool,
    before: Map,
    after: Map,
}

impl Effects {
    /// In this mode, with nothing changed yet.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Effects { mode, changed: false, before: Map::new(), after: Map::new() }
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn check(&self) -> bool {
        self.mode.check
    }

    /// Whether anything was changed, or in check mode would have been.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// Attributes that were changed, by their names in Ansible's `diff`: as they were, and as they are.
    #[must_use]
    pub fn attribute_diff(&self) -> (&Map, &Map) {
        (&self.before, &self.after)
    }

    /// Records a change; whether it is to be done.
    fn begin(&mut self) -> bool {
        self.changed = true;
        !self.mode.check
    }

    /// Makes one directory with these permission bits, less the umask.
    ///
    /// # Errors
    /// `mkdir`'s.
    pub fn make_dir(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        if self.begin() { fs::DirBuilder::new().mode(mode).create(path) } else { Ok(()) }
    }

    /// Makes an empty file; one that is there already is an error.
    ///
    /// # Errors
    /// `open`'s.
    pub fn create(&mut self, path: &Path) -> io::Result<()> {
        if self.begin() { fs::File::create_new(path).map(drop) } else { Ok(()) }
    }

    /// Removes anything but a directory.
    ///
    /// # Errors
    /// `unlink`'s.
    pub fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        if self.begin() { fs::remove_file(path) } else { Ok(()) }
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `rmdir`'s.
    pub fn remove_dir(&mut self, path: &Path) -> io::Result<()> {
        if self.begin() { fs::remove_dir(path) } else { Ok(()) }
    }

    /// Removes a directory and all that is in it, following no link.
    ///
    /// # Errors
    /// The first that occurs; what was removed until then is gone.
    pub fn remove_tree(&mut self, path: &Path) -> io::Result<()> {
        if self.begin() { fs::remove_dir_all(path) } else { Ok(()) }
    }

    /// Makes a symbolic link at `path` that says `target`.
    ///
    /// # Errors
    /// `symlink`'s.
    pub fn symlink(&mut self, target: &Path, path: &Path) -> io::Result<()> {
        if self.begin() { symlink(target, path) } else { Ok(()) }
    }

    /// Makes `path` another name of the file `target`.
    ///
    /// # Errors
    /// `link`'s.
    pub fn hard_link(&mut self, target: &Path, path: &Path) -> io::Result<()> {
        if self.begin() { fs::hard_link(target, path) } else { Ok(()) }
    }

    /// Puts a symbolic link in the place of whatever is at `path`, at no moment leaving nothing there.
    ///
    /// # Errors
    /// `symlink`'s or `rename`'s.
    pub fn replace_link(&mut self, target: &Path, path: &Path) -> io::Result<()> {
        if self.begin() { in_place_of(path, |draft| symlink(target, draft)) } else { Ok(()) }
    }

    /// Puts another name of the file `target` in the place of whatever is at `path`, likewise.
    ///
    /// # Errors
    /// `link`'s or `rename`'s.
    pub fn replace_hard_link(&mut self, target: &Path, path: &Path) -> io::Result<()> {
        if self.begin() { in_place_of(path, |draft| fs::hard_link(target, draft)) } else { Ok(()) }
    }

    /// Sets the times of last access and change, in seconds since the epoch, of what a path leads to; without times
    /// both to now, which needs no ownership, only that the file may be written.
    ///
    /// # Errors
    /// `utimensat`'s.
    pub fn set_times(&mut self, path: &Path, times: Option<(f64, f64)>) -> io::Result<()> {
        if !self.begin() {
            return Ok(());
        }
        let name = CString::new(path.as_os_str().as_bytes())?;
        let spec = |seconds: f64| libc::timespec {
            tv_sec: seconds.floor() as libc::time_t,
            tv_nsec: ((seconds - seconds.floor()) * 1e9) as libc::c_long,
        };
        let times = times.map(|(accessed, modified)| [spec(accessed), spec(modified)]);
        let pointer = times.as_ref().map_or(std::ptr::null(), |times| times.as_ptr());
        // SAFETY: name is a C string and pointer null or two timespecs, all of which live through the call.
        if unsafe { libc::utimensat(libc::AT_FDCWD, name.as_ptr(), pointer, 0) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Sets the permissions of what a path leads to.
    ///
    /// # Errors
    /// `chmod`'s.
    pub fn set_permissions(&mut self, path: &Path, permissions: fs::Permissions) -> io::Result<()> {
        if self.begin() { fs::set_permissions(path, permissions) } else { Ok(()) }
    }

    /// Renames within a file system, over whatever `to` is.
    ///
    /// # Errors
    /// `rename`'s.
    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        if self.begin() { fs::rename(from, to) } else { Ok(()) }
    }

    /// Records a change that the module does by other means than files, such as a program it runs; whether to do it.
    #[must_use]
    pub fn other(&mut self) -> bool {
        self.begin()
    }
}

/// Makes something under a name of its own beside `path`, and renames it there.
fn in_place_of(path: &Path, make: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let draft = replace::directory_of(path).join(replace::draft_name()?);
    make(&draft)?;
    fs::rename(&draft, path).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&draft);
    })?;
    // Two names of one file: the rename has then done nothing, and left the draft.
    match fs::remove_file(&draft) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
