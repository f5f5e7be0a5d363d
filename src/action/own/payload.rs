//! A Python module with all that it imports, as one file that Python can run: an archive.
//!
//! In it are the part of Ansible's library that warp brings along, the code beside the play that the module imports,
//! and the module.

use super::arguments::COMMON;
use super::imports::{self, Dotted};
use crate::play::ModuleFile;
use include_dir::{Dir, DirEntry, include_dir};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// Ansible's library, as warp has it, and what runs a module by it.
static LIBRARY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/action/own/python");

/// The name under which Python knows a module.
pub(super) fn module_name(file: &Path) -> String {
    dotted(file).join(".")
}

/// The same, as its parts.
fn dotted(file: &Path) -> Dotted {
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let stem = file.file_stem().map(text).unwrap_or_default();
    let folders: Vec<String> = file.parent().unwrap_or(Path::new("")).iter().map(text).collect();
    let mut parts = match folders.iter().rposition(|part| part == "ansible_collections") {
        Some(at) => folders.get(at..).unwrap_or_default().to_vec(),
        None => vec!["ansible".to_owned(), "modules".to_owned()],
    };
    parts.push(stem);
    parts
}

/// The archive of a module with this content.
///
/// # Errors
/// It could not be written.
pub(super) fn of(file: &ModuleFile, content: &[u8]) -> io::Result<Vec<u8>> {
    let mut entries = BTreeMap::new();
    library(&LIBRARY, &mut entries);
    let code = String::from_utf8_lossy(content).replace(COMMON, "from ansible.module_utils.basic import *");
    let name = dotted(&file.path);
    let place = format!("{}.py", name.join("/"));
    let mut waiting = wanted(&code, name.split_last().map_or(&[], |(_, package)| package));
    entries.insert(place, code.into_bytes());
    while let Some(name) = waiting.pop() {
        for (place, path) in found(file, &name) {
            // What the play brings goes before what warp brings, but is read once.
            let is_own = entries
                .get(&place)
                .is_some_and(|known| LIBRARY.get_file(&place).is_none_or(|f| f.contents() != known));
            if is_own {
                continue;
            }
            let content = std::fs::read(&path)?;
            let parts: Vec<String> = place.trim_end_matches(".py").split('/').map(str::to_owned).collect();
            let package = parts.split_last().map_or(&[][..], |(_, package)| package);
            waiting.extend(wanted(&String::from_utf8_lossy(&content), package));
            entries.insert(place, content);
        }
    }
    packages(&mut entries);
    write(entries)
}

/// What the code may import from beside the play.
fn wanted(code: &str, package: &[String]) -> Vec<Dotted> {
    let names = imports::of(code, package).into_iter();
    let from = |name: &Dotted| {
        let mut parts = name.iter().map(String::as_str);
        matches!(
            (parts.next(), parts.next()),
            (Some("ansible"), Some("module_utils")) | (Some("ansible_collections"), _)
        )
    };
    names.filter(from).collect()
}

/// The files beside the play that this name needs: the packages on its way, and the module.
fn found(file: &ModuleFile, name: &[String]) -> Vec<(String, PathBuf)> {
    let (roots, skipped) = match name.first().map(String::as_str) {
        Some("ansible") => (&file.utils, 2),
        _ => (&file.collections, 1),
    };
    let mut files = Vec::new();
    for depth in skipped + 1..=name.len() {
        let Some((below, whole)) = name.get(skipped..depth).zip(name.get(..depth)) else { continue };
        let (below, whole) = (below.join("/"), whole.join("/"));
        for end in ["/__init__.py", ".py"] {
            let path =
                roots.iter().map(|root| root.join(format!("{below}{end}"))).find(|path| path.is_file());
            files.extend(path.map(|path| (format!("{whole}{end}"), path)));
        }
    }
    files
}

fn library(folder: &Dir<'_>, entries: &mut BTreeMap<String, Vec<u8>>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(below) => library(below, entries),
            DirEntry::File(file) if file.path().extension().is_some_and(|end| end == "py") => {
                entries.insert(file.path().to_string_lossy().into_owned(), file.contents().to_vec());
            }
            DirEntry::File(_) => {}
        }
    }
}

/// Makes every folder a package.
fn packages(entries: &mut BTreeMap<String, Vec<u8>>) {
    let places: Vec<PathBuf> = entries.keys().map(PathBuf::from).collect();
    for folder in
        places.iter().flat_map(|place| place.ancestors().skip(1)).filter(|f| !f.as_os_str().is_empty())
    {
        entries.entry(format!("{}/__init__.py", folder.display())).or_default();
    }
}

/// The same entries give the same bytes, by which a target knows what it has.
fn write(entries: BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (place, content) in entries {
        archive.start_file(place, SimpleFileOptions::default())?;
        archive.write_all(&content)?;
    }
    Ok(archive.finish()?.into_inner())
}
