//! Whether an account may search a folder: its mode, and its access control list where it has one.

use nix::unistd::{Gid, Uid};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The right to search, of a folder.
const SEARCH: u16 = 1;

/// Tags of entries, as Linux keeps them in the extended attribute.
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// An entry of the list.
struct Entry {
    tag: u16,
    rights: u16,
    id: u32,
}

/// Whether the account may go through the folder.
///
/// # Errors
/// The folder cannot be looked at.
pub(super) fn may_search(folder: &Path, uid: Uid, groups: &[Gid]) -> io::Result<bool> {
    let meta = folder.metadata()?;
    let in_group = |id: u32| groups.iter().any(|group| group.as_raw() == id);
    if uid.is_root() {
        return Ok(true);
    }
    if meta.uid() == uid.as_raw() {
        return Ok(meta.mode() & 0o100 != 0);
    }
    let entries = entries(folder)?;
    if entries.is_empty() {
        let bit = if in_group(meta.gid()) { 0o010 } else { 0o001 };
        return Ok(meta.mode() & bit != 0);
    }
    let searchable = |entry: &Entry| entry.rights & SEARCH != 0;
    let mask = entries.iter().find(|e| e.tag == MASK).is_none_or(searchable);
    if let Some(own) = entries.iter().find(|e| e.tag == USER && e.id == uid.as_raw()) {
        return Ok(mask && searchable(own));
    }
    let mut of_groups = entries
        .iter()
        .filter(|e| e.tag == GROUP && in_group(e.id) || e.tag == GROUP_OBJ && in_group(meta.gid()))
        .peekable();
    if of_groups.peek().is_some() {
        return Ok(mask && of_groups.any(searchable));
    }
    Ok(entries.iter().find(|e| e.tag == OTHER).is_some_and(searchable))
}

/// The list's entries; none where there is no list.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let path = CString::new(folder.as_os_str().as_bytes())?;
    let mut buffer = [0u8; 4096];
    // SAFETY: both texts end with NUL, and the buffer is as long as is said.
    let length = unsafe {
        libc::getxattr(
            path.as_ptr(),
            c"system.posix_acl_access".as_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
        )
    };
    let Ok(length) = usize::try_from(length) else {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENODATA | libc::ENOTSUP) => Ok(Vec::new()),
            _ => Err(error),
        };
    };
    let list = buffer.get(..length).unwrap_or_default();
    // A version of four bytes, then entries of eight.
    Ok(list.get(4..).unwrap_or_default().chunks_exact(8).filter_map(entry).collect())
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let [t0, t1, r0, r1, id @ ..] = bytes else { return None };
    Some(Entry {
        tag: u16::from_le_bytes([*t0, *t1]),
        rights: u16::from_le_bytes([*r0, *r1]),
        id: u32::from_le_bytes(id.try_into().ok()?),
    })
}
