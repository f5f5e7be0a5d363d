//! The form of a segment: a line that says what it is, a salt, then frames. A frame is the length of its sealed record
//! in four bytes, little end first, and the record, sealed: nobody reads it without the key, and none that was torn or
//! changed is taken for whole.

use super::key::{LENGTH, Seal};
use super::{Entry, Record};
use crate::error::{Error, Result};
use std::time::{SystemTime, UNIX_EPOCH};

/// What every segment begins with.
const MAGIC: &[u8] = b"warp journal 1\n";

/// A record in a frame, with the time.
pub(super) fn frame(record: &Record, seal: &mut Seal) -> Result<Vec<u8>> {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let mut body = serde_json::to_vec(&(millis, record))
        .map_err(|e| Error::other(format!("a record cannot be written: {e}")))?;
    seal.seal(&mut body)?;
    let length =
        u32::try_from(body.len()).map_err(|_| Error::other("a record is too long for the journal"))?;
    let mut frame = length.to_le_bytes().to_vec();
    frame.append(&mut body);
    Ok(frame)
}

/// What a new segment begins with, and its seal.
pub(super) fn opening(master: &[u8; LENGTH]) -> Result<(Vec<u8>, Seal)> {
    let mut salt = [0; LENGTH];
    getrandom::fill(&mut salt).map_err(|e| Error::other(format!("no random numbers: {e}")))?;
    Ok(([MAGIC, salt.as_slice()].concat(), Seal::new(master, &salt)?))
}

/// The records up to the first that is not whole.
///
/// # Errors
/// A file that is no segment, or of a form that this warp does not know.
pub(super) fn entries(mut bytes: Vec<u8>, master: &[u8; LENGTH], name: &str) -> Result<Vec<Entry>> {
    let no_segment = || Error::other(format!("{name} is no journal that this warp can read"));
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(no_segment)?;
    let salt: &[u8; LENGTH] = rest.first_chunk().ok_or_else(no_segment)?;
    let mut seal = Seal::new(master, salt)?;
    let mut rest = bytes.get_mut(MAGIC.len() + LENGTH..).unwrap_or_default();
    let mut entries = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk_mut::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((sealed, after)) = after.split_at_mut_checked(length) else { break };
        let Some(record) = seal.open(sealed) else { break };
        let (millis, record) = serde_json::from_slice(record)
            .map_err(|e| no_segment().note(format!("a record of it is not known: {e}")))?;
        entries.push(Entry { millis, record });
        rest = after;
    }
    Ok(entries)
}
