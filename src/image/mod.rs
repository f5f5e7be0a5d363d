//! Images: the cache, the default image made of packages, reading out of images and injection.

mod actions;
pub mod boot;
pub mod build;
pub mod cache;
pub mod disk;
pub mod files;
pub mod inject;
pub mod kernel;
pub mod loader;

pub use actions::actions;
