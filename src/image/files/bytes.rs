//! Numbers in the bytes of a file system, read without running over their end.

/// The big-endian number of `N` bytes at `at`; zero beyond the end.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|b| b.first_chunk()).copied().unwrap_or([0; N])
}

/// One byte.
pub fn u8_at(bytes: &[u8], at: usize) -> u8 {
    u8::from_be_bytes(array(bytes, at))
}

/// Two bytes, big-endian.
pub fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

/// Four bytes, big-endian.
pub fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

/// Eight bytes, big-endian.
pub fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array(bytes, at))
}
