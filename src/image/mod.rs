//! Images: the cache, the default image made of packages, reading out of images and injection.

mod actions;
pub mod boot;
pub mod build;
pub mod cache;
pub mod checksum;
pub mod disk;
pub mod fetch;
pub mod files;
pub mod inject;
pub mod kernel;
pub mod loader;
pub mod store;

pub use actions::actions;
