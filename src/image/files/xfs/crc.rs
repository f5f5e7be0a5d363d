//! The checksums of version 5.

use crc::{CRC_32_ISCSI, Crc, Table};

static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// Whether the checksum at `at`, little-endian, is that of `bytes` with zeros in its own place.
pub fn holds(bytes: &[u8], at: usize) -> bool {
    let Some((before, rest)) = bytes.split_at_checked(at) else { return false };
    let Some((sum, after)) = rest.split_first_chunk::<4>() else { return false };
    let mut digest = CRC32C.digest();
    digest.update(before);
    digest.update(&[0; 4]);
    digest.update(after);
    digest.finalize() == u32::from_le_bytes(*sum)
}
