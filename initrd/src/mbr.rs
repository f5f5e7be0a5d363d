//! Growing a partition of an MBR.

use crate::Result;
use crate::disk::{Disk, le32, put};

/// Where the table is in the disk's first block.
const TABLE: usize = 446;
/// The last that an MBR can say, in cylinders, heads and sectors: what lies beyond is told by blocks alone.
const END: [u8; 3] = [0xfe, 0xff, 0xff];

/// The kind of each of the four entries.
pub fn kinds(sector: &[u8]) -> [u8; 4] {
    [0, 1, 2, 3].map(|i| sector.get(TABLE + i * 16 + 4).copied().unwrap_or(0))
}

/// Has partition `number` end with the disk, and gives its new size in blocks; none where nothing is to be done.
pub fn grow(disk: &Disk, sector: &mut [u8], number: u32) -> Result<Option<u64>> {
    let Some(at) = (1..=4).position(|n| n == number).map(|i| TABLE + i * 16) else {
        return Err(format!("partition {number} is a logical one, within another"));
    };
    let (start, size) = (le32(sector, at + 8), le32(sector, at + 12));
    let entries = (0..4).map(|i| TABLE + i * 16).filter(|other| sector.get(other + 4) != Some(&0));
    let next = entries.map(|other| le32(sector, other + 8)).filter(|other| *other > start).min();
    let end = next.map_or(disk.blocks, u64::from).min(u64::from(u32::MAX));
    let wanted = end.saturating_sub(u64::from(start));
    if wanted <= u64::from(size) {
        return Ok(None);
    }
    put(sector, at + 5, &END);
    put(sector, at + 12, &u32::try_from(wanted).map_err(|e| e.to_string())?.to_le_bytes());
    disk.write(0, sector)?;
    Ok(Some(wanted))
}
