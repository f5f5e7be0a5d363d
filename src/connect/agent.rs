//! The agent's executable, which travels to targets.

use crate::error::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
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
    bytes: Cow<'static, [u8]>,
    sha256: String,
    /// Packed for the first target that asks, then for all.
    gzip: Arc<OnceLock<Vec<u8>>>,
    zstd: Arc<OnceLock<Vec<u8>>>,
}

impl AgentImage {
    /// The agent that was built with this warp.
    #[must_use]
    pub fn embedded() -> Self {
        AgentImage {
            bytes: Cow::Borrowed(include_bytes!(env!("WARP_AGENT_PATH"))),
            sha256: env!("WARP_AGENT_HASH").to_owned(),
            gzip: Arc::default(),
            zstd: Arc::default(),
        }
    }

    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        AgentImage { bytes, sha256, gzip: Arc::default(), zstd: Arc::default() }
    }

    /// From a file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)
            .map_err(|e| Error::other(format!("cannot read the agent {}: {e}", path.display())))?;
        Ok(Self::new(bytes))
    }

    /// The executable.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
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
    pub(super) fn packed(&self, packing: Packing) -> std::io::Result<&[u8]> {
        match packing {
            Packing::None => Ok(&self.bytes),
            Packing::Gzip => once(&self.gzip, || {
                let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                packer.write_all(&self.bytes)?;
                packer.finish()
            }),
            Packing::Zstd => {
                once(&self.zstd, || zstd::encode_all(&*self.bytes, zstd::DEFAULT_COMPRESSION_LEVEL))
            }
        }
    }

    /// The processor it runs on, as `uname -m` calls it.
    #[must_use]
    pub fn arch(&self) -> &'static str {
        std::env::consts::ARCH
    }
}

fn once(
    place: &OnceLock<Vec<u8>>,
    make: impl FnOnce() -> std::io::Result<Vec<u8>>,
) -> std::io::Result<&[u8]> {
    if let Some(made) = place.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(place.get_or_init(|| made))
}
