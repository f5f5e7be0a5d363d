//! A snapshot beside a domain's files, for domains that libvirt takes none inside of (disks that are not qcow2, UEFI's
//! variable store): copies of memory, disks and variables in a folder of the lab's own.
//!
//! Disks keep their paths, so the domain's description stays what warp wrote.

use super::note::Note;
use crate::error::{Error, Result};
use crate::lab::copy::copy;
use crate::lab::xml::Element;
use crate::lab::{DaemonKind, Lab, libvirt};
use serde::{Deserialize, Serialize};
use std::ffi::CString;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use virt::domain::Domain;
use virt::error::Error as Failure;
use virt::sys;

/// The file with what follows; written last, it makes the folder a snapshot.
const RECORD: &str = "snapshot.json";

/// The guest's memory and processors, as libvirt saves them.
const MEMORY: &str = "memory";

/// What a folder holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    /// When it was taken, in seconds since 1970.
    pub created: i64,
    /// The lab at the time.
    pub note: Note,
    /// Whether the domain's memory is there.
    pub memory: bool,
    /// The files that were copied, in the order of their copies `0`, `1` ...
    files: Vec<PathBuf>,
}

/// A domain's snapshot of a name, there or not.
pub(super) struct Beside<'a> {
    lab: &'a Lab,
    name: &'a str,
    domain: &'a Domain,
    folder: PathBuf,
}

impl<'a> Beside<'a> {
    /// That of this name.
    pub fn new(lab: &'a Lab, name: &'a str, domain: &'a Domain, snapshot: &str) -> Result<Self> {
        Ok(Beside { lab, name, domain, folder: of_domain(lab, domain)?.join(snapshot) })
    }

