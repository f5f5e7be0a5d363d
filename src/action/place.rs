//! Content placed on a target by the agent's `copy`.

use warp_agent::value::{Map, Value};
use warp_agent::wire::{Call, Mode};

/// The call that writes the blob it comes with to a new file of this mode.
pub(super) fn content(dest: &str, mode: &str) -> Call {
    let args = Map::from_iter([
        ("dest".to_owned(), Value::from(dest)),
        ("mode".to_owned(), Value::from(mode)),
    ]);
    Call { module: "copy".to_owned(), args, mode: Mode::default(), environment: Vec::new() }
}
