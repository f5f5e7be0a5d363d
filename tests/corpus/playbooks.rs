//! The playbooks among the files of a folder of checkouts.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose files are parts of playbooks.
const PARTS: &[&str] = &[
    "collections",
    "defaults",
    "docs",
    "files",
    "group_vars",
    "handlers",
    "host_vars",
    "meta",
    "molecule",
    "roles",
    "tasks",
    "templates",
    "tests",
    "vars",
];

/// A playbook of a checkout.
pub struct Playbook {
    /// The checkout's folder.
    pub repository: String,
    /// The path below the folder of checkouts.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Where it is run: the nearest folder with an `ansible.cfg`, or the checkout.
    pub folder: PathBuf,
}

/// Those with `only` in their path, at most `limit` of each checkout.
pub fn find(dir: &Path, only: &str, limit: usize) -> Vec<Playbook> {
    let mut found = Vec::new();
    for checkout in sorted(dir).into_iter().filter(|p| p.is_dir()) {
        let mut files = Vec::new();
        walk(&checkout, &mut files);
        let name = |path: &Path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
        files.retain(|path| name(path).contains(only));
        let step = files.len().div_ceil(limit).max(1);
        found.extend(files.into_iter().step_by(step).map(|path| {
            Playbook {
                repository: name(&checkout),
                name: name(&path),
                folder: path
                    .ancestors()
                    .skip(1)
                    .take_while(|above| above.starts_with(&checkout))
                    .find(|above| above.join("ansible.cfg").is_file())
                    .unwrap_or(&checkout)
                    .to_owned(),
                path,
            }
        }));
    }
    found
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
    for path in sorted(dir) {
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_symlink() || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            if !PARTS.contains(&&*name) {
                walk(&path, into);
            }
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") && is_playbook(&path) {
            into.push(path);
        }
    }
}

/// Whether a list item of the file's outermost level has `hosts` or `import_playbook`.
fn is_playbook(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| {
        text.lines().any(|line| {
            let key = line.strip_prefix("- ").or_else(|| line.strip_prefix("  ")).unwrap_or_default();
            ["hosts:", "import_playbook:", "ansible.builtin.import_playbook:"]
                .iter()
                .any(|k| key.starts_with(k))
        })
    })
}
