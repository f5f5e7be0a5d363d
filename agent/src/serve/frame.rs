//! Frames as bytes: a little-endian `u32` length and that many bytes of postcard.

use crate::wire::{MAX_FRAME, ToAgent, ToController};
use std::io::{self, ErrorKind, Read};

/// What is wrong with a link that gives no frame.
pub(super) enum Broken {
    /// It was cut: another may follow.
    Cut(String),
    /// What came is not the protocol.
    Protocol(String),
}

impl Broken {
    /// In a sentence.
    pub(super) fn why(self) -> String {
        match self {
            Broken::Cut(why) | Broken::Protocol(why) => why,
        }
    }
}

/// A frame as bytes.
pub(super) fn encode(frame: &ToController) -> io::Result<Vec<u8>> {
    let size = postcard::experimental::serialized_size(frame).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(size.saturating_add(4));
    bytes.extend([0; 4]);
    let mut bytes = postcard::to_extend(frame, bytes).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len().saturating_sub(4)).map_err(io::Error::other)?;
    if let Some(prefix) = bytes.first_chunk_mut::<4>() {
        *prefix = length.to_le_bytes();
    }
    Ok(bytes)
}

/// Reads one frame, and gives its size too; nothing at the end of the link, which may come between frames only.
pub(super) fn read(input: &mut impl Read) -> Result<Option<(ToAgent, usize)>, Broken> {
    let mut prefix = [0; 4];
    let Some((first, rest)) = prefix.split_first_mut() else { return Ok(None) };
    match read_one(input) {
        Ok(Some(byte)) => *first = byte,
        Ok(None) => return Ok(None),
        Err(e) => return Err(Broken::Cut(format!("the link broke: {e}"))),
    }
    let within = |e: io::Error| Broken::Cut(format!("the link broke within a frame: {e}"));
    input.read_exact(rest).map_err(within)?;
    let length = u32::from_le_bytes(prefix) as usize;
    if length > MAX_FRAME {
        let why = format!("a frame of {length} bytes came, more than the {MAX_FRAME} allowed");
        return Err(Broken::Protocol(why));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).map_err(within)?;
    match postcard::take_from_bytes(&body) {
        Ok((frame, [])) => Ok(Some((frame, length))),
        Ok(_) => Err(Broken::Protocol("a frame came with bytes after its end".to_owned())),
        Err(e) => Err(Broken::Protocol(format!("a frame came that cannot be read: {e}"))),
    }
}

fn read_one(input: &mut impl Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match input.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(byte.first().copied()),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
