//! What every result that names a file says of it.

use crate::accounts;
use crate::selinux;
use crate::value::{Map, Value};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Adds owner, permissions, size and state of the file at `path`, else `dest`, if there is one: Ansible does so for
/// every module.
pub(crate) fn add(values: &mut Map) {
    let named = values.get("path").or_else(|| values.get("dest"));
    let Some(path) = named.and_then(Value::as_str).map(Path::new) else { return };
    let (Ok(target), Ok(meta)) = (fs::metadata(path), fs::symlink_metadata(path)) else { return };
    let state = if meta.is_symlink() {
        "link"
    } else if meta.is_dir() {
        "directory"
    } else if target.nlink() > 1 {
        "hard"
    } else {
        "file"
    };
    let owner = accounts::user_by_id(meta.uid()).map_or_else(|| meta.uid().to_string(), |u| u.name);
    let group = accounts::group_by_id(meta.gid()).map_or_else(|| meta.gid().to_string(), |g| g.name);
    let info: [(&str, Value); 7] = [
        ("uid", meta.uid().into()),
        ("gid", meta.gid().into()),
        ("owner", owner.into()),
        ("group", group.into()),
        ("mode", format!("0{:03o}", meta.mode() & 0o7777).into()),
        ("state", state.into()),
        ("size", meta.size().into()),
    ];
    if selinux::enabled()
        && let Ok(context) = selinux::context(path)
    {
        values.insert("secontext".to_owned(), context.join(":").into());
    }
    values.extend(info.map(|(name, value)| (name.to_owned(), value)));
}
