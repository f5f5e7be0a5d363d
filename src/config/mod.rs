//! The settings that touch running plays: ansible.cfg, `ANSIBLE_*`, and their defaults.

mod file;
mod screen;
mod inventory;
mod table;
pub mod vault;
mod variables;

pub use file::find;
pub use screen::{Colours, ResultFormat, Screen};
pub use inventory::{GroupNames, Inventory, Mismatch, VarsStage};
pub use table::{Gathering, Origin, Setting, Settings};
pub use variables::{FactCache, Variables, VarsRoot};
