//! What a lab remembers between runs: `LWD/.warp/lab.yaml`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The version that this warp reads and writes.
const VERSION: u32 = 1;

/// The file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    /// The lab's identity: 16 random hexadecimal digits. It marks what the lab owns and seeds its MAC addresses.
    pub id: String,
    /// Which libvirt daemon holds the lab's objects; chosen once, because the objects stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daemon: Option<DaemonKind>,
    /// The machine that has the lab's guests, by its name for ssh, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virthost: Option<String>,
    /// What the probe found this machine able to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_type: Option<DomainType>,
    /// Where the lab is on a daemon that others may have labs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The volumes that the lab made. libvirt keeps no mark on a volume, so they are remembered here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
}

/// Where a lab is on its daemon: the first has neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What stands before the names of its objects.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Its subnet, where the usual one is another lab's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_network_cidr: Option<String>,
    /// The port of this machine's loopback that leads to the undercloud's ssh server, where guests have user-mode networking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_port: Option<u16>,
    /// The folder of its disks on a virthost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_path: Option<String>,
}

/// Which libvirt daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonKind {
    /// The one at `qemu:///system`, which is the machine's own.
    System,
    /// One that warp started for this lab alone.
    Private,
    /// The account's own, at `qemu:///session`: nothing of it needs root, and it makes no networks.
    Session,
    /// The one at `qemu:///system` of another machine, the virthost.
    Remote,
}

/// The virtualisation that domains use: libvirt's `type` attribute of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainType {
    /// The processor's own.
    Kvm,
    /// Software emulation (TCG).
    Qemu,
}

impl DomainType {
    /// As libvirt spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DomainType::Kvm => "kvm",
            DomainType::Qemu => "qemu",
        }
    }
}

/// A volume that the lab made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The pool's name when it was made.
    pub pool: String,
    /// The pool's UUID: a pool of the same name with another UUID is another pool.
    pub pool_uuid: String,
    /// The volume's name in the pool.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What tells its content from another: of a file that was sent there its size and time, of a disk when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// The manifest and its file.
pub struct Store {
    path: PathBuf,
    manifest: Mutex<Manifest>,
    /// Whether it is only looked at.
    unwritten: bool,
}

impl Store {
    /// Reads the manifest, or `None` where there is no lab.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written by a later warp.
    pub fn read(path: &Path) -> Result<Option<Store>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::other(format!("cannot read {}: {e}", path.display()))),
        };
        let manifest: Manifest = serde_yaml::from_str(&text).map_err(|e| {
            Error::input(format!("{} is not a lab manifest: {e}", path.display()))
                .help("restore the file; without it warp does not know which volumes are its own")
        })?;
        if manifest.version != VERSION {
            return Err(Error::input(format!(
                "{} has version {}, and this warp knows version {VERSION}",
                path.display(),
                manifest.version
            ))
            .help("use the warp that made this lab"));
        }
        let valid = manifest.id.len() == 16 && manifest.id.bytes().all(|b| b.is_ascii_hexdigit());
        if !valid {
            return Err(Error::input(format!("{} has the id {:?}", path.display(), manifest.id))
                .help("an id is 16 hexadecimal digits"));
        }
        Ok(Some(Store { path: path.to_owned(), manifest: Mutex::new(manifest), unwritten: false }))
    }

    /// Writes the manifest of a new lab.
    ///
    /// # Errors
    /// A file that cannot be written, or no randomness.
    pub fn create(path: &Path) -> Result<Store> {
        let store = Self::new(path)?;
        store.write(&store.lock())?;
        Ok(store)
    }

    /// The manifest of a new lab, not written yet.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(path: &Path) -> Result<Store> {
        let mut random = [0u8; 8];
        fill_random(&mut random)?;
        let id = random.iter().map(|b| format!("{b:02x}")).collect();
        let manifest = Manifest {
            version: VERSION,
            id,
            daemon: None,
            virthost: None,
            domain_type: None,
            place: None,
            volumes: Vec::new(),
        };
        Ok(Store { path: path.to_owned(), manifest: Mutex::new(manifest), unwritten: false })
    }

    /// The same, with changes that only this process knows of.
    #[must_use]
    pub fn unwritten(self) -> Store {
        Store { unwritten: true, ..self }
    }

    /// A copy of the content.
    #[must_use]
    pub fn get(&self) -> Manifest {
        self.lock().clone()
    }

    /// Changes the content and writes it.
    ///
    /// # Errors
    /// A file that cannot be written; the content is then as before.
    pub fn update(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        let mut manifest = self.lock();
        let mut changed = manifest.clone();
        change(&mut changed);
        if changed != *manifest {
            if !self.unwritten {
                self.write(&changed)?;
            }
            *manifest = changed;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Manifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Atomically: a killed warp leaves the old file or the new one, never half of it.
    fn write(&self, manifest: &Manifest) -> Result<()> {
        let failed = |e: &dyn std::fmt::Display| {
            Error::other(format!("cannot write the lab's manifest {}: {e}", self.path.display()))
        };
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        let text = serde_yaml::to_string(manifest).map_err(|e| failed(&e))?;
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(|e| failed(&e))?;
        file.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
        file.as_file().sync_all().map_err(|e| failed(&e))?;
        file.persist(&self.path).map_err(|e| failed(&e.error))?;
        Ok(())
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<()> {
    use std::io::Read;
    std::fs::File::open("/dev/urandom")
        .and_then(|mut f| f.read_exact(bytes))
        .map_err(|e| Error::other(format!("cannot read /dev/urandom: {e}")))
}
