//! What warp writes into the description of a snapshot: the lab as it was.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The whole lab at the time, kept with each of its domains' snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Whether each domain ran. All were paused while the snapshot was taken, which is what libvirt remembers.
    pub ran: IndexMap<String, bool>,
}

impl Note {
    pub fn to_text(&self) -> String {
        // A map of texts and booleans can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// That of a snapshot; none where somebody else took it.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
