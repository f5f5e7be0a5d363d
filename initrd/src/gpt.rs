//! Growing a partition of a GUID partition table.

use crate::Result;
use crate::disk::{Disk, le32, le64, put};
use crc::{CRC_32_ISO_HDLC, Crc};

/// The bytes of a header.
const HEADER: usize = 92;
/// What stands in an entry: the first and the last block of its partition.
const FIRST: usize = 32;
const LAST: usize = 40;

/// Has partition `number` end with the disk or where the next one begins, and gives its new size in blocks; none where
/// nothing is to be done. `protective` is the disk's first block.
pub fn grow(disk: &Disk, protective: &mut [u8], number: u32) -> Result<Option<u64>> {
    let mut header = disk.read(1, HEADER)?;
    if !header.starts_with(b"EFI PART") || le32(&header, 12) as usize != HEADER {
        return Err("the disk's GPT has no header that is known".to_owned());
    }
    let (count, length) = (le32(&header, 80), le32(&header, 84));
    if !(128..=4096).contains(&length) || !(1..=1024).contains(&count) || number == 0 || number > count {
        return Err(format!("the disk's GPT has {count} entries of {length} bytes"));
    }
    let bytes = u64::from(count) * u64::from(length);
    let mut table = disk.read(le64(&header, 72), usize::try_from(bytes).map_err(|e| e.to_string())?)?;
    if sum(&sealed(&header)) != le32(&header, 16) || sum(&table) != le32(&header, 88) {
        return Err("a checksum of the disk's GPT is wrong".to_owned());
    }
    let at = |number: u32| ((number - 1) * length) as usize;
    let (first, last) = (le64(&table, at(number) + FIRST), le64(&table, at(number) + LAST));
    let next = (1..=count)
        .filter(|n| !table.get(at(*n)..).is_some_and(|e| e.starts_with(&[0; 16])))
        .map(|n| le64(&table, at(n) + FIRST))
        .filter(|other| *other > first)
        .min();
    // At the disk's end stand a copy of the table and then of the header.
    let copy = disk.blocks.saturating_sub(1 + bytes.div_ceil(disk.block));
    let usable = copy.saturating_sub(1);
    let end = next.map_or(usable, |next| next.saturating_sub(1));
    if end <= last {
        return Ok(None);
    }
    put(&mut table, at(number) + LAST, &end.to_le_bytes());
    put(&mut header, 32, &(disk.blocks - 1).to_le_bytes());
    put(&mut header, 48, &usable.to_le_bytes());
    put(&mut header, 88, &sum(&table).to_le_bytes());
    seal(&mut header);
    let mut backup = header.clone();
    put(&mut backup, 24, &(disk.blocks - 1).to_le_bytes());
    put(&mut backup, 32, &1u64.to_le_bytes());
    put(&mut backup, 72, &copy.to_le_bytes());
    seal(&mut backup);
    // The copy first: whatever is cut off, one of the two is whole.
    disk.write(copy, &table)?;
    disk.write(disk.blocks - 1, &backup)?;
    disk.write(le64(&header, 72), &table)?;
    disk.write(1, &header)?;
    let covered = u32::try_from(disk.blocks - 1).unwrap_or(u32::MAX);
    put(protective, 446 + 12, &covered.to_le_bytes());
    disk.write(0, protective)?;
    Ok(Some(end + 1 - first))
}

/// A header as it is summed up: without the sum.
fn sealed(header: &[u8]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    put(&mut bytes, 16, &[0; 4]);
    bytes
}

fn seal(header: &mut [u8]) {
    let sum = sum(&sealed(header));
    put(header, 16, &sum.to_le_bytes());
}

fn sum(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}
