//! The settings that touch running plays: ansible.cfg, `ANSIBLE_*`, and their defaults.

mod file;
mod table;
pub mod vault;

pub use file::find;
pub use table::{Gathering, Origin, Setting, Settings};
