//! Modules that plays bring along and that do not need Ansible's Python code: their file is placed on the target with a
//! file of arguments, and run as Ansible runs them.

mod arguments;
mod output;

use super::{Context, Effect, module};
use crate::connect::{Blob, CallError};
use crate::error::Result;
use crate::value::{Map, python_str};
use arguments::Style;
use std::path::Path;
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map as WireMap, Value as WireValue};

/// Says where Python is.
const FIND_PYTHON: &str = "command -v /usr/bin/python3 || command -v python3 || command -v python";

/// Runs the module of this file.
///
/// # Errors
/// The target could not be reached.
pub async fn run(context: &Context<'_>, name: &str, file: &Path, args: &Map) -> Result<Effect, CallError> {
    let content = match std::fs::read(file) {
        Ok(content) => content,
        Err(e) => return Ok(Effect::failed(format!("cannot read the module {}: {e}", file.display()))),
    };
    let folder = command(context, &["mktemp", "-d", "/tmp/.warp-module-XXXXXXXX"]).await?;
    let path = text(&folder, "stdout").trim_end().to_owned();
    if folder.failed || path.is_empty() {
        return Ok(folder.into());
    }
    let ran = in_folder(context, name, file, content, args, &path).await;
    let gone = WireMap::from_iter([("path".into(), path.into()), ("state".into(), "absent".into())]);
    module::helper(context, "file", gone, None).await?;
    ran
}

async fn in_folder(
    context: &Context<'_>,
    name: &str,
    file: &Path,
    content: Vec<u8>,
    args: &Map,
    folder: &str,
) -> Result<Effect, CallError> {
    let style = Style::of(&content);
    let file_name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut line = interpreter(context, &content, style).await?;
    let interpreter = line.first().cloned().unwrap_or_default();
    let placed = format!("{folder}/{file_name}");
    line.push(placed.clone());
    let given = arguments::written(context, name, folder, args, style);
    let mut files = vec![(placed, content, "0700")];
    match style {
        Style::Inline => {
            if let Some((_, content, _)) = files.first_mut() {
                *content = arguments::replaced(content, &given);
            }
        }
        Style::Binary | Style::Json | Style::Pairs => {
            let path = format!("{folder}/args");
            line.push(path.clone());
            files.push((path, given.into_bytes(), "0600"));
        }
    }
    for (path, content, mode) in files {
        let place = WireMap::from_iter([("dest".into(), path.into()), ("mode".into(), mode.into())]);
        let placed = module::helper(context, "copy", place, Some(Blob::Bytes(content.into()))).await?;
        if placed.failed {
            return Ok(placed.into());
        }
    }
    // By a shell, as Ansible does: it tells an interpreter that is not there apart from a module that says nothing.
    let line = shlex::try_join(line.iter().map(String::as_str)).unwrap_or_default();
    let ended = command(context, &["/bin/sh", "-c", &line]).await?;
    Ok(output::outcome(&ended, &interpreter).into())
}

/// What runs the module: the words of its first line, Python where the target has it, or as variables say.
async fn interpreter(context: &Context<'_>, content: &[u8], style: Style) -> Result<Vec<String>, CallError> {
    let first = content.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(first);
    let Some(words) = line.strip_prefix("#!").filter(|_| style != Style::Binary).and_then(shlex::split)
    else {
        return Ok(Vec::new());
    };
    let mut words = words.into_iter();
    let Some(own) = words.next() else { return Ok(Vec::new()) };
    let name = own.rsplit('/').next().unwrap_or_default();
    let variable = context.scope.get(&format!("ansible_{name}_interpreter"));
    let rendered = variable.and_then(|v| context.engine.render(&v, context.scope).ok());
    let told = rendered.map(|v| python_str(&v)).filter(|v| !v.is_empty() && !v.starts_with("auto"));
    let chosen = match told {
        Some(told) => told,
        None if name == "python" => {
            let found = command(context, &["sh", "-c", FIND_PYTHON]).await?;
            let first = text(&found, "stdout").lines().next().map(str::to_owned);
            first.unwrap_or(own)
        }
        None => own,
    };
    Ok(std::iter::once(chosen).chain(words).collect())
}

/// Runs a command on the target, its output as it is.
async fn command(context: &Context<'_>, words: &[&str]) -> Result<Outcome, CallError> {
    let argv = words.iter().map(|word| WireValue::from(*word)).collect::<Vec<_>>();
    let args = WireMap::from_iter([
        ("argv".to_owned(), WireValue::List(argv)),
        ("strip_empty_ends".to_owned(), WireValue::Bool(false)),
        ("expand_argument_vars".to_owned(), WireValue::Bool(false)),
    ]);
    module::helper(context, "command", args, None).await
}

/// A text of an outcome.
fn text<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    outcome.values.get(name).and_then(WireValue::as_str).unwrap_or_default()
}
