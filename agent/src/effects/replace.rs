//! Replacing a file whole: written beside it under another name, then renamed over it.

use super::{Effects, umask, xattr};
use crate::accounts;
use crate::digest::hex;
use crate::guard::{self, Guarded};
use crate::selinux;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A file that is being written, private until it takes its place; removed when dropped before.
#[derive(Debug)]
pub struct Temp {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// A directory of its own.
    pub(super) folder: Option<PathBuf>,
    pub(super) placed: bool,
}

impl Temp {
    /// Makes one in `dir`.
    ///
    /// # Errors
    /// `open`'s.
    pub fn new_in(dir: &Path) -> io::Result<Self> {
        loop {
            let path = dir.join(draft_name()?);
            // O_EXCL, which create_new is, follows no link that somebody may have laid there.
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                opened => {
                    let file = opened?;
                    guard::begin(Guarded::Path(&path));
                    return Ok(Temp { file, path, folder: None, placed: false });
                }
            }
        }
    }

    /// The file, to be written.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where it is for now, for programs that look it over.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it the permissions, times and extended attributes of the file it was copied from.
    ///
    /// # Errors
    /// The system's.
    pub fn copy_stat(&self, source: &File) -> io::Result<()> {
        let meta = source.metadata()?;
        self.file.set_permissions(meta.permissions())?;
        xattr::copy(source, &self.file);
        let times = FileTimes::new().set_accessed(meta.accessed()?).set_modified(meta.modified()?);
        self.file.set_times(times)
    }

    /// Gives it the owner, permissions and extended attributes of the file it is to replace.
    fn dress_as(&self, old: &File) -> io::Result<()> {
        let meta = old.metadata()?;
        let own = self.file.metadata()?;
        if (own.uid(), own.gid()) != (meta.uid(), meta.gid()) {
            permitted(fchown(&self.file, Some(meta.uid()), Some(meta.gid())))?;
        }
        permitted(self.file.set_permissions(Permissions::from_mode(meta.mode() & 0o7777)))?;
        xattr::copy(old, &self.file);
        Ok(())
    }

    /// Gives it what a file newly made at `dest` gets.
    fn dress_new(&self, dest: &Path) -> io::Result<()> {
        let dir = directory_of(dest);
        selinux::label_new(&self.file, dest)?;
        self.file.set_permissions(Permissions::from_mode(0o666 & !umask()))?;
        let parent = fs::metadata(dir)?;
        let gid = if parent.mode() & 0o2000 == 0 { accounts::effective_gid() } else { parent.gid() };
        // As good as it gets: who is not root may not give files to a group of others.
        let _ = fchown(&self.file, Some(accounts::effective_uid()), Some(gid));
        Ok(())
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.placed {
            // Nobody can be told here; a file left behind is private and named as ours.
            let _ = fs::remove_file(&self.path);
        }
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
        guard::end(Guarded::Path(self.folder.as_deref().unwrap_or(&self.path)));
    }
}

impl Effects {
    /// A private file to write, in the directory of `dest` so that it can be renamed; `None` in check mode. Where
    /// nothing can be made there and `unsafe_writes` allows it, in the directory for temporary files.
    ///
    /// # Errors
    /// `open`'s.
    pub fn temp_beside(&self, dest: &Path, unsafe_writes: bool) -> io::Result<Option<Temp>> {
        if self.check() {
            return Ok(None);
        }
        match Temp::new_in(directory_of(dest)) {
            Err(_) if unsafe_writes => Temp::new_in(&std::env::temp_dir()).map(Some),
            made => made.map(Some),
        }
    }

    /// As `temp_beside`, called `name` in a private directory of its own.
    ///
    /// # Errors
    /// As `temp_beside`.
    pub fn staged_beside(&self, dest: &Path, name: &str, unsafe_writes: bool) -> io::Result<Option<Temp>> {
        if self.check() {
            return Ok(None);
        }
        match Temp::staged_in(directory_of(dest), name) {
            Err(_) if unsafe_writes => Temp::staged_in(&std::env::temp_dir(), name).map(Some),
            made => made.map(Some),
        }
    }

    /// Puts `temp` in the place of `dest`. A file that is replaced hands down owner, permissions, SELinux context and
    /// access list; a new one gets what the umask and its directory give. A link at `dest` is itself replaced.
    /// Recorded as a change whether `temp` is there or not, as `temp_beside` gives none in check mode.
    ///
    /// # Errors
    /// The system's; `dest` is then as it was, unless `unsafe_writes` made this write in place.
    pub fn replace(&mut self, temp: Option<Temp>, dest: &Path, unsafe_writes: bool) -> io::Result<()> {
        let (true, Some(temp)) = (self.begin(), temp) else { return Ok(()) };
        match File::open(dest) {
            Ok(old) => temp.dress_as(&old)?,
            Err(e) if e.kind() == ErrorKind::NotFound => temp.dress_new(dest)?,
            // It is there but may not be read: its owner and permissions are still known.
            Err(_) => {
                let meta = fs::metadata(dest)?;
                permitted(fchown(&temp.file, Some(meta.uid()), Some(meta.gid())))?;
                permitted(temp.file.set_permissions(Permissions::from_mode(meta.mode() & 0o7777)))?;
            }
        }
        place(temp, dest, unsafe_writes)
    }

    /// As `replace`, but what is replaced hands nothing down: `temp` keeps what it has.
    ///
    /// # Errors
    /// As `replace`.
    pub fn replace_with_own(
        &mut self,
        temp: Option<Temp>,
        dest: &Path,
        unsafe_writes: bool,
    ) -> io::Result<()> {
        let (true, Some(temp)) = (self.begin(), temp) else { return Ok(()) };
        if fs::symlink_metadata(dest).is_err() {
            temp.dress_new(dest)?;
        }
        place(temp, dest, unsafe_writes)
    }

    /// Replaces `dest` with these bytes.
    ///
    /// # Errors
    /// As `temp_beside`, `replace`, and writing.
    pub fn write(&mut self, dest: &Path, bytes: &[u8], unsafe_writes: bool) -> io::Result<()> {
        let mut temp = self.temp_beside(dest, unsafe_writes)?;
        if let Some(temp) = &mut temp {
            io::Write::write_all(temp.file(), bytes)?;
        }
        self.replace(temp, dest, unsafe_writes)
    }
}

fn place(mut temp: Temp, dest: &Path, unsafe_writes: bool) -> io::Result<()> {
    match fs::rename(&temp.path, dest) {
        Ok(()) => {
            temp.placed = true;
            Ok(())
        }
        Err(_) if unsafe_writes => write_in_place(&temp.path, dest),
        Err(e) => Err(e),
    }
}

/// The directory that holds `path`.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What an account that is not root may not do is let go, as Ansible lets it go.
fn permitted(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.raw_os_error() == Some(libc::EPERM) => Ok(()),
        other => other,
    }
}

/// Writes over the bytes of `dest`: a reader may see half of it, and a link is followed.
fn write_in_place(from: &Path, dest: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = File::create(dest)?;
    io::copy(&mut source, &mut target).map(drop)
}

/// A name that nobody can have foreseen.
pub(super) fn draft_name() -> io::Result<String> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!(".warp_tmp{}", hex(&bytes)))
}
