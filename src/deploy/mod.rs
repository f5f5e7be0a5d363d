//! Deployments: which plays, with which variables, in which stages. No engine logic.

mod content;
mod settings;
mod stages;
mod undercloud;

pub use content::Content;
pub use settings::{Settings, Teardown};
pub use undercloud::{Deployment, STAGES};
