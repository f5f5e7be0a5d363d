//! Frames as bytes: a little-endian `u32` length and that many bytes of postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;
use warp_agent::wire::MAX_FRAME;

/// A frame as bytes; an error is its size where that is more than the protocol allows.
pub(super) fn encode<T: Serialize>(frame: &T) -> Result<Vec<u8>, usize> {
    // Four bytes kept for the length, filled in once it is known; room for all of it, which would else be doubled.
    let size = postcard::experimental::serialized_size(frame).map_err(|_| usize::MAX)?;
    let mut bytes = Vec::with_capacity(size.saturating_add(4));
    bytes.extend([0; 4]);
    let bytes = postcard::to_extend(frame, bytes).map_err(|_| usize::MAX)?;
    let length = bytes.len().saturating_sub(4);
    match (u32::try_from(length), length <= MAX_FRAME) {
        (Ok(prefix), true) => {
            let mut bytes = bytes;
            if let Some(place) = bytes.first_chunk_mut::<4>() {
                *place = prefix.to_le_bytes();
            }
            Ok(bytes)
        }
        _ => Err(length),
    }
}

/// The first frame in `buffer` and the bytes it takes, once it is there whole.
pub(super) fn decode<T: DeserializeOwned>(buffer: &[u8]) -> Result<Option<(T, usize)>, String> {
    let Some((prefix, rest)) = buffer.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*prefix) as usize;
    if length > MAX_FRAME {
        return Err(format!("a frame of {length} bytes, more than the {MAX_FRAME} allowed"));
    }
    let Some(body) = rest.get(..length) else {
        return Ok(None);
    };
    match postcard::take_from_bytes(body) {
        Ok((frame, [])) => Ok(Some((frame, 4 + length))),
        Ok(_) => Err("a frame with bytes after its end".to_owned()),
        Err(e) => Err(format!("a frame that cannot be read ({e})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warp_agent::wire::ToAgent;

    #[test]
    fn frames_survive_cuts_and_reject_what_is_not_one() {
        let frame = ToAgent::Data { id: 7, bytes: vec![1, 2, 3], last: true };
        let bytes = encode(&frame).unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(decode::<ToAgent>(&bytes[..cut]), Ok(None));
        }
        assert_eq!(decode(&bytes), Ok(Some((frame.clone(), bytes.len()))));
        let mut longer = bytes.clone();
        longer[0] += 1;
        longer.push(0);
        assert!(decode::<ToAgent>(&longer).unwrap_err().contains("after its end"));
        assert!(decode::<ToAgent>(&[255, 255, 255, 255]).is_err());
        assert!(decode::<ToAgent>(&[1, 0, 0, 0, 99]).is_err());
        let huge = ToAgent::Data { id: 1, bytes: vec![0; MAX_FRAME + 1], last: false };
        assert!(encode(&huge).is_err());
    }
}
