//! The key that signs a source.

use super::set_mode;
use crate::effects::{FileArgs, ModeArg};
use crate::http::Request;
use crate::http::url::{self, Url};
use crate::module::{Context, Failed};
use crate::value::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where keys are kept.
const DIRECTORY: &str = "/etc/apt/keyrings";

/// What the source says of its key.
pub(super) enum Signed {
    /// It is in this file.
    File(String),
    /// It is this, or is called so.
    Here(String),
}

/// The file for a key in one of its forms.
pub(super) fn file(slug: &str, form: &str) -> PathBuf {
    PathBuf::from(format!("{DIRECTORY}/{slug}.{form}"))
}

/// The key that is given as a file, a URL, which is fetched into a file, or as itself.
///
/// # Errors
/// It cannot be fetched or kept.
pub(super) fn signed(cx: &mut Context<'_>, given: &str, slug: &str) -> Result<Signed, Failed> {
    if Path::new(given).is_file() {
        return Ok(Signed::File(given.to_owned()));
    }
    let Some(url) = Url::parse(given).filter(|url| !url.scheme.is_empty()) else {
        return Ok(Signed::Here(given.to_owned()));
    };
    let bytes = fetch(cx, given, &url)?;
    if bytes.is_empty() {
        return Ok(Signed::File(given.to_owned()));
    }
    let mark = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
    let armored = bytes.windows(mark.len()).any(|window| window == mark);
    let path = file(slug, if armored { "asc" } else { "gpg" });
    if fs::read(&path).ok().as_deref() != Some(&bytes) {
        prepare(cx)?;
        cx.write_file(&path, &bytes, None, false)?;
    }
    set_mode(cx, &path, &Value::from("0644"))?;
    Ok(Signed::File(path.display().to_string()))
}

/// Makes the directory of keys what it should be.
fn prepare(cx: &mut Context<'_>) -> Result<(), Failed> {
    let directory = Path::new(DIRECTORY);
    if !directory.is_dir() {
        cx.effects
            .make_dir(directory, 0o755)
            .map_err(|e| Failed::new(format!("cannot make {DIRECTORY}: {e}")))?;
    }
    let root = || Some("root".to_owned());
    let mode = ModeArg::from_value(&Value::from("0755"));
    let wanted = FileArgs { mode, owner: root(), group: root(), ..FileArgs::default() };
    cx.effects.set_attributes(directory, &wanted).map(drop)
}

fn fetch(cx: &mut Context<'_>, given: &str, url: &Url) -> Result<Vec<u8>, Failed> {
    let cannot = |why: &str| Failed::new(format!("Could not fetch signed_by key: {why}"));
    if url.scheme == "file" {
        let path = url::unquote(&url.target);
        return fs::read(&path)
            .map_err(|e| cannot(&format!("<urlopen error {}>", crate::errno::python_text(&e, &path))));
    }
    let mut fetched = Request::get(cx, given).fetch(cx)?;
    if fetched.failed {
        return Err(cannot(fetched.msg.trim_start_matches("Request failed: ")));
    }
    let mut bytes = Vec::new();
    fetched.body.read_to_end(&mut bytes).map_err(|e| cannot(&e.to_string()))?;
    Ok(bytes)
}
