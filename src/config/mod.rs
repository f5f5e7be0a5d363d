//! The settings that touch running plays: ansible.cfg, `ANSIBLE_*`, and their defaults.

mod file;
mod inventory;
mod screen;
mod table;
mod variables;
pub mod vault;

pub use file::find;
pub use inventory::{GroupNames, Inventory, Mismatch, VarsStage};
pub use screen::{Colours, ResultFormat, Screen};
pub use table::{Gathering, Origin, Setting, Settings};
pub use variables::{FactCache, Variables, VarsRoot};
