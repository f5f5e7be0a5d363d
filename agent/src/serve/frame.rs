//! Frames as bytes: a little-endian `u32` length and that many bytes of postcard.

use crate::outcome::Outcome;
use crate::wire::{MAX_FRAME, ToAgent, ToController};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Mutex, PoisonError};

/// Where frames to the controller go, one whole frame at a time.
pub(super) struct Link {
    writer: Mutex<Box<dyn Write + Send>>,
}

impl Link {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Link { writer: Mutex::new(writer) }
    }

    /// Sends a frame.
    pub(super) fn send(&self, frame: &ToController) -> io::Result<()> {
        self.write(encode(frame)?)
    }

    /// Sends a request's answer. A result too large for a frame is told of instead, with whether it changed anything.
    pub(super) fn done(&self, id: u64, outcome: Outcome) -> io::Result<()> {
        let changed = outcome.changed;
        let mut bytes = encode(&ToController::Done(id, outcome))?;
        if bytes.len() > MAX_FRAME + 4 {
            let mut told = Outcome::failed(format!(
                "the module ended, but its result takes {} bytes, more than the {MAX_FRAME} that can be sent",
                bytes.len()
            ));
            told.changed = changed;
            bytes = encode(&ToController::Done(id, told))?;
        }
        self.write(bytes)
    }

    fn write(&self, bytes: Vec<u8>) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(&bytes)?;
        writer.flush()
    }
}

fn encode(frame: &ToController) -> io::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(frame, vec![0; 4]).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len().saturating_sub(4)).map_err(io::Error::other)?;
    if let Some(prefix) = bytes.first_chunk_mut::<4>() {
        *prefix = length.to_le_bytes();
    }
    Ok(bytes)
}

/// Reads one frame; nothing at the end of the link, which may come between frames only.
pub(super) fn read(input: &mut impl Read) -> Result<Option<ToAgent>, String> {
    let mut prefix = [0; 4];
    let Some((first, rest)) = prefix.split_first_mut() else { return Ok(None) };
    match read_one(input) {
        Ok(Some(byte)) => *first = byte,
        Ok(None) => return Ok(None),
        Err(e) => return Err(format!("the link broke: {e}")),
    }
    input.read_exact(rest).map_err(|e| format!("the link broke within a frame: {e}"))?;
    let length = u32::from_le_bytes(prefix) as usize;
    if length > MAX_FRAME {
        return Err(format!("a frame of {length} bytes came, more than the {MAX_FRAME} allowed"));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).map_err(|e| format!("the link broke within a frame: {e}"))?;
    match postcard::take_from_bytes(&body) {
        Ok((frame, [])) => Ok(Some(frame)),
        Ok(_) => Err("a frame came with bytes after its end".to_owned()),
        Err(e) => Err(format!("a frame came that cannot be read: {e}")),
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
