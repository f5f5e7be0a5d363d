//! The configuration file as settings are looked for in it.

use super::super::file::{Entries, Entry, find, read};
use crate::error::{Error, Exit, Result};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A configuration file that was read.
pub struct ConfigFile {
    path: PathBuf,
    entries: Entries,
}

static OF_PROCESS: LazyLock<Option<ConfigFile>> = LazyLock::new(|| {
    let env = |name: &str| std::env::var(name).ok();
    let cwd = std::env::current_dir().unwrap_or_default();
    // What is wrong with it was told when the process began.
    let path = find(&env, &cwd, &mut Vec::new())?;
    ConfigFile::read(&path).ok()
});

impl ConfigFile {
    /// The process's, if it has one that can be read.
    #[must_use]
    pub fn of_process() -> Option<&'static Self> {
        OF_PROCESS.as_ref()
    }

    /// The file at this path.
    ///
    /// # Errors
    /// A file that is not there, has a name of another format, or cannot be understood.
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |msg: String| Error::new(Exit::Usage, msg);
        let shown = path.display();
        if std::fs::File::open(path).is_err() {
            return Err(wrong(format!(
                "The provided configuration file is missing or not accessible: {shown}"
            )));
        }
        let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
        match extension.as_str() {
            ".ini" | ".cfg" => {}
            ".yaml" | ".yml" => return Err(wrong("Unsupported configuration file type: yaml".to_owned())),
            other => {
                return Err(wrong(format!("Unsupported configuration file extension for {shown}: {other}")));
            }
        }
        Ok(ConfigFile { path: path.to_owned(), entries: read(path)? })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn entry(&self, section: &str, key: &str) -> Option<&Entry> {
        self.entries.get(&(section.to_owned(), key.to_owned()))
    }

    /// Sections and keys, in the order in which they are written.
    #[must_use]
    pub fn keys(&self) -> Vec<(&str, &str)> {
        let mut keys: Vec<_> = self.entries.iter().collect();
        keys.sort_by_key(|(_, entry)| entry.span.start);
        keys.into_iter().map(|((section, key), _)| (section.as_str(), key.as_str())).collect()
    }
}
