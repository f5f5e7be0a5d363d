//! Files on the controller: where they are searched, and what is said when they are not there.

use super::Context;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Finds a task's file: in the sub-folder of its kind (`files`, `templates`, `vars`) of each folder of the search path,
/// and in the folder itself.
///
/// # Errors
/// None is there: the message lists where it was searched, as Ansible's does.
pub(super) fn find(context: &Context<'_>, kind: &str, name: &str) -> Result<PathBuf> {
    let name_path = expanded(name);
    if name_path.is_absolute() {
        return if name_path.exists() { Ok(name_path) } else { Err(missing(name, &[])) };
    }
    let mut tried = Vec::new();
    let last = context.search_path.last().into_iter();
    for folder in context.search_path.iter().chain(last) {
        if Path::new(name).components().next().is_none_or(|first| first.as_os_str() != kind) {
            tried.push(folder.join(kind).join(name));
        }
        tried.push(folder.join(name));
    }
    match tried.iter().find(|path| path.exists()) {
        Some(path) => Ok(crate::value::normal(path)),
        None => Err(missing(name, &tried)),
    }
}

/// A path with `~` for the home of the account that warp runs as.
pub(super) fn expanded(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(name),
    }
}

fn missing(name: &str, tried: &[PathBuf]) -> Error {
    let mut msg = format!("Could not find or access '{name}'");
    if !tried.is_empty() {
        let list: Vec<String> = tried.iter().map(|p| p.display().to_string()).collect();
        msg.push_str(&format!("\nSearched in:\n\t{}", list.join("\n\t")));
    }
    msg.push_str(
        " on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the \
         remote_src option",
    );
    Error::other(msg)
}
