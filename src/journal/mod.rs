//! What runs leave on disk as they go, so that a run that was cut off can be taken up: docs/design/journal.md.

mod encoding;
mod folder;
mod head;
mod key;
mod reader;
mod record;
mod report;
mod run;
mod segment;
mod writer;

pub use encoding::{from_json, to_json};
pub use folder::Folder;
pub use head::Head;
pub use reader::{Entry, Segment};
pub use record::{Ended, Place, Record};
pub use report::Told;
pub use run::{Run, State};
pub use writer::Journal;
