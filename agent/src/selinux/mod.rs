//! SELinux contexts, by the files and attributes that libselinux itself reads: nothing is linked.

mod file_contexts;

pub(crate) use file_contexts::FileContexts;

use std::ffi::{CString, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The attribute that holds a context.
const NAME: &std::ffi::CStr = c"security.selinux";

/// The file systems on which everything has the context of where they are mounted.
const SPECIAL: [&str; 6] = ["fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"];

/// A context's parts: user, role, type, and the level where the policy has levels.
pub(crate) type Context = Vec<String>;

/// Whether SELinux is on.
pub(crate) fn enabled() -> bool {
    Path::new("/sys/fs/selinux/enforce").exists()
}

/// Whether contexts have levels.
pub(crate) fn has_levels() -> bool {
    fs::read_to_string("/sys/fs/selinux/mls").is_ok_and(|text| text.trim() == "1")
}

/// The parts of a context. The level may hold colons itself.
fn parts(context: &str) -> Context {
    context.splitn(4, ':').map(str::to_owned).collect()
}

/// The context of a path, a link itself and not what it leads to.
///
/// # Errors
/// `lgetxattr`'s.
pub(crate) fn context(path: &Path) -> io::Result<Context> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut buffer = [0_u8; 4096];
    // SAFETY: two C strings and a buffer of the length given, all alive through the call.
    let size =
        unsafe { libc::lgetxattr(path.as_ptr(), NAME.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    let Ok(size) = usize::try_from(size) else {
        return match io::Error::last_os_error() {
            // As the kernel calls what nobody has labelled.
            e if e.raw_os_error() == Some(libc::ENODATA) => {
                let level = if has_levels() { ":s0" } else { "" };
                Ok(parts(&format!("system_u:object_r:unlabeled_t{level}")))
            }
            e => Err(e),
        };
    };
    let text = String::from_utf8_lossy(buffer.get(..size).unwrap_or_default());
    Ok(parts(text.trim_end_matches('\0')))
}

/// Sets the context of a path, a link itself and not what it leads to.
///
/// # Errors
/// `lsetxattr`'s.
pub(crate) fn set_context(path: &Path, context: &Context) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let value = CString::new(context.join(":"))?;
    let value = value.as_bytes_with_nul();
    // SAFETY: as above.
    let set = unsafe { libc::lsetxattr(path.as_ptr(), NAME.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives an open file, which is to be at `dest`, the context that the policy has for a new one there. Nothing where
/// SELinux is off, the policy says nothing of it, or its file system has one context for all.
///
/// # Errors
/// `fsetxattr`'s.
pub(crate) fn label_new(file: &File, dest: &Path) -> io::Result<()> {
    if !enabled() || special(dest).is_some() {
        return Ok(());
    }
    let Some(context) = default_context(dest) else { return Ok(()) };
    let value = CString::new(context.join(":"))?;
    let value = value.as_bytes_with_nul();
    // SAFETY: an open descriptor, a C string and a buffer of the length given.
    let set =
        unsafe { libc::fsetxattr(file.as_raw_fd(), NAME.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// What the policy has for a file of any kind at a path; nothing where it says nothing.
pub(crate) fn default_context(path: &Path) -> Option<Context> {
    let config = fs::read_to_string("/etc/selinux/config").ok()?;
    let policy = config.lines().find_map(|line| line.trim().strip_prefix("SELINUXTYPE="))?.trim();
    let files = Path::new("/etc/selinux").join(policy).join("contexts/files/file_contexts");
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let physical = fs::canonicalize(&absolute).unwrap_or(absolute);
    FileContexts::read(&files).find(&physical.to_string_lossy()).map(|context| parts(&context))
}

/// The context of the mount that a path is on, where its file system has one for everything.
pub(crate) fn special(path: &Path) -> Option<io::Result<Context>> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let mount = mount_point(path);
    let of = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        Some((OsString::from(fields.next()?), fields.next()?.to_owned()))
    };
    let mut kinds = mounts.lines().filter_map(of).filter(|(point, _)| *point == mount).map(|(_, kind)| kind);
    kinds.any(|kind| SPECIAL.iter().any(|special| kind.contains(special))).then(|| context(&mount))
}

/// The directory on which the file system of a path is mounted.
fn mount_point(path: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut at = fs::canonicalize(&absolute).unwrap_or(absolute);
    loop {
        let Some(above) = at.parent().map(Path::to_owned) else { return at };
        if let (Ok(here), Ok(there)) = (fs::metadata(&at), fs::metadata(&above))
            && here.dev() != there.dev()
        {
            return at;
        }
        at = above;
    }
}
