//! The disk whose table of partitions changes.

use crate::Result;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A disk, counted in its logical blocks.
pub struct Disk {
    /// The open device.
    pub file: File,
    /// Bytes of a block.
    pub block: u64,
    /// Its blocks.
    pub blocks: u64,
}

impl Disk {
    /// Opens a disk to change it.
    pub fn open(path: &Path, block: u64) -> Result<Self> {
        let failed = |e: std::io::Error| format!("{} cannot be opened: {e}", path.display());
        if !(512..=65536).contains(&block) {
            return Err(format!("{} has blocks of {block} bytes", path.display()));
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        let blocks = file.seek(SeekFrom::End(0)).map_err(failed)? / block;
        Ok(Disk { file, block, blocks })
    }

    /// Reads bytes from a block on.
    pub fn read(&self, at: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let place = at.checked_mul(self.block).ok_or("a block beyond all disks")?;
        self.file.read_exact_at(&mut bytes, place).map_err(|e| format!("block {at} cannot be read: {e}"))?;
        Ok(bytes)
    }

    /// Writes bytes from a block on, and has the disk keep them before anything else is written.
    pub fn write(&self, at: u64, bytes: &[u8]) -> Result<()> {
        let place = at.checked_mul(self.block).ok_or("a block beyond all disks")?;
        self.file
            .write_all_at(bytes, place)
            .and_then(|()| self.file.sync_data())
            .map_err(|e| format!("block {at} cannot be written: {e}"))
    }
}

/// A little-endian number of four bytes; 0 where there are none.
pub fn le32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

/// A little-endian number of eight bytes; 0 where there are none.
pub fn le64(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

/// Writes bytes over others, where those are.
pub fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + what.len()) {
        place.copy_from_slice(what);
    }
}
