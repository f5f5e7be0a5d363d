//! The image room, on small images made by the tools that everybody has: no root, no loop devices.

mod build;
mod disks;
mod fixture;
mod inject;
