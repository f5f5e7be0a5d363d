//! The file systems of a disk: the whole of it, or the partitions of an MBR or GPT.

use super::Disk;
use crate::error::{Error, Result};

/// What a stretch of a disk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// ext2, ext3 or ext4.
    Ext4,
    /// XFS.
    Xfs,
    /// Btrfs.
    Btrfs,
    /// Volumes of LVM.
    Lvm,
    /// Swap.
    Swap,
    /// FAT, as EFI's partitions have it.
    Fat,
    /// None that is known.
    Unknown,
}

impl FileSystem {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FileSystem::Ext4 => "ext4",
            FileSystem::Xfs => "xfs",
            FileSystem::Btrfs => "btrfs",
            FileSystem::Lvm => "LVM",
            FileSystem::Swap => "swap",
            FileSystem::Fat => "vfat",
            FileSystem::Unknown => "unknown",
        }
    }
}

/// A stretch of a disk that can hold a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The number of the partition; none for the whole disk.
    pub number: Option<u32>,
    /// Its first byte.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What it holds.
    pub holds: FileSystem,
}

const SECTOR: u64 = 512;

/// The volumes of a disk: its partitions in order, or the whole disk if it has no partition table.
///
/// # Errors
/// The disk cannot be read, or a partition reaches beyond its end.
pub fn volumes(disk: &mut Disk) -> Result<Vec<Volume>> {
    let whole = probe(disk, None, 0, disk.size())?;
    // The boot sector of a FAT and a partition table end alike; a disk that is one FAT has no use here.
    if !matches!(whole.holds, FileSystem::Unknown | FileSystem::Fat) {
        return Ok(vec![whole]);
    }
    let mut mbr = [0; 512];
    read(disk, 0, &mut mbr)?;
    if mbr.last_chunk() != Some(&[0x55, 0xaa]) {
        return Ok(vec![whole]);
    }
    let entries = mbr.get(446..510).unwrap_or_default().as_chunks::<16>().0;
    let kind = |e: &[u8; 16]| e.get(4).copied().unwrap_or(0);
    if entries.iter().any(|e| kind(e) == 0xee) {
        return gpt(disk);
    }
    let mut found = Vec::new();
    for (number, entry) in (1..).zip(entries).filter(|(_, e)| kind(e) != 0) {
        let (start, size) = stretch(entry, 0);
        if EXTENDED.contains(&kind(entry)) {
            found.extend(logical(disk, start)?);
        } else {
            found.push(probe(disk, Some(number), start, size)?);
        }
    }
    Ok(found)
}

/// The kinds of a partition that holds others.
const EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];
/// The partitions that Linux numbers within one.
const LOGICAL: std::ops::RangeInclusive<u32> = 5..=64;

/// The partitions within an extended one: each has a table with itself and the next table.
fn logical(disk: &mut Disk, extended: u64) -> Result<Vec<Volume>> {
    let (mut found, mut at) = (Vec::new(), extended);
    for number in LOGICAL {
        let mut table = [0; 512];
        read(disk, at, &mut table)?;
        if table.last_chunk() != Some(&[0x55, 0xaa]) {
            return Err(Error::input(format!("the disk's partition table at byte {at} is damaged")));
        }
        let entry =
            |i: usize| table.get(446 + i * 16..).and_then(|e| e.first_chunk()).copied().unwrap_or([0; 16]);
        let (start, size) = stretch(&entry(0), at);
        if size > 0 {
            found.push(probe(disk, Some(number), start, size)?);
        }
        let (next, size) = stretch(&entry(1), extended);
        if size == 0 {
            return Ok(found);
        }
        at = next;
    }
    Err(Error::input("the disk's partition table is damaged: its logical partitions come to no end"))
}

/// Where an entry of an MBR says its partition is, counted from `base`: its first byte and its size.
fn stretch(entry: &[u8; 16], base: u64) -> (u64, u64) {
    (base + u64::from(le32(entry, 8)) * SECTOR, u64::from(le32(entry, 12)) * SECTOR)
}

