//! Extended attributes: SELinux contexts and access lists, which a replaced file keeps.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::os::fd::AsRawFd;

/// Copies what attributes the system lets us copy; a file system without them has none to lose.
pub(super) fn copy(from: &File, to: &File) {
    for name in names(from) {
        if let Some(value) = read(from, &name) {
            // SAFETY: descriptors are open; name is a C string and value a buffer of the length given.
            unsafe {
                libc::fsetxattr(to.as_raw_fd(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0);
            }
        }
    }
}

fn names(file: &File) -> Vec<CString> {
    let fill = |buffer: &mut [u8]| {
        // SAFETY: the buffer is as long as told; a length of zero only asks for the size.
        unsafe { libc::flistxattr(file.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) }
    };
    sized(fill)
        .unwrap_or_default()
        .split_inclusive(|b| *b == 0)
        .filter_map(|name| CStr::from_bytes_with_nul(name).ok().map(CStr::to_owned))
        .collect()
}

fn read(file: &File, name: &CStr) -> Option<Vec<u8>> {
    sized(|buffer| {
        // SAFETY: as above, and name is a C string.
        unsafe { libc::fgetxattr(file.as_raw_fd(), name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) }
    })
}

/// Calls once for the size and once for the bytes.
fn sized(fill: impl Fn(&mut [u8]) -> libc::ssize_t) -> Option<Vec<u8>> {
    let size = usize::try_from(fill(&mut [])).ok()?;
    let mut buffer = vec![0; size];
    let filled = usize::try_from(fill(&mut buffer)).ok()?;
    buffer.truncate(filled);
    Some(buffer)
}
