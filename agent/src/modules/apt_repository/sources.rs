//! apt's lists of sources in their old form, a line each.

use crate::command::Command;
use crate::module::{Context, Failed};
use crate::program;
use crate::shlex;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A line of a list.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Whether it names a source.
    valid: bool,
    enabled: bool,
    /// The source, with single blanks; or what the line has else.
    source: String,
    comment: String,
}

impl Line {
    /// Reads a line.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let (enabled, text) = match text.strip_prefix('#') {
            Some(rest) => (false, rest),
            None => (true, text),
        };
        let (text, comment) = match text.split_once('#') {
            Some((before, after)) if !before.is_empty() => (before, after.trim()),
            _ => (text, ""),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let valid = matches!(words.first(), Some(&("deb" | "deb-src")));
        let source = if valid { words.join(" ") } else { text.trim().to_owned() };
        Line { valid, enabled, source, comment: comment.to_owned() }
    }

    /// Reads a line that must name a source.
    ///
    /// # Errors
    /// It does not, or as a comment only.
    pub fn source(text: &str) -> Result<String, Failed> {
        let line = Line::read(text);
        if line.valid && line.enabled {
            return Ok(line.source);
        }
        let text = text.trim();
        let text = text.strip_prefix('#').unwrap_or(text);
        let cut = text.find('#').filter(|at| *at > 0).unwrap_or(text.len());
        let shown = text.get(..cut).unwrap_or(text);
        Err(Failed::new(format!("Invalid repository string: {shown}")))
    }

    fn written(&self) -> String {
        let mark = if self.enabled { "" } else { "# " };
        let comment = if self.comment.is_empty() { String::new() } else { format!(" # {}", self.comment) };
        format!("{mark}{}{comment}\n", self.source)
    }
}

/// All lists.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    files: BTreeMap<PathBuf, Vec<Line>>,
    directory: PathBuf,
    /// Files that got a source and were not there.
    pub added: Vec<PathBuf>,
}

impl Sources {
    /// Reads them where apt has them.
    ///
    /// # Errors
    /// apt cannot tell, or a list cannot be read.
    pub fn read(cx: &mut Context<'_>) -> Result<Self, Failed> {
        let config = program::require(cx, "apt-config")?;
        let words = ["shell", "FILE", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"];
        let words = std::iter::once(config.into_os_string()).chain(words.map(Into::into));
        let told = cx.run_checked(&Command::new(words))?.stdout_text();
        let place = |name: &str| -> PathBuf {
            let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            let words = shlex::split(line.unwrap_or_default()).unwrap_or_default();
            words.into_iter().next().unwrap_or_default().into()
        };
        let (main, directory) = (place("FILE"), place("PARTS"));
        let mut lists = vec![main];
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path());
        lists.extend(entries.filter(|path| is_list(path)));
        let mut files = BTreeMap::new();
        for path in lists.into_iter().filter(|path| path.is_file()) {
            let bytes =
                fs::read(&path).map_err(|e| Failed::new(format!("cannot read {}: {e}", path.display())))?;
            let text = String::from_utf8_lossy(&bytes);
            files.insert(path, text.lines().map(Line::read).collect());
        }
        Ok(Sources { files, directory, added: Vec::new() })
    }

    /// Whether any list has this source, enabled.
    pub fn has(&self, source: &str) -> bool {
        self.files.values().flatten().any(|line| line.valid && line.enabled && line.source == source)
    }

    /// Adds a source: enables it where it is, else puts it at the end of a file.
    pub fn add(&mut self, source: &str, file: &str) {
        let mut found = false;
        for line in self.files.values_mut().flatten() {
            if line.valid && line.source == source {
                line.enabled = true;
                found = true;
            }
        }
        if found {
            return;
        }
        let path = if file.contains('/') { PathBuf::from(file) } else { self.directory.join(file) };
        let source = source.to_owned();
        let line = Line { valid: true, enabled: true, source, comment: String::new() };
        self.files.entry(path.clone()).or_default().push(line);
        self.added.push(path);
    }

    /// Removes a source wherever it is enabled.
    pub fn remove(&mut self, source: &str) {
        for lines in self.files.values_mut() {
            lines.retain(|line| !(line.valid && line.enabled && line.source == source));
        }
    }

    /// What the lists say, those with nothing left out.
    pub fn written(&self) -> BTreeMap<PathBuf, String> {
        let lists = self.files.iter().filter(|(_, lines)| !lines.is_empty());
        lists.map(|(path, lines)| (path.clone(), lines.iter().map(Line::written).collect())).collect()
    }

    /// Writes the lists, and removes those that have nothing left.
    ///
    /// # Errors
    /// The system's.
    pub fn save(&self, cx: &mut Context<'_>) -> Result<(), Failed> {
        for (path, text) in self.written() {
            // A link stays; what it leads to is replaced.
            let place = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if fs::read(&place).ok().as_deref() != Some(text.as_bytes()) {
                let parent = place.parent().unwrap_or(Path::new("/"));
                if !parent.exists() {
                    make(cx, parent).map_err(|e| {
                        Failed::new(format!("Failed to create directory {}: {e}", parent.display()))
                    })?;
                }
                cx.write_file(&place, text.as_bytes(), None, false)?;
            }
        }
        for (path, _) in self.files.iter().filter(|(path, lines)| lines.is_empty() && path.exists()) {
            cx.effects
                .remove_file(path)
                .map_err(|e| Failed::new(format!("cannot remove {}: {e}", path.display())))?;
        }
        Ok(())
    }
}

fn make(cx: &mut Context<'_>, dir: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
    missing.into_iter().rev().try_for_each(|dir| cx.effects.make_dir(dir, 0o777))
}

fn is_list(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    path.extension().is_some_and(|extension| extension == "list") && !hidden
}
