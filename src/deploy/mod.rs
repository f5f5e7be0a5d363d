//! Deployments: which plays, with which variables, in which stages. No engine logic.

mod content;
mod settings;

pub use content::Content;
pub use settings::{Settings, Teardown};
