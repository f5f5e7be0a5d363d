//! A file system's own flags on files, which `lsattr` shows and `chattr` sets.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Each flag's bit, its letter, and its name where Ansible has one; in the order in which lsattr shows them.
const FLAGS: &[(u32, char, &str)] = &[
    (0x0000_0001, 's', "zero"),
    (0x0000_0002, 'u', "undelete"),
    (0x0000_0008, 'S', "synchronous"),
    (0x0001_0000, 'D', "dirsync"),
    (0x0000_0010, 'i', "immutable"),
    (0x0000_0020, 'a', "append"),
    (0x0000_0040, 'd', "nodump"),
    (0x0000_0080, 'A', "noatime"),
    (0x0000_0004, 'c', "compressed"),
    (0x0000_0800, 'E', "encrypted"),
    (0x0000_4000, 'j', "journalled"),
    (0x0000_1000, 'I', "indexed"),
    (0x0000_8000, 't', "notail"),
    (0x0002_0000, 'T', "blockroot"),
    (0x0008_0000, 'e', "extents"),
    (0x0080_0000, 'C', "nocow"),
    (0x0200_0000, 'x', ""),
    (0x4000_0000, 'F', ""),
    (0x1000_0000, 'N', "inline"),
    (0x2000_0000, 'P', ""),
    (0x0010_0000, 'V', ""),
    (0x0000_0400, 'm', ""),
];

/// The flags of a file and its version, where its file system has such.
#[must_use]
pub fn read(path: &Path) -> Option<(u32, u32)> {
    let file = open(path).ok()?;
    let flags = ioctl(&file, libc::FS_IOC_GETFLAGS, 0).ok()?;
    let version = ioctl(&file, libc::FS_IOC_GETVERSION, 0).ok()?;
    Some((flags, version))
}

/// The flags of a file alone: some file systems have them without a version.
#[must_use]
pub fn flags(path: &Path) -> Option<u32> {
    ioctl(&open(path).ok()?, libc::FS_IOC_GETFLAGS, 0).ok()
}

/// Sets the flags of a file.
///
/// # Errors
/// The system's: not all flags may be set, and few by who is not root.
pub fn write(path: &Path, flags: u32) -> io::Result<()> {
    ioctl(&open(path)?, libc::FS_IOC_SETFLAGS, flags).map(drop)
}

/// The letters of flags.
#[must_use]
pub fn letters(flags: u32) -> String {
    FLAGS.iter().filter(|(bit, ..)| flags & bit != 0).map(|(_, letter, _)| letter).collect()
}

/// The names of flags; few have none.
#[must_use]
pub fn names(flags: u32) -> Vec<&'static str> {
    let set = FLAGS.iter().filter(|(bit, ..)| flags & bit != 0);
    set.map(|(.., name)| *name).filter(|name| !name.is_empty()).collect()
}

/// The flags of letters; an error is the letter that is none.
///
/// # Errors
/// A letter names no flag.
pub fn parse(letters: &str) -> Result<u32, char> {
    letters.chars().try_fold(0, |flags, c| {
        FLAGS.iter().find(|(_, letter, _)| *letter == c).map(|(bit, ..)| flags | bit).ok_or(c)
    })
}

/// Only files and directories have flags; a device or a pipe must not be opened for them.
fn open(path: &Path) -> io::Result<File> {
    let kind = std::fs::symlink_metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
    }
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)
}

fn ioctl(file: &File, request: libc::Ioctl, value: u32) -> io::Result<u32> {
    // The kernel reads and writes an int, though the number of the request says long.
    let mut word = libc::c_long::from(value);
    // SAFETY: the descriptor is open, and word has room for whichever of the two it is.
    if unsafe { libc::ioctl(file.as_raw_fd(), request, &mut word) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((word & 0xffff_ffff) as u32)
}
