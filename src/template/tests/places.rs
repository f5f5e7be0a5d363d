//! Tests on files of the controller, and on addresses of the web.

use super::Test;
use crate::template::fail::{Fail, R};
use crate::template::val::Val;
use crate::value::vault;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use warp_agent::errno;

pub(super) const TABLE: &[Test] = &[
    Test::new("abs", &[], |_, v, _| Ok(path(&v)?.is_absolute())),
    Test::new("is_abs", &[], |_, v, _| Ok(path(&v)?.is_absolute())),
    Test::new("exists", &[], |_, v, _| Ok(followed(&v)?.exists())),
    Test::new("directory", &[], |_, v, _| Ok(followed(&v)?.is_dir())),
    Test::new("is_dir", &[], |_, v, _| Ok(followed(&v)?.is_dir())),
    Test::new("file", &[], |_, v, _| Ok(followed(&v)?.is_file())),
    Test::new("is_file", &[], |_, v, _| Ok(followed(&v)?.is_file())),
    Test::new("link", &[], |_, v, _| Ok(itself(&v)?.is_symlink())),
    Test::new("is_link", &[], |_, v, _| Ok(itself(&v)?.is_symlink())),
    Test::new("link_exists", &[], |_, v, _| Ok(itself(&v)?.symlink_metadata().is_ok())),
    Test::new("mount", &[], |_, v, _| Ok(mount(&itself(&v)?))),
    Test::new("is_mount", &[], |_, v, _| Ok(mount(&itself(&v)?))),
    Test::new("same_file", &["other"], |_, v, b| same(&v, &b.need("other")?)),
    Test::new("is_same_file", &["other"], |_, v, b| same(&v, &b.need("other")?)),
    Test::new("vault_encrypted", &[], |_, v, _| match v {
        Val::Marker(f) if f.vault().is_none() => Err(f),
        Val::Marker(_) => Ok(true),
        Val::Str(s) => Ok(s.out_of_vault().is_some()),
        _ => Ok(false),
    })
    .takes_markers(),
    Test::new("vaulted_file", &[], |_, v, _| vaulted(&v)),
    Test::new("uri", &["schemes"], |_, v, b| uri(&v, b.some("schemes"))),
    Test::new("url", &["schemes"], |_, v, b| {
        let after = v.as_str().and_then(|text| Some(text.split_once("//")?.1));
        let host = after.map(|r| r.split(['/', '?', '#']).next().unwrap_or_default());
        let local = scheme(&v).is_some_and(|s| s == "file");
        Ok(uri(&v, b.some("schemes"))? && (local || host.is_some_and(|h| !h.is_empty())))
    }),
    Test::new("urn", &[], |_, v, _| Ok(scheme(&v).is_some_and(|s| s == "urn"))),
];

fn path(v: &Val) -> R<PathBuf> {
    let wrong = |kind| Fail::new(format!("expected str, bytes or os.PathLike object, not {kind}"));
    v.as_str().map(PathBuf::from).ok_or_else(|| wrong(v.type_name()))
}

/// What is looked at through links: a path, or the number of an open file.
fn followed(v: &Val) -> R<PathBuf> {
    match v {
        Val::Str(s) => Ok(PathBuf::from(&**s)),
        Val::Int(number) => Ok(PathBuf::from(format!("/proc/self/fd/{number}"))),
        Val::Bool(number) => Ok(PathBuf::from(format!("/proc/self/fd/{}", u8::from(*number)))),
        other => Err(Fail::new(format!(
            "stat: path should be string, bytes, os.PathLike or integer, not {}",
            other.type_name()
        ))),
    }
}

/// What is looked at itself.
fn itself(v: &Val) -> R<PathBuf> {
    let wrong = |kind| Fail::new(format!("lstat: path should be string, bytes or os.PathLike, not {kind}"));
    v.as_str().map(PathBuf::from).ok_or_else(|| wrong(v.type_name()))
}

fn inode(m: &Metadata) -> (u64, u64) {
    (m.dev(), m.ino())
}

fn mount(path: &Path) -> bool {
    let Ok(here) = path.symlink_metadata() else { return false };
    if here.is_symlink() {
        return false;
    }
    let Ok(above) = path.join("..").symlink_metadata() else { return false };
    here.dev() != above.dev() || here.ino() == above.ino()
}

fn same(a: &Val, b: &Val) -> R<bool> {
    let look = |v: &Val| {
        let path = followed(v)?;
        path.metadata().map_err(|e| Fail::new(errno::python_text(&e, &path.to_string_lossy())))
    };
    Ok(inode(&look(a)?) == inode(&look(b)?))
}

fn vaulted(v: &Val) -> R<bool> {
    let path = path(v)?;
    vault::is_vault_file(&path)
        .map_err(|e| Fail::new(format!("Cannot test if the file '{}' is a vault: {e}", path.display())))
}

/// Whether it is text with one of the schemes; without any, every text is.
fn uri(v: &Val, schemes: Option<&Val>) -> R<bool> {
    // Python takes nothing for an empty text.
    let scheme = if v.is_none() { Some(String::new()) } else { scheme(v) };
    let Some(scheme) = scheme else { return Ok(false) };
    match schemes {
        Some(list) if list.truthy()? => Ok(list.iter()?.iter().any(|one| one.as_str() == Some(&scheme))),
        _ => Ok(true),
    }
}

/// The scheme of a text that names a place, empty where it has none.
fn scheme(v: &Val) -> Option<String> {
    let (scheme, _) = v.as_str()?.split_once(':').unwrap_or_default();
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    Some(if valid { scheme.to_lowercase() } else { String::new() })
}
