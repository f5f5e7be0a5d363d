//! Deployments: which plays, with which variables, in which stages. No engine logic.

mod content;
mod custom;
mod needs;
mod nodes;
mod overcloud;
mod plan;
pub mod releases;
mod revert;
mod settings;
mod stages;
mod undercloud;

pub use content::Content;
pub use needs::needs;
pub use nodes::{Amount, Nodes};
pub use overcloud::STAGES as OVERCLOUD_STAGES;
pub use plan::{ACCESS, Gatherer, Object};
pub use revert::Revert;
pub use settings::{Extras, Settings, Teardown};
pub use undercloud::{Deployment, STAGES};
