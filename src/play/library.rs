//! Modules that plays bring along, as files.

use super::resolve::Doer;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files beside modules that are none.
const NOT_MODULES: [&str; 11] = ["pyc", "pyo", "swp", "bak", "rpm", "md", "txt", "rst", "yaml", "yml", "ini"];

/// A module that is a file of the play's author.
#[derive(Debug)]
pub struct ModuleFile {
    /// The file.
    pub path: PathBuf,
    /// The folders of Python code that its `ansible.module_utils` has besides, the first of a name winning.
    pub utils: Vec<PathBuf>,
    /// The folders `ansible_collections`, in which it finds the code of collections.
    pub collections: Vec<PathBuf>,
}

/// The files of library folders, read once.
#[derive(Default)]
pub(super) struct Library {
    folders: HashMap<PathBuf, HashMap<String, PathBuf>>,
}

impl Library {
    /// The file of a module in a folder.
    pub fn find(&mut self, folder: &Path, name: &str) -> Option<PathBuf> {
        let folder = match name.rsplit_once('/') {
            Some((below, _)) => folder.join(below),
            None => folder.to_owned(),
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        let files = self.folders.entry(folder).or_insert_with_key(|folder| files(folder));
        files.get(name).cloned()
    }

    /// Who does the module of this file.
    pub fn doer(name: &str, file: ModuleFile) -> Doer {
        match file.path.extension().and_then(|e| e.to_str()) {
            Some("ps1" | "psm1") => {
                let path = file.path.display();
                let why = format!("the module `{name}` is for PowerShell, which warp does not run: {path}");
                Doer::Nobody(Arc::from(why))
            }
            _ => Doer::File(Arc::new(file)),
        }
    }
}

fn files(folder: &Path) -> HashMap<String, PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    let mut found = HashMap::new();
    for path in paths {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !path.is_file() || NOT_MODULES.contains(&extension) || name.ends_with('~') || name == "__init__.py"
        {
            continue;
        }
        if let Some(stem) = path.file_stem().and_then(|s| s.to_str()) {
            found.entry(stem.to_owned()).or_insert(path);
        }
    }
    found
}
