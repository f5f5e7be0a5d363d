//! Files and texts that hold variables.

use super::vault;
use super::yaml::{self, Node};
use super::{Map, Value, Vars};
use crate::error::{Error, Result, Source};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Reads a file's text, which must be UTF-8; a vault is decrypted.
///
/// # Errors
/// A file that cannot be read or decrypted, naming it.
pub fn read_source(path: &Path) -> Result<Arc<Source>> {
    let bytes =
        std::fs::read(path).map_err(|e| Error::input(format!("cannot read {}: {e}", path.display())))?;
    let encrypted = vault::is_vault(&bytes);
    let bytes = vault::decrypted(bytes).map_err(|e| e.note(format!("in {}", path.display())))?;
    let text = String::from_utf8(bytes)
        .map_err(|e| Error::input(format!("{} is not UTF-8: {}", path.display(), e.utf8_error())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(if encrypted { Source::decrypted(path, text) } else { Source::new(path, text) })
}

/// The variables of a YAML or JSON file; an empty file has none.
///
/// # Errors
/// A file that cannot be read or understood, or holds anything but a map.
pub fn read_vars(path: &Path) -> Result<Vars> {
    parse_vars(&read_source(path)?)
}

/// The variables of a YAML or JSON text; an empty text has none.
///
/// # Errors
/// A text that cannot be understood, or holds anything but a map.
pub fn parse_vars(source: &Arc<Source>) -> Result<Vars> {
    match yaml::parse(source)?.root {
        None => Ok(Vars::new()),
        Some(root) => vars_of(&root),
    }
}

/// The variables of a file of `vars_files`, which may also be a list of maps, the last of which wins.
///
/// # Errors
/// As `read_vars`.
pub fn read_vars_file(path: &Path) -> Result<Vars> {
    let Some(root) = yaml::parse(&read_source(path)?)?.root else { return Ok(Vars::new()) };
    let Some(items) = root.as_list() else { return vars_of(&root) };
    items.iter().try_fold(Vars::new(), |mut all, item| {
        extend(&mut all, &vars_of(item)?);
        Ok(all)
    })
}

/// The entries of a map as variables; nothing at all has none.
///
/// # Errors
/// Anything but a map, at its place.
pub fn vars_of(node: &Node) -> Result<Vars> {
    if node.is_null() {
        return Ok(Vars::new());
    }
    let Some(entries) = node.as_map() else {
        return Err(Error::input(format!("variables must be a map, not {}", node.describe()))
            .at(node.span.clone())
            .help("write each as `name: value`"));
    };
    let vars: Vars = entries
        .iter()
        .filter_map(|(k, v)| Some((Arc::from(k.to_key()?.to_string()), v.to_value())))
        .collect();
    if node.span.source.shown().is_none() {
        vars.values().for_each(vault::hold_variables);
    }
    Ok(vars)
}

/// What Jinja takes for something else than a name.
const RESERVED: [&str; 7] = ["true", "false", "none", "True", "False", "None", "not"];

/// Whether a variable may have this name.
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

/// Whether maps of the same name are merged: the setting `hash_behaviour`, which holds for the whole process.
static MERGE: OnceLock<bool> = OnceLock::new();

/// Sets, once, whether maps of the same name are merged where one would replace the other.
pub fn set_merge(merge: bool) {
    // The first to say it is the process's configuration; there is no second.
    let _ = MERGE.set(merge);
}

/// Whether maps of the same name are merged where one would replace the other.
#[must_use]
pub fn merges() -> bool {
    MERGE.get().copied().unwrap_or(false)
}

/// Puts `above` over `below`: later values win, or are merged, and keep the place of the first.
pub fn extend(below: &mut Vars, above: &Vars) {
    let merge = merges();
    for (name, value) in above {
        match below.get_mut(name) {
            Some(old) if merge => *old = merged(old, value),
            Some(old) => *old = value.clone(),
            None => {
                below.insert(Arc::clone(name), value.clone());
            }
        }
    }
}

/// A value over another: maps are merged, and maps in them; all else replaces.
#[must_use]
pub fn merged(below: &Value, above: &Value) -> Value {
    let (Value::Map(old), Value::Map(new)) = (below, above) else { return above.clone() };
    let mut map = Map::clone(old);
    for (key, value) in new.iter() {
        let value = map.get(key).map_or_else(|| value.clone(), |old| merged(old, value));
        map.insert(key.clone(), value);
    }
    Value::map(map)
}

/// The files of variables under a name in a folder, as Ansible finds them: the name with the first extension that exists,
/// or where that is a folder and `folders` allows it all files in it and beneath, sorted.
#[must_use]
pub fn find_vars_files(
    folder: &Path,
    name: &str,
    extensions: &[impl AsRef<str>],
    folders: bool,
) -> Vec<PathBuf> {
    for extension in extensions {
        let path = folder.join(format!("{name}{}", extension.as_ref()));
        if path.is_dir() {
            if folders {
                return files_beneath(&path, extensions);
            }
        } else if path.exists() {
            return vec![path];
        }
    }
    Vec::new()
}

fn files_beneath(folder: &Path, extensions: &[impl AsRef<str>]) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy()));
        if path.is_dir() && extension.is_none() {
            found.extend(files_beneath(&path, extensions));
        } else if path.is_file() && extension.is_none_or(|e| extensions.iter().any(|x| x.as_ref() == e)) {
            found.push(path);
        }
    }
    found
}

/// A path made absolute, without `.` and `..`; symbolic links stay.
#[must_use]
pub fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut out = PathBuf::new();
    for part in absolute.components() {
        if part == std::path::Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}
