//! One file system.

use super::source::Source;
use super::{Kind, Meta, PIECE, ext4, xfs};
use crate::image::disk::{FileSystem, Volume};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// A file system that can be read. Its paths are absolute and have no symbolic links: `System` follows them.
pub enum Tree {
    /// ext2, ext3 or ext4.
    Ext4(Box<ext4::Tree>),
    /// XFS.
    Xfs(Box<XfsTree>),
}

/// An XFS file system with the directories that were read last.
pub struct XfsTree {
    xfs: xfs::Xfs,
    directories: RefCell<HashMap<u64, Rc<Names>>>,
}

/// Names and their inodes.
type Names = BTreeMap<Vec<u8>, u64>;

/// Directories that are kept.
const KEPT: usize = 64;

impl Tree {
    /// Opens the file system of a volume; none where warp does not read its kind.
    ///
    /// # Errors
    /// It is damaged, or uses what is not read.
    pub fn load(source: Source, volume: &Volume) -> Result<Option<Self>, String> {
        let of = |kind: &str, e: String| format!("its {kind} file system cannot be read: {e}");
        match volume.holds {
            FileSystem::Ext4 => {
                let tree = ext4::Tree::load(source).map_err(|e| of("ext4", e))?;
                Ok(Some(Tree::Ext4(Box::new(tree))))
            }
            FileSystem::Xfs => {
                let xfs = xfs::Xfs::load(source).map_err(|e| of("XFS", e))?;
                Ok(Some(Tree::Xfs(Box::new(XfsTree { xfs, directories: RefCell::default() }))))
            }
            _ => Ok(None),
        }
    }

    /// Its UUID, as fstab writes it.
    #[must_use]
    pub fn uuid(&self) -> String {
        let bytes = match self {
            Tree::Ext4(tree) => tree.uuid(),
            Tree::Xfs(tree) => tree.xfs.superblock.uuid,
        };
        let mut text = String::new();
        for (i, byte) in bytes.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }

    /// Its label, empty where it has none.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Tree::Ext4(tree) => tree.label(),
            Tree::Xfs(tree) => tree.xfs.superblock.label.clone(),
        }
    }

    /// What a path is; none where nothing is there.
    ///
    /// # Errors
    /// The file system is damaged.
    pub fn meta(&self, path: &Path) -> Result<Option<Meta>, String> {
        match self {
            Tree::Ext4(tree) => tree.meta(path),
            Tree::Xfs(tree) => Ok(tree.find(path)?.map(|inode| meta(&inode))),
        }
    }

    /// The names in a directory, in no order.
    ///
    /// # Errors
    /// The file system is damaged, or the path is no directory.
    pub fn names(&self, directory: &Path) -> Result<Vec<Vec<u8>>, String> {
        match self {
            Tree::Ext4(tree) => tree.names(directory),
            Tree::Xfs(tree) => {
                let inode = tree.get(directory)?;
                if meta(&inode).kind != Kind::Directory {
                    return Err("not a directory".to_owned());
                }
                Ok(tree.directory(&inode)?.keys().cloned().collect())
            }
        }
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// The file system is damaged, or the path is no link.
    pub fn target(&self, link: &Path) -> Result<PathBuf, String> {
        let target = match self {
            Tree::Ext4(tree) => tree.target(link)?,
            Tree::Xfs(tree) => tree.xfs.target(&tree.get(link)?)?,
        };
        Ok(PathBuf::from(std::ffi::OsString::from_vec(target)))
    }

    /// Gives the content of a file to `take`, piece by piece.
    ///
    /// # Errors
    /// The file system is damaged, the path is no file, or what `take` says.
    pub fn read(&self, file: &Path, take: &mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        match self {
            Tree::Ext4(tree) => tree.read(file, take),
            Tree::Xfs(tree) => tree.read(&tree.get(file)?, take),
        }
    }
}

impl XfsTree {
    fn get(&self, path: &Path) -> Result<xfs::Inode, String> {
        self.find(path)?.ok_or_else(|| "no such file".to_owned())
    }

    fn find(&self, path: &Path) -> Result<Option<xfs::Inode>, String> {
        let mut inode = self.xfs.inode(self.xfs.superblock.root)?;
        for component in path.components() {
            let Component::Normal(name) = component else { continue };
            if meta(&inode).kind != Kind::Directory {
                return Ok(None);
            }
            match self.directory(&inode)?.get(OsStr::as_bytes(name)) {
                Some(number) => inode = self.xfs.inode(*number)?,
                None => return Ok(None),
            }
        }
        Ok(Some(inode))
    }

    fn directory(&self, inode: &xfs::Inode) -> Result<Rc<Names>, String> {
        if let Some(kept) = self.directories.borrow().get(&inode.number) {
            return Ok(Rc::clone(kept));
        }
        let entries = self.xfs.entries(inode)?;
        let names: Rc<Names> = Rc::new(entries.into_iter().map(|e| (e.name, e.inode)).collect());
        let mut kept = self.directories.borrow_mut();
        if kept.len() == KEPT {
            kept.clear();
        }
        kept.insert(inode.number, Rc::clone(&names));
        Ok(names)
    }

    fn read(
        &self,
        file: &xfs::Inode,
        take: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        if meta(file).kind != Kind::File {
            return Err("not a file".to_owned());
        }
        let block = self.xfs.superblock.block;
        let mut at = 0;
        for extent in self.xfs.extents(file)? {
            // Blocks may be set aside beyond the end.
            let Some(start) = extent.logical.checked_mul(block).filter(|start| *start < file.size) else {
                break;
            };
            zeros(start - at, take)?;
            let length = (extent.count * block).min(file.size - start);
            if extent.unwritten {
                zeros(length, take)?;
            } else {
                let from = self.xfs.superblock.block_at(extent.block)?;
                pieces(length, |done, piece| take(&self.xfs.bytes(from + done, piece)?))?;
            }
            at = start + length;
        }
        zeros(file.size - at, take)
    }
}

fn zeros(length: u64, take: &mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
    let zeros = [0; PIECE];
    pieces(length, |_, piece| take(zeros.get(..piece).unwrap_or(&zeros)))
}

/// Calls `each` with what is done and the length of the next piece, until `length` is done.
fn pieces(length: u64, mut each: impl FnMut(u64, usize) -> Result<(), String>) -> Result<(), String> {
    let mut done = 0;
    while done < length {
        let piece = usize::try_from(length - done).unwrap_or(PIECE).min(PIECE);
        each(done, piece)?;
        done += piece as u64;
    }
    Ok(())
}

fn meta(inode: &xfs::Inode) -> Meta {
    let kind = match inode.mode >> 12 {
        0o1 => Kind::Fifo,
        0o2 => Kind::CharacterDevice,
        0o4 => Kind::Directory,
        0o6 => Kind::BlockDevice,
        0o12 => Kind::Link,
        0o14 => Kind::Socket,
        _ => Kind::File,
    };
    Meta {
        kind,
        mode: inode.mode & 0o7777,
        uid: inode.uid,
        gid: inode.gid,
        size: inode.size,
        modified: inode.modified,
    }
}
