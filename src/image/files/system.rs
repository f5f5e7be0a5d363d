//! The file systems of an image as the guest has them mounted.

use super::source::Source;
use super::{Kind, Meta, Tree};
use crate::error::{Error, Result};
use crate::image::disk::{Disk, FileSystem, Volume, volumes};
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// A file system and where the guest has it.
pub struct Mount {
    /// Where it is mounted, as the guest's /etc/fstab says; none where that does not name it.
    pub at: Option<PathBuf>,
    /// The volume it is on.
    pub volume: Volume,
    /// Its files.
    pub tree: Tree,
}

/// The file systems of an image.
pub struct System {
    image: PathBuf,
    size: u64,
    volumes: Vec<Volume>,
    /// Longest mount points first.
    mounts: Vec<Mount>,
}

/// Symbolic links that are followed in one path, as Linux does.
const LINKS: usize = 40;

impl System {
    /// Opens an image: its root file system, and what its /etc/fstab mounts. `partition` names another root.
    ///
    /// # Errors
    /// The image is not whole, or has no file system that is read.
    pub fn open(image: &Path, partition: Option<u32>) -> Result<Self> {
        let disk = Rc::new(RefCell::new(Disk::open(image)?));
        Self::find(&disk, image, partition)
            .map_err(|e| e.context(format!("no files can be read out of {}", image.display())))
    }

    fn find(disk: &Rc<RefCell<Disk>>, image: &Path, partition: Option<u32>) -> Result<Self> {
        let volumes = volumes(&mut disk.borrow_mut())?;
        let mut mounts = Vec::new();
        for volume in &volumes {
            if let Some(tree) = Tree::load(Source::new(disk, *volume), volume).map_err(Error::input)? {
                mounts.push(Mount { at: None, volume: *volume, tree });
            }
        }
        let root = match partition {
            Some(number) => mounts.iter().position(|m| m.volume.number == Some(number)),
            None => mounts.iter().position(Mount::is_root).or((mounts.len() == 1).then_some(0)),
        };
        let Some(root) = root.and_then(|at| mounts.get_mut(at)) else {
            return Err(unread(&volumes, partition));
        };
        root.at = Some("/".into());
        let table = fstab(root);
        for mount in mounts.iter_mut().filter(|m| m.at.is_none()) {
            mount.at = table.iter().find(|(spec, _)| mount.is(spec)).map(|(_, at)| at.clone());
        }
        mounts.sort_by_key(|m| std::cmp::Reverse(m.at.as_ref().map(|at| at.as_os_str().len())));
        let size = disk.borrow().size();
        Ok(System { image: image.to_owned(), size, volumes, mounts })
    }

    /// The image.
    #[must_use]
    pub fn image(&self) -> &Path {
        &self.image
    }

    /// The size of its disk in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The volumes of the image, read or not.
    #[must_use]
    pub fn volumes(&self) -> &[Volume] {
        &self.volumes
    }

    /// What the volumes hold, in words.
    #[must_use]
    pub fn found(&self) -> String {
        listed(&self.volumes)
    }

    /// The file systems that are read.
    #[must_use]
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The file system of a volume, where it is read.
    #[must_use]
    pub fn mount_of(&self, volume: &Volume) -> Option<&Mount> {
        self.mounts.iter().find(|m| m.volume == *volume)
    }

    /// What a path stands for; a symbolic link at its end is followed.
    ///
    /// # Errors
    /// Nothing is there, or the file system is damaged.
    pub fn meta(&self, path: &Path) -> Result<Meta> {
        self.link_meta(&self.resolve(path, true)?)
    }

    /// What a path stands for; a symbolic link at its end stands for itself.
    ///
    /// # Errors
    /// As `meta`.
    pub fn link_meta(&self, path: &Path) -> Result<Meta> {
        let real = self.resolve(path, false)?;
        self.lookup(&real)?.ok_or_else(|| self.failed(path, "no such file or directory"))
    }

