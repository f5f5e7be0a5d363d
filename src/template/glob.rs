//! Python's `glob`, without `**`.

use fancy_regex::Regex;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The regular files that a pattern means, sorted.
pub(crate) fn files(pattern: &str) -> Vec<PathBuf> {
    let rooted = pattern.starts_with('/');
    let mut found = vec![PathBuf::from(if rooted { "/" } else { "" })];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        found = found.iter().flat_map(|folder| children(folder, part)).collect();
    }
    let mut found: Vec<PathBuf> = found.into_iter().filter(|p| p.is_file()).collect();
    found.sort();
    found
}

fn children(folder: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains(['*', '?', '[']) {
        let path = folder.join(part);
        return if path.symlink_metadata().is_ok() { vec![path] } else { Vec::new() };
    }
    let Ok(regex) = Regex::new(&translate(part)) else { return Vec::new() };
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
    let hidden = part.starts_with('.');
    names
        .filter(|n| (hidden || !n.starts_with('.')) && regex.is_match(n).unwrap_or(false))
        .map(|n| folder.join(n))
        .collect()
}

/// `fnmatch.translate`.
fn translate(pattern: &str) -> String {
    let mut out = String::from("\\A(?s:");
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' if chars.clone().skip(1).any(|c| c == ']') => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                let mut first = true;
                for c in chars.by_ref() {
                    if c == ']' && !first {
                        break;
                    }
                    first = false;
                    if "[]\\&~^".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
                out.push(']');
            }
            c if c.is_alphanumeric() => out.push(c),
            c => {
                let _ = write!(out, "\\x{{{:x}}}", c as u32);
            }
        }
    }
    out + ")\\z"
}
