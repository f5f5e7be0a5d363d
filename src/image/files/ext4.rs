//! ext4, read by ext4-view.

use super::source::Source;
use super::{Kind, Meta};
use ext4_view::{Ext4, Ext4Error, Ext4Read, FileType, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Ext4Read for Source {
    fn read(&mut self, start: u64, dst: &mut [u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.read_at(start, dst)?)
    }
}

/// An ext4 file system.
pub struct Tree(Ext4);

impl Tree {
    /// Opens the file system of a volume.
    ///
    /// # Errors
    /// It is damaged, or uses what is not read.
    pub fn load(source: Source) -> Result<Self, String> {
        Ext4::load(Box::new(source)).map(Tree).map_err(|e| e.to_string())
    }

    /// Its UUID.
    pub fn uuid(&self) -> [u8; 16] {
        *self.0.uuid().as_bytes()
    }

    /// Its label.
    pub fn label(&self) -> String {
        self.0.label().to_str().map_or_else(|_| self.0.label().display().to_string(), ToOwned::to_owned)
    }

    /// What a path without symbolic links is; none where nothing is there.
    pub fn meta(&self, path: &Path) -> Result<Option<Meta>, String> {
        match self.0.symlink_metadata(own(path)?) {
            Ok(found) => Ok(Some(meta(&found))),
            Err(Ext4Error::NotFound | Ext4Error::NotADirectory) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }

    /// The names in a directory.
    pub fn names(&self, directory: &Path) -> Result<Vec<Vec<u8>>, String> {
        let mut names = Vec::new();
        for entry in self.0.read_dir(own(directory)?).map_err(|e| e.to_string())? {
            let entry = entry.map_err(|e| e.to_string())?;
            let name = entry.file_name();
            if name.as_ref() != b"." && name.as_ref() != b".." {
                names.push(name.as_ref().to_vec());
            }
        }
        Ok(names)
    }

    /// The target of a symbolic link.
    pub fn target(&self, link: &Path) -> Result<Vec<u8>, String> {
        let target = self.0.read_link(own(link)?).map_err(|e| e.to_string())?;
        Ok(target.as_path().as_ref().to_vec())
    }

    /// Gives the content of a file to `take`, piece by piece.
    pub fn read(&self, file: &Path, take: &mut dyn FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        let mut file = self.0.open(own(file)?).map_err(|e| e.to_string())?;
        let mut piece = vec![0; super::PIECE];
        loop {
            let length = file.read_bytes(&mut piece).map_err(|e| e.to_string())?;
            match piece.get(..length) {
                Some(read) if length > 0 => take(read)?,
                _ => return Ok(()),
            }
        }
    }
}

fn own(path: &Path) -> Result<ext4_view::Path<'_>, String> {
    ext4_view::Path::try_from(path.as_os_str().as_bytes()).map_err(|e| e.to_string())
}

fn meta(found: &Metadata) -> Meta {
    let kind = match found.file_type() {
        FileType::Regular => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::CharacterDevice => Kind::CharacterDevice,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
    };
    Meta {
        kind,
        mode: found.mode() & 0o7777,
        uid: found.uid(),
        gid: found.gid(),
        size: found.len(),
        modified: found.modified().seconds(),
    }
}