    /// All of a domain's.
    pub fn all(lab: &Lab, domain: &Domain) -> Result<Vec<(String, Record, u64)>> {
        let folder = of_domain(lab, domain)?;
        let failed = |e: io::Error| Error::other(format!("cannot look into {}: {e}", folder.display()));
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let Some(record) = read(&entry.path())? else { continue };
            let memory = fs::metadata(entry.path().join(MEMORY)).map_or(0, |meta| meta.len());
            all.push((entry.file_name().to_string_lossy().into_owned(), record, memory));
        }
        Ok(all)
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.folder.join(RECORD).exists()
    }

    /// Takes it. A domain that runs must be paused, and is again afterwards, also where this fails.
    pub fn take(&self, note: &Note) -> Result<()> {
        let files = self.files()?;
        let memory = self.domain.is_active().map_err(|e| self.failed("look at", &e))?;
        self.delete()?;
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(|e| self.broken(&e))?;
        let taken = self.copies(&files, memory).and_then(|()| {
            let record =
                Record { created: jiff::Timestamp::now().as_second(), note: note.clone(), memory, files };
            let text = serde_json::to_vec(&record).map_err(|e| self.broken(&e.into()))?;
            let new = self.folder.join("new");
            fs::write(&new, text)
                .and_then(|()| fs::rename(&new, self.folder.join(RECORD)))
                .map_err(|e| self.broken(&e))
        });
        match taken {
            // What could not be let go on has its memory there and nowhere else.
            Err(error) if !memory || self.domain.is_active().unwrap_or(false) => {
                let _ = self.delete();
                Err(error)
            }
            taken => taken,
        }
    }

    /// Puts the domain back; one whose memory is in it is left paused.
    pub fn revert(&self) -> Result<()> {
        let record = read(&self.folder)?
            .ok_or_else(|| Error::other(format!("{} is no snapshot any more", self.folder.display())))?;
        if self.domain.is_active().map_err(|e| self.failed("look at", &e))? {
            self.domain.destroy().map_err(|e| self.failed("stop", &e))?;
        }
        // Else the next start would be in the memory of another time.
        if self.domain.has_managed_save(0).map_err(|e| self.failed("look at", &e))? {
            self.domain.managed_save_remove(0).map_err(|e| self.failed("forget what was saved of", &e))?;
        }
        for (number, file) in record.files.iter().enumerate() {
            copy(&self.folder.join(number.to_string()), file).map_err(|e| self.unwritten(file, &e))?;
        }
        if record.memory { self.restore() } else { Ok(()) }
    }

    /// Deletes it; says whether it was there.
    pub fn delete(&self) -> Result<bool> {
        let was = self.exists();
        match fs::remove_dir_all(&self.folder) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                Err(Error::other(format!("cannot delete {}: {e}", self.folder.display())))
            }
            _ => Ok(was),
        }
    }

    /// Copies all files while the domain does not run; its memory is saved before and it is started from there after.
    fn copies(&self, files: &[PathBuf], memory: bool) -> Result<()> {
        if memory {
            self.save()?;
        }
        let copied = files.iter().enumerate().try_for_each(|(number, file)| {
            copy(file, &self.folder.join(number.to_string())).map_err(|e| self.unread(file, &e))
        });
        match (copied, if memory { self.restore() } else { Ok(()) }) {
            (Err(error), Err(also)) => Err(error.note(also.message().to_owned())),
            (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    fn save(&self) -> Result<()> {
        let memory = CString::new(self.memory()?)
            .map_err(|_| Error::other(format!("{} holds a NUL character", self.folder.display())))?;
        // SAFETY: the domain's handle and the path live through the call; no description is given.
        let saved = unsafe {
            let paused = sys::VIR_DOMAIN_SAVE_PAUSED;
            sys::virDomainSaveFlags(self.domain.as_ptr(), memory.as_ptr(), std::ptr::null(), paused)
        };
        if saved < 0 { Err(self.failed("save the memory of", &Failure::last_error())) } else { Ok(()) }
    }

    fn restore(&self) -> Result<()> {
        let memory = self.memory()?;
        let connect = self.lab.connect()?;
        connect
            .restore_domain_flags(&memory, None, sys::VIR_DOMAIN_SAVE_PAUSED)
            .map_err(|e| self.failed("start from its memory", &e).note(format!("the memory is in {memory}")))
    }

    fn memory(&self) -> Result<String> {
        let path = self.folder.join(MEMORY);
        // The daemon has a directory of its own.
        let path = std::path::absolute(&path).map_err(|e| self.broken(&e))?;
        path.into_os_string().into_string().map_err(|path| {
            Error::other(format!("libvirt takes no path that is not UTF-8: {}", path.display()))
        })
    }

    /// The files that the guest writes: disks and firmware variables.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let xml = self.domain.xml_desc(0).map_err(|e| self.failed("look at", &e))?;
        let description = Element::parse(&xml)?;
        let mut files = Vec::new();
        for disk in description.all("devices/disk") {
            let is_disk = matches!(disk.attribute("device"), None | Some("disk"));
            if !is_disk || disk.first("readonly").is_some() {
                continue;
            }
            let file = disk.first("source").and_then(|source| source.attribute("file"));
            let file = file.filter(|_| disk.first("shareable").is_none()).ok_or_else(|| {
                let name = disk.first("target").and_then(|t| t.attribute("dev")).unwrap_or("?");
                Error::other(format!("the disk {name} of {} is no file of its own", self.name))
                    .help("a snapshot can be taken of disks that are files")
            })?;
            files.push(PathBuf::from(file));
        }
        files.extend(self.variables(&description).filter(|path| path.exists()));
        Ok(files)
    }

    /// The file with the firmware's variables, where there is one.
    fn variables(&self, description: &Element) -> Option<PathBuf> {
        let os = description.first("os")?;
        let named = os.first("nvram").map(|nvram| nvram.text.as_str()).filter(|text| !text.is_empty());
        let named = match (named, os.attribute("firmware")) {
            (Some(named), _) => PathBuf::from(named),
            // Chosen at the first start, and told only while the guest runs.
            (None, Some("efi")) => {
                Path::new("/var/lib/libvirt/qemu/nvram").join(format!("{}_VARS.fd", self.name))
            }
            (None, _) => return None,
        };
        // A private daemon has its own /var/lib/libvirt.
        match (self.lab.daemon_kind(), named.strip_prefix("/var/lib/libvirt")) {
            (Some(DaemonKind::Private), Ok(inside)) => {
                Some(self.lab.directory.join("libvirt/lib").join(inside))
            }
            _ => Some(named),
        }
    }

    fn failed(&self, what: &str, failure: &Failure) -> Error {
        libvirt::error(format_args!("cannot {what} {}", self.name), failure)
    }

    fn broken(&self, e: &io::Error) -> Error {
        Error::other(format!("cannot write {}: {e}", self.folder.display()))
    }

    fn unread(&self, file: &Path, e: &io::Error) -> Error {
        Error::other(format!("cannot copy {} of {}: {e}", file.display(), self.name))
    }

    fn unwritten(&self, file: &Path, e: &io::Error) -> Error {
        Error::other(format!("cannot put {} of {} back: {e}", file.display(), self.name))
    }
}

/// The folder with the lab's snapshots of this kind.
pub fn folder(lab: &Lab) -> PathBuf {
    lab.directory.join("snapshots")
}

/// That with a domain's. Another domain of its name has another UUID.
fn of_domain(lab: &Lab, domain: &Domain) -> Result<PathBuf> {
    let uuid = domain.uuid_string().map_err(|e| libvirt::error("cannot look at a domain", &e))?;
    Ok(folder(lab).join(uuid))
}

fn read(folder: &Path) -> Result<Option<Record>> {
    let path = folder.join(RECORD);
    let text = match fs::read(&path) {
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        text => text.map_err(|e| Error::other(format!("cannot read {}: {e}", path.display())))?,
    };
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|e| Error::other(format!("{} is damaged: {e}", path.display())))
}
