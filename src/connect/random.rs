//! Numbers that nobody can guess.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// 64 random bits: the standard library keys each hasher from the operating system's generator.
fn bits() -> u64 {
    RandomState::new().hash_one(std::time::Instant::now())
}

/// A word of 32 hexadecimal digits.
pub(super) fn word() -> String {
    format!("{:016x}{:016x}", bits(), bits())
}

/// Some time up to `most`.
pub(super) fn delay(most: Duration) -> Duration {
    let part = (bits() % 1000) as u32;
    most.saturating_mul(part) / 1000
}

/// 20 bytes.
pub(super) fn bytes() -> [u8; 20] {
    std::array::from_fn(|_| bits().to_le_bytes()[0])
}
