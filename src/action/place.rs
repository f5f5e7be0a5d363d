//! Content placed on a target by the agent's `copy`.

use super::{Context, module};
use crate::connect::{Blob, CallError};
use crate::error::{Error, Result};
use crate::value::vault;
use sha1::{Digest, Sha1};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map, Value};
use warp_agent::{invocation, modules};

/// Up to this many bytes go along with the first call; more are sent only when the target asks for them.
const AT_ONCE: u64 = 64 << 10;

/// What is placed.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Bytes made here.
    Bytes(Arc<[u8]>),
    /// A file of the controller's.
    File(PathBuf),
}

/// Calls `copy` with these arguments and the content, which is sent only as far as it is needed. An outcome that lacks
/// the content's checksum gets it, as Ansible's does; only a prediction does without.
pub(super) async fn place(
    context: &Context<'_>,
    mut args: Map,
    content: &Content,
) -> Result<Outcome, CallError> {
    let (size, checksum) = match content.measure() {
        Ok(measured) => measured,
        Err(e) => return Ok(Outcome::failed(e)),
    };
    args.insert("_checksum".to_owned(), checksum.as_str().into());
    if let Content::File(path) = content {
        args.insert("_source".to_owned(), path.display().to_string().into());
    }
    if context.mode.diff {
        // None means any, which the agent takes 0 for.
        let most = context.config.tasks.max_diff.unwrap_or_default();
        args.insert("_max_diff".to_owned(), most.into());
    }
    let mut outcome = send(context, args.clone(), content, size).await?;
    invoked(&mut outcome, args, &checksum);
    if outcome.values.shift_remove("_unplaced").is_none() && !(context.mode.check && outcome.changed) {
        outcome.values.entry("checksum".to_owned()).or_insert_with(|| checksum.into());
    }
    Ok(outcome)
}

/// What Ansible's modules are not given where only attributes are looked after.
const NOT_OF_FILE: [&str; 8] =
    ["_checksum", "_source", "_max_diff", "backup", "validate", "directory_mode", "checksum", "follow"];

/// Tells of the invocation as Ansible does, whose `copy` is called with the file that was sent and its checksum, and
/// only where there is something to copy: else it is `file`, for the attributes.
fn invoked(outcome: &mut Outcome, mut args: Map, checksum: &str) {
    let Some(mut told) = outcome.values.shift_remove("invocation") else { return };
    let value = |name: &str| outcome.values.get(name).cloned().unwrap_or_default();
    if !value("md5sum").is_null() {
        if let Value::Map(told) = &mut told
            && let Some(Value::Map(copied)) = told.get_mut("module_args")
        {
            copied.insert("src".to_owned(), value("src"));
            copied.insert("checksum".to_owned(), checksum.into());
        }
    } else if let (path, Some(file)) = (value("path"), modules::find("file"))
        && !path.is_null()
    {
        args.retain(|name, value| !NOT_OF_FILE.contains(&name.as_str()) && !value.is_null());
        // `copy` replaces by default, and `file` does not.
        args.shift_remove("force");
        let copied = told.as_map().and_then(|told| told.get("module_args")?.as_map());
        if let Some(value) = copied.and_then(|copied| copied.get("unsafe_writes")) {
            args.insert("unsafe_writes".to_owned(), value.clone());
        }
        args.insert("path".to_owned(), path);
        args.insert("state".to_owned(), "file".into());
        told = invocation::of_given(file.spec(), &args);
    } else {
        return;
    }
    outcome.values.insert("invocation".to_owned(), told);
}

async fn send(context: &Context<'_>, args: Map, content: &Content, size: u64) -> Result<Outcome, CallError> {
    if size > AT_ONCE {
        let outcome = module::call(context, "copy", args.clone(), None).await?;
        if !outcome.values.get("_need_content").and_then(Value::as_bool).unwrap_or(false) {
            return Ok(outcome);
        }
    }
    module::call(context, "copy", args, Some(content.blob())).await
}

impl Content {
    /// A file of the controller's; decrypted first, if it is a vault and that is wanted.
    ///
    /// # Errors
    /// It cannot be read or decrypted.
    pub(super) fn of_file(path: PathBuf, decrypt: bool) -> Result<Self> {
        let vaulted = decrypt && vault::is_vault_file(&path).unwrap_or(false);
        if !vaulted {
            return Ok(Content::File(path));
        }
        let bytes =
            std::fs::read(&path).map_err(|e| Error::other(format!("cannot read {}: {e}", path.display())))?;
        Ok(Content::Bytes(vault::decrypted(bytes)?.into()))
    }

    pub(super) fn blob(&self) -> Blob {
        match self {
            Content::Bytes(bytes) => Blob::Bytes(Arc::clone(bytes)),
            Content::File(path) => Blob::File(path.clone()),
        }
    }

    /// Its size in bytes and its SHA-1.
    fn measure(&self) -> std::result::Result<(u64, String), String> {
        match self {
            Content::Bytes(bytes) => Ok((bytes.len() as u64, hex(&Sha1::digest(bytes)))),
            Content::File(path) => {
                measure_file(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
            }
        }
    }
}

fn measure_file(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let mut sum = Sha1::new();
    let mut buffer = vec![0; AT_ONCE as usize];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|b| !b.is_empty()) else { break };
        sum.update(bytes);
        size += read as u64;
    }
    Ok((size, hex(&sum.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
