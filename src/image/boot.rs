//! What a guest is booted with, as files: its own kernel, and its own initrd with an injection.

use super::files::{System, has_cloud_init};
use super::inject::{Injection, inject, seed};
use super::kernel::{self, Kernel};
use crate::error::{Error, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files and the root device of a direct boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The kernel's version; empty where the kernel was given.
    pub version: String,
    /// The kernel.
    pub kernel: PathBuf,
    /// The initrd. Only its owner may read it: it may hold private keys.
    pub initrd: PathBuf,
    /// The root device as the guest sees it on a virtio disk: `/dev/vda`, or `/dev/vda1`.
    pub root: String,
    /// The disk that tells cloud-init the injection, where the guest has cloud-init. Its owner's alone too.
    pub seed: Option<PathBuf>,
}

/// How an injection gets into the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By a seed where the guest has cloud-init, else by its initrd.
    Auto,
    /// By its initrd.
    Initrd,
    /// By a NoCloud seed.
    NoCloud,
}

/// A kernel with its initrd and root device that are taken instead of the image's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The kernel.
    pub kernel: PathBuf,
    /// The initrd.
    pub initrd: PathBuf,
    /// The root device.
    pub root: String,
}

/// What is booted, and what is put into it.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The image.
    pub image: &'a Path,
    /// Taken instead of the image's own.
    pub given: Option<Given>,
    /// What the guest is given.
    pub injection: Option<&'a Injection>,
    /// How.
    pub way: Way,
}

impl<'a> Wanted<'a> {
    /// What the image itself has, with nothing put into it.
    #[must_use]
    pub fn of(image: &'a Path) -> Self {
        Wanted { image, given: None, injection: None, way: Way::Auto }
    }
}

/// Brings `NAME.vmlinuz`, `NAME.initrd` and, for cloud-init, `NAME.seed` in `folder` to what is wanted; says whether they
/// differed. Files appear whole or not at all; in check mode nothing is written. Blocks.
///
/// # Errors
/// As `kernel::read`, `inject` and `seed`, or the files cannot be written.
pub fn prepare(wanted: &Wanted<'_>, folder: &Path, name: &str, check: bool) -> Result<(Boot, bool)> {
    let (read, seeded) = read(wanted)?;
    let in_image = |e: Error| e.context(format!("nothing can be injected into {}", wanted.image.display()));
    let (initrd, seed) = match wanted.injection {
        Some(injection) if seeded => (read.initrd, Some(seed(injection).map_err(in_image)?)),
        Some(injection) => (inject(read.initrd, injection).map_err(in_image)?, None),
        None => (read.initrd, None),
    };
    let boot = Boot {
        version: read.version,
        kernel: folder.join(format!("{name}.vmlinuz")),
        initrd: folder.join(format!("{name}.initrd")),
        root: read.root,
        seed: seed.is_some().then(|| folder.join(format!("{name}.seed"))),
    };
    let seed = boot.seed.as_ref().zip(seed.as_ref());
    let mut changed = false;
    for (path, bytes) in [(&boot.kernel, &read.kernel), (&boot.initrd, &initrd)].into_iter().chain(seed) {
        if std::fs::read(path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        changed = true;
        if !check {
            write(path, bytes)?;
        }
    }
    Ok((boot, changed))
}

/// The kernel that is booted, and whether its guest is told by a seed.
fn read(wanted: &Wanted<'_>) -> Result<(Kernel, bool)> {
    let Some(given) = &wanted.given else {
        let system = System::open(wanted.image, None).map_err(kernel::name_yourself)?;
        let seeded = match wanted.way {
            Way::Auto => has_cloud_init(&system),
            way => way == Way::NoCloud,
        };
        return Ok((kernel::of(&system, wanted.image)?, seeded));
    };
    let content = |path: &Path| {
        std::fs::read(path).map_err(|e| Error::input(format!("{} cannot be read: {e}", path.display())))
    };
    let kernel = Kernel {
        version: String::new(),
        root: given.root.clone(),
        kernel: content(&given.kernel)?,
        initrd: content(&given.initrd)?,
    };
    // What is in the image matters no more, and it may be one that is not read.
    let has_cloud_init = || System::open(wanted.image, None).is_ok_and(|system| has_cloud_init(&system));
    Ok((kernel, wanted.way == Way::NoCloud || wanted.way == Way::Auto && has_cloud_init()))
}

/// Writes a file that is never seen half done and that only its owner may read.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e: std::io::Error| Error::other(format!("{} cannot be written: {e}", path.display()));
    let mut file =
        tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
