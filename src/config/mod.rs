//! The settings that touch running plays: ansible.cfg, `ANSIBLE_*`, and their defaults.

mod file;
mod screen;
mod table;
pub mod vault;

pub use file::find;
pub use screen::{Colours, ResultFormat, Screen};
pub use table::{Gathering, Origin, Setting, Settings};
