//! The agent's executable, which travels to targets.

use crate::error::{Error, Result};
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

/// What unpacks the agent on a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Nothing: it travels as it is.
    None,
    Gzip,
    Zstd,
}

/// An agent's executable and what it is known by.
#[derive(Clone, Debug)]
pub struct AgentImage {
    /// As nearly every target can take it.
    gzip: Cow<'static, [u8]>,
    sha256: String,
    size: usize,
    /// For the first target that has no gzip, then for all that have none.
    whole: Once,
    zstd: Once,
}

/// Made once, however many ask for it at the same time; an error is a sentence.
type Once = Arc<OnceLock<std::result::Result<Vec<u8>, String>>>;

impl AgentImage {
    /// The agent that was built with this warp.
    #[must_use]
    pub fn embedded() -> Self {
        AgentImage {
            gzip: Cow::Borrowed(include_bytes!(env!("WARP_AGENT_PATH"))),
            sha256: env!("WARP_AGENT_HASH").to_owned(),
            size: env!("WARP_AGENT_SIZE").parse().unwrap_or_default(),
            whole: Arc::default(),
            zstd: Arc::default(),
        }
    }

    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let sha256 = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let gzip = packer.write_all(bytes).and_then(|()| packer.finish()).unwrap_or_default();
        let gzip = Cow::Owned(gzip);
        AgentImage { gzip, sha256, size: bytes.len(), whole: Arc::default(), zstd: Arc::default() }
    }

    /// The executable.
    ///
    /// # Errors
    /// It could not be unpacked.
    pub fn bytes(&self) -> Result<&[u8]> {
        let whole = self.whole.get_or_init(|| {
            let mut unpacker = GzDecoder::new(Vec::with_capacity(self.size));
            unpacker.write_all(&self.gzip).and_then(|()| unpacker.finish()).map_err(|e| e.to_string())
        });
        made(whole)
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Its SHA-256 in hexadecimal digits, by which targets know it.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// It as it travels to a target that unpacks it so.
    ///
    /// # Errors
    /// It could not be packed.
    pub(super) fn packed(&self, packing: Packing) -> Result<&[u8]> {
        match packing {
            Packing::None => self.bytes(),
            Packing::Gzip => Ok(&self.gzip),
            Packing::Zstd => {
                let bytes = self.bytes()?;
                made(self.zstd.get_or_init(|| {
                    let packed = zstd::bulk::compress(bytes, zstd::DEFAULT_COMPRESSION_LEVEL);
                    packed.map_err(|e| e.to_string())
                }))
            }
        }
    }

    /// The processor it runs on, as `uname -m` calls it.
    #[must_use]
    pub fn arch(&self) -> &'static str {
        std::env::consts::ARCH
    }
}

fn made(once: &std::result::Result<Vec<u8>, String>) -> Result<&[u8]> {
    match once {
        Ok(bytes) => Ok(bytes),
        Err(e) => Err(Error::other(format!("the agent could not be packed: {e}"))),
    }
}
