//! What an inode says.

use super::crc;
use super::superblock::Superblock;
use crate::image::files::bytes::{be16, be32, be64, u8_at};

/// An inode of version 2 or 3, as `xfs_dinode` has it.
#[derive(Debug)]
pub struct Inode {
    /// Its number.
    pub number: u64,
    /// Type and permissions.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// The last change of its content, in seconds since 1970.
    pub modified: i64,
    /// The size of its content in bytes.
    pub size: u64,
    /// The blocks it takes.
    pub blocks: u64,
    /// Where its content is.
    pub fork: Fork,
}

/// Where the content of an inode is.
#[derive(Debug)]
pub enum Fork {
    /// In the inode.
    Inline(Vec<u8>),
    /// In extents: so many, then their records.
    Extents(u64, Vec<u8>),
    /// In extents of a tree with this root.
    Tree(Vec<u8>),
    /// Nowhere: a device, socket or pipe.
    None,
}

/// The length of an inode of version 2 and of version 3.
const V2: usize = 100;
const V3: usize = 176;

/// `di_flags2`.
const BIG_TIME: u64 = 1 << 3;
const MANY_EXTENTS: u64 = 1 << 4;
/// `di_flags`.
const REALTIME: u16 = 1;

/// Between the epoch of 64-bit timestamps and that of Unix, in seconds.
const BIG_TIME_EPOCH: i64 = 1 << 31;

impl Inode {
    /// Reads inode `number` from its bytes.
    ///
    /// # Errors
    /// Says what cannot be or is not read.
    pub fn parse(bytes: &[u8], number: u64, superblock: &Superblock) -> Result<Self, String> {
        let damaged = |what: &str| format!("damaged: inode {number} {what}");
        if !bytes.starts_with(b"IN") {
            return Err(damaged("does not begin as one"));
        }
        let core = match u8_at(bytes, 4) {
            1 | 2 if !superblock.version5 => V2,
            3 if superblock.version5 => V3,
            other => return Err(damaged(&format!("has version {other}"))),
        };
        if core == V3 && !crc::holds(bytes, 100) {
            return Err(damaged("has a wrong checksum"));
        }
        if core == V3 && be64(bytes, 152) != number {
            return Err(damaged(&format!("says it is inode {}", be64(bytes, 152))));
        }
        if be16(bytes, 90) & REALTIME != 0 {
            return Err(format!("inode {number} is on the realtime device, which warp does not read"));
        }
        let flags = if core == V3 { be64(bytes, 120) } else { 0 };
        let extents = if flags & MANY_EXTENTS != 0 { be64(bytes, 24) } else { u64::from(be32(bytes, 76)) };
        let end = match usize::from(u8_at(bytes, 82)) {
            0 => bytes.len(),
            attributes => core + attributes * 8,
        };
        let fork = bytes.get(core..end).ok_or_else(|| damaged("has attributes beyond its end"))?.to_vec();
        let size = be64(bytes, 56);
        let fork = match u8_at(bytes, 5) {
            0 => Fork::None,
            1 => {
                let length = usize::try_from(size).unwrap_or(usize::MAX);
                Fork::Inline(fork.get(..length).ok_or_else(|| damaged("is longer than its room"))?.to_vec())
            }
            2 => Fork::Extents(extents, fork),
            3 => Fork::Tree(fork),
            other => return Err(damaged(&format!("has content of an unknown kind ({other})"))),
        };
        if i64::try_from(size).is_err() {
            return Err(damaged(&format!("has {size} bytes")));
        }
        Ok(Inode {
            number,
            mode: be16(bytes, 2),
            uid: be32(bytes, 8),
            gid: be32(bytes, 12),
            modified: seconds(be64(bytes, 40), flags & BIG_TIME != 0),
            size,
            blocks: be64(bytes, 64),
            fork,
        })
    }
}

/// The seconds since 1970 of a timestamp.
fn seconds(stamp: u64, big: bool) -> i64 {
    if big {
        i64::try_from(stamp / 1_000_000_000).unwrap_or(i64::MAX) - BIG_TIME_EPOCH
    } else {
        i64::from(u32::try_from(stamp >> 32).unwrap_or(0).cast_signed())
    }
}
