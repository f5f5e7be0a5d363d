//! How much memory a snapshot inside a qcow2 file keeps, by the file's own table.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where the header tells the number of snapshots, and the place of their table.
const COUNT: u64 = 60;
const TABLE: u64 = 64;

/// As many as qemu takes.
const MOST: u32 = 65536;

/// The fixed part of an entry.
const ENTRY: usize = 40;

/// The bytes of memory that the snapshot of this name keeps; zero where it is not in the file. Unknown where the file is for
/// libvirt's account alone.
///
/// # Errors
/// The file cannot be read, or its table is damaged.
pub(super) fn of_memory(disk: &Path, name: &str) -> Result<Option<u64>> {
    let read = || -> io::Result<Option<u64>> { find(&File::open(disk)?, name) };
    match read() {
        Ok(size) => Ok(Some(size.unwrap_or(0))),
        // A disk that is gone keeps nothing.
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Some(0)),
        Err(e) if e.kind() == ErrorKind::PermissionDenied => Ok(None),
        Err(e) => Err(Error::other(format!("cannot read the snapshots of {}: {e}", disk.display()))),
    }
}

fn find(file: &File, name: &str) -> io::Result<Option<u64>> {
    if bytes::<4>(file, 0)? != *b"QFI\xfb" {
        return Ok(None);
    }
    let count = u32::from_be_bytes(bytes(file, COUNT)?).min(MOST);
    let mut at = u64::from_be_bytes(bytes(file, TABLE)?);
    for _ in 0..count {
        let [_, _, _, _, _, _, _, _, _, _, _, _, i0, i1, n0, n1, rest @ ..] = bytes::<ENTRY>(file, at)?;
        let [.., s0, s1, s2, s3, x0, x1, x2, x3] = rest;
        let (id, length) = (u16::from_be_bytes([i0, i1]), u16::from_be_bytes([n0, n1]));
        let extra = u32::from_be_bytes([x0, x1, x2, x3]);
        let fixed = at.saturating_add(ENTRY as u64);
        // Since version 3 the size has eight bytes.
        let size = match extra {
            0..8 => u64::from(u32::from_be_bytes([s0, s1, s2, s3])),
            _ => u64::from_be_bytes(bytes(file, fixed)?),
        };
        let named = fixed.saturating_add(u64::from(extra)).saturating_add(u64::from(id));
        let mut found = vec![0; usize::from(length)];
        file.read_exact_at(&mut found, named)?;
        if found == name.as_bytes() {
            return Ok(Some(size));
        }
        at = named.saturating_add(u64::from(length)).saturating_add(7) & !7;
    }
    Ok(None)
}

fn bytes<const N: usize>(file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut buffer = [0; N];
    file.read_exact_at(&mut buffer, at)?;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::of_memory;
    use std::process::Command;

    #[test]
    fn snapshots_that_qemu_img_made_are_found_and_have_no_memory() {
        let dir = tempfile::tempdir().unwrap();
        let disk = dir.path().join("disk");
        let run = |args: &[&str]| {
            assert!(Command::new("qemu-img").args(args).arg(&disk).output().unwrap().status.success());
        };
        assert!(
            Command::new("qemu-img")
                .args(["create", "-qf", "qcow2"])
                .arg(&disk)
                .arg("1M")
                .status()
                .unwrap()
                .success()
        );
        run(&["snapshot", "-c", "one"]);
        run(&["snapshot", "-c", "two"]);
        for name in ["one", "two", "three"] {
            assert_eq!(of_memory(&disk, name).unwrap(), Some(0));
        }
    }
}
