//! A private folder on the target, for files of the controller's that a module there is to work on.

use super::{Context, module};
use crate::connect::{Blob, CallError};
use std::path::Path;
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map, Value};

/// The folder. It is to be removed by whoever made it: nothing can be awaited when it is dropped.
pub(super) struct Stage {
    folder: String,
}

impl Stage {
    /// Makes the folder; the inner error is why it could not be made.
    pub(super) async fn new(context: &Context<'_>) -> Result<Result<Self, Outcome>, CallError> {
        let made = call(context, "tempfile", &[("state", "directory"), ("prefix", ".warp-")]).await?;
        let folder = made.values.get("path").and_then(Value::as_str).map(str::to_owned);
        Ok(match folder.filter(|_| !made.failed) {
            Some(folder) => Ok(Stage { folder }),
            None => Err(made),
        })
    }

    /// Puts a file in it under this name; its path there, or why it could not be put there.
    pub(super) async fn put(
        &self,
        context: &Context<'_>,
        content: Blob,
        name: &str,
        mode: &str,
    ) -> Result<Result<String, Outcome>, CallError> {
        let path = format!("{}/{name}", self.folder);
        let args = Map::from_iter([
            ("dest".to_owned(), Value::from(path.as_str())),
            ("mode".to_owned(), Value::from(mode)),
        ]);
        let placed = module::helper(context, "copy", args, Some(content)).await?;
        Ok(if placed.failed { Err(placed) } else { Ok(path) })
    }

    /// Removes it, and all that is in it.
    pub(super) async fn remove(self, context: &Context<'_>) -> Result<(), CallError> {
        call(context, "file", &[("path", &self.folder), ("state", "absent")]).await.map(drop)
    }
}

/// Calls a module of the agent with a few texts, in check mode too.
pub(super) async fn call(
    context: &Context<'_>,
    module: &str,
    args: &[(&str, &str)],
) -> Result<Outcome, CallError> {
    let args = args.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
    module::helper(context, module, args, None).await
}

/// Whether something is at a path on the target; a link that leads nowhere is nothing.
pub(super) async fn exists(context: &Context<'_>, path: &str) -> Result<bool, CallError> {
    let stat = call(context, "stat", &[("path", path), ("follow", "true")]).await?;
    let stat = stat.values.get("stat").and_then(Value::as_map);
    Ok(stat.and_then(|s| s.get("exists")).and_then(Value::as_bool).unwrap_or(false))
}

/// The name of a file, for use in the folder.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
