//! ansible.cfg: where it is, and what it says.

use crate::error::{Error, Result, Source, Span};
use crate::value::{normal, read_source};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The configuration file that counts: `ANSIBLE_CONFIG`, then in the current folder, at home, in /etc/ansible. A current
/// folder that every account can write to is passed over, with a warning if it has one.
pub fn find(env: &dyn Fn(&str) -> Option<String>, cwd: &Path, warnings: &mut Vec<String>) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let mut places = Vec::new();
    if let Some(given) = env("ANSIBLE_CONFIG") {
        let path = normal(&cwd.join(expand_home(&given, env)));
        places.push(if path.is_dir() { path.join("ansible.cfg") } else { path });
    }
    let here = cwd.join("ansible.cfg");
    let public = cwd.metadata().is_ok_and(|m| m.permissions().mode() & 0o002 != 0);
    if !public {
        places.push(here.clone());
    }
    places.push(expand_home("~/.ansible.cfg", env));
    places.push(PathBuf::from("/etc/ansible/ansible.cfg"));
    let given = env("ANSIBLE_CONFIG").is_some();
    let found = places.into_iter().find(|p| p.is_file());
    if public && here.exists() && !given {
        warnings.push(format!("{} is passed over: every account can write to its folder", here.display()));
    }
    found
}

/// A path with `~` replaced by the home folder.
pub(super) fn expand_home(path: &str, env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    match (path.strip_prefix('~'), env("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => PathBuf::from(home + rest),
        _ => PathBuf::from(path),
    }
}

/// A value of the file with its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub text: String,
    pub span: Span,
}

/// The values of a file by section and key, keys in lower case.
pub(super) type Entries = HashMap<(String, String), Entry>;

/// Reads a file as Python's configparser does with `;` as the mark of comments inside of lines.
///
/// # Errors
/// A file that cannot be read, lines outside of sections, lines that are no assignments.
pub(super) fn read(path: &Path) -> Result<Entries> {
    let source = read_source(path)?;
    let mut entries = Entries::new();
    let mut section: Option<String> = None;
    let mut last: Option<(String, String)> = None;
    let mut start = 0;
    for (index, line) in source.text().split('\n').enumerate() {
        let begin = start;
        start += line.len() + 1;
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let text = without_comment(line);
        let span = span(&source, begin, line, index);
        if line.starts_with([' ', '\t'])
            && let Some(entry) = last.as_ref().and_then(|key| entries.get_mut(key))
        {
            entry.text.push('\n');
            entry.text.push_str(text.trim());
            continue;
        }
        let text = text.trim();
        if let Some(name) = text.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(name, _)| name) {
            section = Some(name.to_owned());
            last = None;
            continue;
        }
        let Some(section) = &section else {
            return Err(Error::input("this line is outside of any section")
                .at(span)
                .help("begin with `[defaults]`"));
        };
        let Some(at) = text.find(['=', ':']) else {
            return Err(Error::input(format!("`{text}` is not a setting"))
                .at(span)
                .help("write `name = value`"));
        };
        let (key, value) = text.split_at_checked(at).unwrap_or((text, ""));
        let key = (section.clone(), key.trim().to_lowercase());
        let value = value.get(1..).unwrap_or_default().trim().to_owned();
        entries.insert(key.clone(), Entry { text: value, span });
        last = Some(key);
    }
    Ok(entries)
}

fn span(source: &Arc<Source>, begin: usize, line: &str, index: usize) -> Span {
    let indent = line.len() - line.trim_start().len();
    Span {
        source: Arc::clone(source),
        start: begin + indent,
        end: begin + line.trim_end().len(),
        line: index as u32 + 1,
        column: indent as u32 + 1,
    }
}

/// A line without its comment, which a `;` after a blank begins.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices(';')
        .find(|(i, _)| line.get(..*i).is_some_and(|before| before.ends_with(char::is_whitespace)));
    comment.and_then(|(i, _)| line.get(..i)).unwrap_or(line)
}
