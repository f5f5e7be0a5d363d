//! The files of an image's file systems, read only.

mod bytes;
mod ext4;
mod os;
mod source;
mod system;
mod tree;
mod xfs;

pub use os::{OsRelease, has_cloud_init, os_release};
pub use system::{Mount, System};
pub use tree::Tree;

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharacterDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// What a file system says of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// What it stands for.
    pub kind: Kind,
    /// Its permissions, with the bits for setuid, setgid and sticky.
    pub mode: u16,
    /// Its owner's number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// The size of its content in bytes.
    pub size: u64,
    /// When its content changed last, in seconds since 1970.
    pub modified: i64,
}

/// The bytes of a file that are read at once.
const PIECE: usize = 64 << 10;