    /// Whether something is there.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.meta(Path::new(path)).is_ok()
    }

    /// The entries of a directory by name.
    ///
    /// # Errors
    /// It is none, or the file system is damaged.
    pub fn list(&self, directory: &Path) -> Result<Vec<(OsString, Meta)>> {
        let real = self.resolve(directory, true)?;
        let (mount, within) = self.mount(&real);
        let names = mount
            .map_or(Ok(Vec::new()), |m| m.tree.names(&within))
            .map_err(|e| self.failed(directory, &e))?;
        let mut entries = Vec::new();
        for name in names.into_iter().map(OsString::from_vec) {
            let meta = self.link_meta(&real.join(&name))?;
            entries.push((name, meta));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(entries)
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// It is none, or the file system is damaged.
    pub fn target(&self, link: &Path) -> Result<PathBuf> {
        let real = self.resolve(link, false)?;
        let (mount, within) = self.mount(&real);
        mount
            .map_or(Err("no such file or directory".to_owned()), |m| m.tree.target(&within))
            .map_err(|e| self.failed(link, &e))
    }

    /// Writes the content of a file.
    ///
    /// # Errors
    /// It is no file, the file system is damaged, or `to` cannot be written.
    pub fn copy(&self, file: &Path, to: &mut dyn Write) -> Result<()> {
        let real = self.resolve(file, true)?;
        match self.link_meta(&real)?.kind {
            Kind::File => {}
            Kind::Directory => return Err(self.failed(file, "it is a directory")),
            _ => return Err(self.failed(file, "it is neither file nor directory")),
        }
        let (mount, within) = self.mount(&real);
        let Some(mount) = mount else { return Err(self.failed(file, "no such file or directory")) };
        let mut unwritten = None;
        let read = mount.tree.read(&within, &mut |piece| {
            to.write_all(piece).map_err(|e| {
                let text = e.to_string();
                unwritten = Some(e);
                text
            })
        });
        match (read, unwritten) {
            (_, Some(e)) => Err(e.into()),
            (read, None) => read.map_err(|e| self.failed(file, &e)),
        }
    }

    /// The content of a file of at most `most` bytes.
    ///
    /// # Errors
    /// It is longer, or as `copy`.
    pub fn read(&self, file: &Path, most: u64) -> Result<Vec<u8>> {
        let size = self.meta(file)?.size;
        if size > most {
            return Err(self.failed(file, &format!("it has {size} bytes, {most} are read at most")));
        }
        let mut bytes = Vec::new();
        self.copy(file, &mut bytes)?;
        Ok(bytes)
    }

    /// The path without symbolic links, but for one at its end unless `last` is followed too.
    fn resolve(&self, path: &Path, last: bool) -> Result<PathBuf> {
        let mut real = PathBuf::from("/");
        let mut rest: Vec<OsString> = names(path);
        rest.reverse();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&name);
            let is_link =
                (last || !rest.is_empty()) && self.lookup(&next)?.is_some_and(|meta| meta.kind == Kind::Link);
            if !is_link {
                real = next;
                continue;
            }
            links += 1;
            if links > LINKS {
                return Err(self.failed(path, "too many levels of symbolic links"));
            }
            let (mount, within) = self.mount(&next);
            let target = mount
                .map_or(Ok(PathBuf::new()), |m| m.tree.target(&within))
                .map_err(|e| self.failed(path, &e))?;
            if target.is_absolute() {
                real = PathBuf::from("/");
            }
            rest.extend(names(&target).into_iter().rev());
        }
        Ok(real)
    }

    fn lookup(&self, real: &Path) -> Result<Option<Meta>> {
        let (mount, within) = self.mount(real);
        mount.map_or(Ok(None), |m| m.tree.meta(&within)).map_err(|e| self.failed(real, &e))
    }

    /// The file system that has a path, and the path in it.
    fn mount(&self, real: &Path) -> (Option<&Mount>, PathBuf) {
        let found = self.mounts.iter().find_map(|m| {
            let within = real.strip_prefix(m.at.as_ref()?).ok()?;
            Some((m, Path::new("/").join(within)))
        });
        found.map_or_else(|| (None, PathBuf::new()), |(mount, within)| (Some(mount), within))
    }

    fn failed(&self, path: &Path, what: &str) -> Error {
        Error::input(format!("{} in the image {}: {what}", path.display(), self.image.display()))
    }
}

/// The names of a path; `..` is one.
fn names(path: &Path) -> Vec<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect()
}

impl Mount {
    /// Whether it has the folders of a system.
    #[must_use]
    pub fn is_root(&self) -> bool {
        let is_there = |dir: &str| self.tree.meta(Path::new(dir)).is_ok_and(|meta| meta.is_some());
        ["/etc", "/usr"].into_iter().all(is_there)
    }

    /// Whether the first field of a line of fstab means it.
    fn is(&self, spec: &str) -> bool {
        if let Some(uuid) = spec.strip_prefix("UUID=") {
            return uuid.trim_matches('"').eq_ignore_ascii_case(&self.tree.uuid());
        }
        if let Some(label) = spec.strip_prefix("LABEL=") {
            return !label.is_empty() && label.trim_matches('"') == self.tree.label();
        }
        let number =
            ["/dev/vda", "/dev/sda", "/dev/hda", "/dev/xvda"].iter().find_map(|d| spec.strip_prefix(d));
        number.is_some_and(|n| n.parse().ok() == self.volume.number)
    }
}

/// What the guest mounts where. A guest without a table, or one that cannot be read, mounts its root alone.
fn fstab(root: &Mount) -> Vec<(String, PathBuf)> {
    let mut text = Vec::new();
    let _ = root.tree.read(Path::new("/etc/fstab"), &mut |piece| {
        text.extend_from_slice(piece);
        if text.len() > 1 << 20 { Err("too long".to_owned()) } else { Ok(()) }
    });
    String::from_utf8_lossy(&text)
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?.to_owned(), PathBuf::from(fields.next()?)))
        })
        .filter(|(_, at)| at.is_absolute() && at != Path::new("/"))
        .collect()
}

/// What the volumes of an image hold, in words.
fn listed(volumes: &[Volume]) -> String {
    let each = volumes.iter().map(|v| {
        let name = v.number.map_or_else(|| "the whole disk".to_owned(), |n| format!("partition {n}"));
        format!("{name}: {}", v.holds.name())
    });
    format!("found {}", each.collect::<Vec<_>>().join(", "))
}

/// Why an image has no root file system.
fn unread(volumes: &[Volume], partition: Option<u32>) -> Error {
    let what = match partition {
        Some(number) => format!("it has no partition {number} with a file system that warp reads"),
        None if volumes.iter().any(|v| matches!(v.holds, FileSystem::Ext4 | FileSystem::Xfs)) => {
            "none of its file systems has a system's folders, /etc and /usr".to_owned()
        }
        None => "it holds no file system that warp reads".to_owned(),
    };
    let error = Error::input(what).note(listed(volumes));
    error.help("ext2, ext3, ext4 and XFS are read, on partitions of an MBR or GPT or on the whole disk")
}
