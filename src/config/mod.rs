//! The settings that touch running plays: ansible.cfg, `ANSIBLE_*`, and their defaults.

mod command;
pub mod definitions;
mod file;
mod inventory;
mod junit;
mod screen;
mod table;
mod tasks;
mod templates;
mod variables;
pub mod vault;

pub use command::Command;
pub use file::find;
pub use inventory::{GroupNames, Inventory, Mismatch, VarsStage};
pub use junit::Junit;
pub use screen::{Colours, ResultFormat, Screen};
pub use table::{Gathering, Origin, Setting, Settings};
pub use tasks::Tasks;
pub use templates::{Templates, Untrusted};
pub use variables::{FactCache, Variables, VarsRoot};