/// The partitions of a GUID partition table.
fn gpt(disk: &mut Disk) -> Result<Vec<Volume>> {
    let mut header = [0; 92];
    read(disk, SECTOR, &mut header)?;
    if !header.starts_with(b"EFI PART") {
        return Err(Error::input("the disk's GPT is damaged: its header is not at byte 512"));
    }
    let (table, count, length) = (le64(&header, 72) * SECTOR, le32(&header, 80), le32(&header, 84));
    if !(128..=4096).contains(&length) || count > 1024 {
        return Err(Error::input(format!("the disk's GPT is damaged: {count} entries of {length} bytes")));
    }
    let mut found = Vec::new();
    for i in 0..count {
        let mut entry = [0; 128];
        read(disk, table + u64::from(i) * u64::from(length), &mut entry)?;
        if entry.starts_with(&[0; 16]) {
            continue;
        }
        let (first, last) = (le64(&entry, 32), le64(&entry, 40));
        let size = (last.saturating_sub(first)).saturating_add(1).saturating_mul(SECTOR);
        found.push(probe(disk, Some(i + 1), first.saturating_mul(SECTOR), size)?);
    }
    Ok(found)
}

/// Looks at what a stretch holds.
fn probe(disk: &mut Disk, number: Option<u32>, start: u64, size: u64) -> Result<Volume> {
    if start.checked_add(size).is_none_or(|end| end > disk.size()) {
        return Err(Error::input(format!(
            "truncated: partition {} has {size} bytes from byte {start} on, the disk ends at {}",
            number.unwrap_or(0),
            disk.size()
        )));
    }
    let mut holds = |offset: u64, magic: &[u8]| -> Result<bool> {
        let mut bytes = vec![0; magic.len()];
        if offset + magic.len() as u64 > size {
            return Ok(false);
        }
        read(disk, start + offset, &mut bytes)?;
        Ok(bytes == magic)
    };
    let holds = if holds(1080, &[0x53, 0xef])? {
        check_ext4_size(disk, start, size)?;
        FileSystem::Ext4
    } else if holds(0, b"XFSB")? {
        FileSystem::Xfs
    } else if holds(0x10040, b"_BHRfS_M")? {
        FileSystem::Btrfs
    } else if holds(512, b"LABELONE")? {
        FileSystem::Lvm
    } else if holds(4086, b"SWAPSPACE2")? {
        FileSystem::Swap
    } else if holds(54, b"FAT")? || holds(82, b"FAT32")? {
        FileSystem::Fat
    } else {
        FileSystem::Unknown
    };
    Ok(Volume { number, start, size, holds })
}

/// A raw image that was cut off shows here alone: its file system believes itself larger.
fn check_ext4_size(disk: &mut Disk, start: u64, size: u64) -> Result<()> {
    let mut superblock = [0; 1024];
    read(disk, start + 1024, &mut superblock)?;
    // The high half of the count is there where the feature for it is set.
    let high =
        if le32(&superblock, 0x60) & 0x80 != 0 { u64::from(le32(&superblock, 0x150)) << 32 } else { 0 };
    let blocks = high | u64::from(le32(&superblock, 0x4));
    let block_size = 1024u64.checked_shl(le32(&superblock, 0x18)).unwrap_or(0);
    match blocks.checked_mul(block_size) {
        Some(needed) if needed <= size => Ok(()),
        _ => Err(Error::input(format!(
            "truncated: the ext4 file system at byte {start} has {blocks} blocks of {block_size} bytes, it is given {size} bytes"
        ))),
    }
}

fn read(disk: &mut Disk, offset: u64, buf: &mut [u8]) -> Result<()> {
    disk.read_at(offset, buf)
        .map_err(|e| Error::input(format!("the disk cannot be read at byte {offset}: {e}")))
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

fn le64(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}
