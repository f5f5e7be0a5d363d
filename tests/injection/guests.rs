//! The images: one tree of the machine's own distribution's packages, made once, in every form.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the root is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    Ext4,
    Xfs,
}

/// What the disk is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The file system alone.
    Disk,
    /// The root on the partition of an MBR.
    Mbr,
    /// The root on the last partition of a GPT, and /home on the first.
    Gpt,
}

/// What made the initrd.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Initrd {
    InitramfsTools,
    Dracut,
}

/// A kind of image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub file_system: FileSystem,
    pub layout: Layout,
    pub initrd: Initrd,
    pub cloud_init: bool,
}

impl Kind {
    /// All that are told apart: a seed leaves the initrd alone, so with cloud-init it does not matter which it is.
    pub fn all() -> impl Iterator<Item = Kind> {
        use {FileSystem::*, Initrd::*, Layout::*};
        let roots = [(Ext4, Disk), (Xfs, Disk), (Ext4, Mbr), (Xfs, Gpt)];
        let ways = [(InitramfsTools, false), (Dracut, false), (InitramfsTools, true)];
        roots.into_iter().flat_map(move |(file_system, layout)| {
            ways.into_iter().map(move |(initrd, cloud_init)| Kind { file_system, layout, initrd, cloud_init })
        })
    }

    fn words(self) -> [&'static str; 4] {
        [
            if self.cloud_init { "with" } else { "without" },
            if self.initrd == Initrd::Dracut { "dracut" } else { "initramfs-tools" },
            if self.file_system == FileSystem::Xfs { "xfs" } else { "ext4" },
            match self.layout {
                Layout::Disk => "disk",
                Layout::Mbr => "mbr",
                Layout::Gpt => "gpt",
            },
        ]
    }

    pub fn name(self) -> String {
        let [cloud_init, initrd, kind, layout] = self.words();
        format!("{kind}-{layout}-{initrd}-{cloud_init}-cloud-init")
    }
}

/// The image of a kind, made where it is not there yet.
pub fn image(kind: Kind) -> PathBuf {
    let trees = trees();
    let image = trees.join(format!("{}.qcow2", kind.name()));
    if !image.exists() {
        let [tree, initrd, file_system, layout] = kind.words();
        let tree = trees.join(tree);
        script("image.sh", &[tree.to_str().unwrap(), initrd, file_system, layout, image.to_str().unwrap()]);
    }
    image
}

/// The folder with the trees.
pub fn trees() -> PathBuf {
    static MAKING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (made, new) = (folder("guests"), folder("guests.new"));
    if !made.exists() {
        let _ = std::fs::remove_dir_all(&new);
        std::fs::create_dir_all(&new).unwrap();
        script("tree.sh", &[new.to_str().unwrap()]);
        std::fs::rename(&new, &made).unwrap();
    }
    made
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs one of the scripts beside this file, as root, with mounts of its own.
fn script(name: &str, args: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injection").join(name);
    let out = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(path)
        .args(args)
        .output()
        .unwrap();
    assert!(out.status.success(), "{name} {args:?}: {}", crate::support::streams(&out));
}
