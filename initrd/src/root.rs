//! The guest's root, mounted by its initrd.

use crate::Result;
use crate::partition::Partition;
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A mounted root that can be written.
pub struct Root {
    path: PathBuf,
    /// What it is remounted with in the end, where it was mounted for reading alone.
    before: Option<MsFlags>,
}

impl Root {
    /// Makes the root writable.
    pub fn writable(path: &Path) -> Result<Self> {
        let failed = |e| format!("the root {} cannot be made writable: {e}", path.display());
        let flags = statvfs(path).map_err(failed)?.flags();
        let before = flags.contains(FsFlags::ST_RDONLY).then(|| kept(flags) | MsFlags::MS_RDONLY);
        if before.is_some() {
            remount(path, kept(flags)).map_err(failed)?;
        }
        Ok(Root { path: path.to_owned(), before })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Mounts it as it was before: whether the guest checks its root before it writes there is the guest's to say.
    pub fn restore(self) -> Result<()> {
        match self.before {
            None => Ok(()),
            Some(flags) => remount(&self.path, flags)
                .map_err(|e| format!("the root is not mounted for reading alone again: {e}")),
        }
    }

    /// The folder of sysfs that tells of the root's device.
    fn device(&self) -> Result<PathBuf> {
        let number =
            fs::metadata(&self.path).map_err(|e| format!("{} is not there: {e}", self.path.display()))?.dev();
        let (major, minor) = (nix::sys::stat::major(number), nix::sys::stat::minor(number));
        fs::canonicalize(format!("/sys/dev/block/{major}:{minor}"))
            .map_err(|e| format!("its device {major}:{minor} is not known to sysfs: {e}"))
    }

    /// The size of its device in bytes.
    pub fn size(&self) -> Result<u64> {
        Ok(number(&self.device()?, "size")? * 512)
    }

    /// The partition that it is on; none where it has the whole disk.
    pub fn partition(&self) -> Result<Option<Partition>> {
        let device = self.device()?;
        if !device.join("partition").exists() {
            return Ok(None);
        }
        let disk = device.parent().unwrap_or(&device);
        let name = disk.file_name().unwrap_or_default();
        Ok(Some(Partition {
            disk: Path::new("/dev").join(name),
            block: number(disk, "queue/logical_block_size")?,
            number: u32::try_from(number(&device, "partition")?).map_err(|e| e.to_string())?,
            start: number(&device, "start")? * 512,
        }))
    }
}

fn remount(path: &Path, flags: MsFlags) -> nix::Result<()> {
    mount(None::<&str>, path, None::<&str>, MsFlags::MS_REMOUNT | flags, None::<&str>)
}

/// What a remount must be told again.
fn kept(flags: FsFlags) -> MsFlags {
    [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ]
    .into_iter()
    .filter(|(had, _)| flags.contains(*had))
    .fold(MsFlags::empty(), |all, (_, flag)| all | flag)
}

fn number(device: &Path, field: &str) -> Result<u64> {
    let path = device.join(field);
    let text = fs::read_to_string(&path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
    text.trim().parse().map_err(|e| format!("{} is no number: {e}", path.display()))
}
