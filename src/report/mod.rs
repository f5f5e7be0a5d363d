//! Reports: what is made of the stream of events.
//!
//! Every report stands behind `Redacting`, the one place that hides secrets, and whatever reaches a terminal goes through
//! `terminal`, the one place that takes control characters out.

mod colour;
mod default;
mod diff;
mod display;
mod json;
mod log;
mod redact;
mod screen;
pub mod terminal;
mod values;

pub use colour::settle as settle_colours;
pub use default::{Default, Junit, Minimal, Tree};
pub use json::Json;
pub use redact::{Redacting, without, without_vaults};
pub use screen::Screen;
