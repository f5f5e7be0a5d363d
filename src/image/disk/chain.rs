//! An image and the files that it is laid over.

use super::{Format, Header, detect, open, unreadable, verify};
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// One file of a chain.
pub struct Link {
    /// The file, with no symbolic link in its path.
    pub path: PathBuf,
    /// Its header, where it is qcow2; none where it is raw.
    pub header: Option<Header>,
}

impl Link {
    /// How it is laid out.
    #[must_use]
    pub fn format(&self) -> Format {
        if self.header.is_some() { Format::Qcow2 } else { Format::Raw }
    }
}

/// The chain of an image, from the image down, each file of it verified.
///
/// # Errors
/// Names the file and what is wrong with it: it is not whole, or the chain comes back to it.
pub fn chain(path: &Path) -> Result<Vec<Link>> {
    let mut chain: Vec<Link> = Vec::new();
    let mut next = path.to_owned();
    let mut named: Option<String> = None;
    loop {
        let real = next.canonicalize().map_err(|e| match chain.last() {
            None => unreadable(&next, &e),
            Some(above) => Error::input(format!(
                "the image {} is laid over {}, which cannot be read: {e}",
                above.path.display(),
                next.display()
            )),
        })?;
        if chain.iter().any(|link| link.path == real) {
            return Err(Error::input(format!(
                "the image {} is laid over itself: its chain of backing files comes back to {}",
                path.display(),
                real.display()
            )));
        }
        // A raw file may begin with any bytes: where the format is named, the name counts.
        let format = if named.as_deref() == Some(Format::Raw.name()) {
            open(&real)?;
            Format::Raw
        } else {
            detect(&real)?
        };
        let header = match format {
            Format::Raw => None,
            Format::Qcow2 => {
                let header = Header::read(&real)?;
                verify::tables(&real, &header)?;
                Some(header)
            }
        };
        let backing = header.as_ref().and_then(|h| h.backing.clone());
        chain.push(Link { path: real, header });
        match backing {
            Some((file, format)) => (next, named) = (file, format),
            None => return Ok(chain),
        }
    }
}
