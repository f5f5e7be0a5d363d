//! Which stages of a deployment are done, remembered from one run to the next.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was done, and to which disk: with another disk nothing after the provisioning holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// The disk of the undercloud that the stages were done to.
    disk: Option<String>,
    /// Whether the undercloud was installed on it.
    installed: bool,
}

/// The record of a lab, in a file of its state folder.
pub struct Stages {
    path: PathBuf,
    record: Record,
}

impl Stages {
    /// Reads the record; where there is none, nothing is done.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn read(state_dir: &Path) -> Result<Self> {
        let path = state_dir.join("stages.yaml");
        let record = match std::fs::read_to_string(&path) {
            Ok(text) => serde_yaml::from_str(&text).map_err(|e| {
                Error::input(format!("{} cannot be understood: {e}", path.display()))
                    .help("remove the file: warp then looks at every stage again")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Record::default(),
            Err(e) => return Err(Error::other(format!("cannot read {}: {e}", path.display()))),
        };
        Ok(Stages { path, record })
    }

    /// Notes the disk that was provisioned; says whether it is another one.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn provisioned(&mut self, disk: &str) -> Result<bool> {
        if self.record.disk.as_deref() == Some(disk) {
            return Ok(false);
        }
        self.record = Record { disk: Some(disk.to_owned()), installed: false };
        self.write().map(|()| true)
    }

    /// Notes that the lab was put back to a snapshot: what was done since is not done.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn put_back(&mut self) -> Result<()> {
        let boot = self.path.with_file_name("boot");
        match std::fs::remove_file(&boot) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::other(format!("cannot remove {}: {e}", boot.display())));
            }
            _ => {}
        }
        self.record = Record::default();
        self.write()
    }

    /// Whether the undercloud was installed on the disk that is there.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.record.installed
    }

    /// Notes that the undercloud is installed.
    ///
    /// # Errors
    /// The record cannot be written.
    pub fn installed(&mut self) -> Result<()> {
        if self.record.installed {
            return Ok(());
        }
        self.record.installed = true;
        self.write()
    }

    fn write(&self) -> Result<()> {
        let failed = |e: String| Error::other(format!("cannot write {}: {e}", self.path.display()));
        let text = serde_yaml::to_string(&self.record).map_err(|e| failed(e.to_string()))?;
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(|e| failed(e.to_string()))?;
        file.write_all(text.as_bytes()).map_err(|e| failed(e.to_string()))?;
        file.persist(&self.path).map_err(|e| failed(e.error.to_string()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_disk_undoes_the_install() {
        let dir = tempfile::tempdir().unwrap();
        let mut stages = Stages::read(dir.path()).unwrap();
        stages.provisioned("one").unwrap();
        stages.installed().unwrap();
        let mut again = Stages::read(dir.path()).unwrap();
        again.provisioned("one").unwrap();
        assert!(again.is_installed());
        again.provisioned("two").unwrap();
        assert!(!Stages::read(dir.path()).unwrap().is_installed());
    }

    #[test]
    fn a_lab_that_was_put_back_has_another_disk() {
        let dir = tempfile::tempdir().unwrap();
        let mut stages = Stages::read(dir.path()).unwrap();
        stages.provisioned("one").unwrap();
        stages.put_back().unwrap();
        assert!(Stages::read(dir.path()).unwrap().provisioned("one").unwrap());
    }

    #[test]
    fn a_broken_record_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("stages.yaml"), "disk: [").unwrap();
        assert!(Stages::read(dir.path()).err().unwrap().message().contains("stages.yaml"));
    }
}
