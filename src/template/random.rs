//! Random choices. A seed gives the same choice again, though not the one Python's generator would give.

use super::fail::{Fail, R};
use sha2::{Digest, Sha256};
use std::io::Read;

/// A source of random numbers.
pub(crate) struct Source {
    state: [u8; 32],
}

impl Source {
    /// From the system.
    pub(crate) fn system() -> R<Source> {
        let mut state = [0; 32];
        let read = std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut state));
        read.map(|()| Source { state }).map_err(|e| Fail::new(format!("cannot read /dev/urandom: {e}")))
    }

    /// The same for the same seed.
    pub(crate) fn seeded(seed: &str) -> Source {
        Source { state: Sha256::digest(seed.as_bytes()).into() }
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let zone = u64::MAX - u64::MAX % limit.max(1) as u64;
        loop {
            self.state = Sha256::digest(self.state).into();
            let (head, _) = self.state.split_at(8);
            let n = u64::from_le_bytes(head.try_into().unwrap_or_default());
            // Numbers beyond the last whole multiple of the limit would favour the small ones.
            if n < zone {
                return (n % limit.max(1) as u64) as usize;
            }
        }
    }
}
