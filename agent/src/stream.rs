//! Copying bytes from here to there.

use crate::wire::CHUNK;
use std::io::{self, ErrorKind, Read, Write};

/// Copies to the end in pieces of a whole chunk, so that a stream to the controller takes few frames, and flushes.
///
/// # Errors
/// Reading's or writing's.
pub fn copy(from: &mut impl Read, to: &mut (impl Write + ?Sized)) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(size) => {
                to.write_all(buffer.get(..size).unwrap_or_default())?;
                copied += size as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    to.flush()?;
    Ok(copied)
}
