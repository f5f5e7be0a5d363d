//! The agent's executable, which travels to targets.

use crate::error::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::path::Path;

/// An agent's executable and what it is known by.
#[derive(Clone, Debug)]
pub struct AgentImage {
    bytes: Cow<'static, [u8]>,
    sha256: String,
}

impl AgentImage {
    /// The agent that was built with this warp.
    #[must_use]
    pub fn embedded() -> Self {
        AgentImage {
            bytes: Cow::Borrowed(include_bytes!(env!("WARP_AGENT_PATH"))),
            sha256: env!("WARP_AGENT_HASH").to_owned(),
        }
    }

    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        AgentImage { bytes, sha256 }
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

    /// The processor it runs on, as `uname -m` calls it.
    #[must_use]
    pub fn arch(&self) -> &'static str {
        std::env::consts::ARCH
    }
}
