//! The walk through the directories, in the order of Python's `os.walk`.

use super::{Wanted, described};
use crate::args::Args;
use crate::digest;
use crate::errno;
use crate::module::Context;
use crate::utf8;
use crate::value::{Map, Value};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What was found so far.
pub(super) struct Search<'a> {
    pub args: &'a Args,
    pub wanted: Wanted<'a>,
    pub limit: Option<usize>,
    pub files: Vec<Value>,
    pub skipped: Map,
    pub examined: usize,
    pub limited: bool,
    pub trouble: bool,
    /// What is said of the first path listed that is no text.
    pub not_utf8: Option<String>,
}

/// A directory's entries: files, and directories, links to them among these.
type Entries = (Vec<OsString>, Vec<OsString>);

impl Search<'_> {
    /// Looks below one directory.
    ///
    /// # Errors
    /// Why it cannot be gone on there.
    pub(super) fn below(&mut self, root: &str, cx: &mut Context<'_>) -> Result<(), String> {
        if !Path::new(root).is_dir() {
            return Err(format!("'{root}' is not a directory"));
        }
        let mut waiting = vec![PathBuf::from(root)];
        while let Some(directory) = waiting.pop() {
            let (files, mut directories) = match entries(&directory) {
                Ok(entries) => entries,
                Err(e) if matches!(e.raw_os_error(), Some(libc::EPERM | libc::EACCES | libc::ENOENT)) => {
                    let shown = directory.to_string_lossy().into_owned();
                    self.skipped.insert(shown.clone(), errno::python_text(&e, &shown).into());
                    continue;
                }
                Err(e) => return Err(errno::python_text(&e, &directory.to_string_lossy())),
            };
            self.examined += files.len() + directories.len();
            for name in files.iter().chain(&directories.clone()) {
                let path = normal(&directory.join(name));
                if self.too_deep(root, &path) {
                    directories.clear();
                    continue;
                }
                self.look(&name.to_string_lossy(), &path, cx)?;
                if self.limit == Some(self.files.len()) {
                    self.limited = true;
                    break;
                }
            }
            if !self.args.flag("recurse") || self.limit == Some(self.files.len()) {
                break;
            }
            let follow = self.args.flag("follow");
            let inside = directories.iter().rev().map(|name| directory.join(name));
            waiting.extend(inside.filter(|path| follow || !path.is_symlink()));
        }
        Ok(())
    }

    fn too_deep(&self, root: &str, path: &Path) -> bool {
        let slashes = |text: &str| text.matches('/').count();
        let Some(depth) = self.args.int::<i64>("depth").filter(|d| *d != 0) else { return false };
        let above = slashes(root.trim_end_matches('/')) + 1;
        slashes(&path.to_string_lossy()) as i64 - above as i64 + 1 > depth
    }

    fn look(&mut self, name: &str, path: &Path, cx: &mut Context<'_>) -> Result<(), String> {
        if name.starts_with('.') && !self.args.flag("hidden") {
            return Ok(());
        }
        let shown = path.to_string_lossy();
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(e) => {
                let why = errno::python_text(&e, &shown);
                cx.warnings.push(format!("Skipped entry '{shown}' due to access issue.: {why}"));
                self.skipped.insert(shown.into_owned(), why.into());
                self.trouble = true;
                return Ok(());
            }
        };
        if !self.wanted.takes(name, path, &meta)? {
            return Ok(());
        }
        let mut found = described(&shown, &meta);
        if meta.is_file() && self.args.flag("get_checksum") {
            let sum = digest::named(self.args.text("checksum_algorithm"), path);
            let sum = sum.map_err(|e| errno::python_text(&e, &shown))?;
            found.insert("checksum".to_owned(), sum.into());
        }
        self.files.push(found.into());
        self.not_utf8 =
            self.not_utf8.take().or_else(|| utf8::fault(&utf8::text(path.as_os_str().as_bytes())));
        Ok(())
    }
}

fn entries(directory: &Path) -> io::Result<Entries> {
    let (mut files, mut directories) = Entries::default();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let list = if entry.path().is_dir() { &mut directories } else { &mut files };
        list.push(entry.file_name());
    }
    Ok((files, directories))
}

/// Without `.`, `..` and doubled slashes, by the names alone.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if out.parent().is_some() && !out.ends_with("..") => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
