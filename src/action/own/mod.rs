//! Modules that plays bring along: their file is kept on the target, once, and run as Ansible runs it. Python modules
//! find there the part of Ansible's library that warp brings along.

mod arguments;
mod imports;
mod payload;

use super::{Context, Effect, module};
use crate::connect::{Blob, CallError};
use crate::play::ModuleFile;
use crate::value::{Map, python_str};
use arguments::Style;
use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, RandomState};
use warp_agent::digest::hex;
use warp_agent::outcome::Outcome;
use warp_agent::own;
use warp_agent::value::{Map as WireMap, Value as WireValue};
use warp_agent::wire::{Call, Mode};

/// Says where Python is.
const FIND_PYTHON: &str = "command -v /usr/bin/python3 || command -v python3 || command -v python";

/// The first line of a Python module that has none of its own.
const PYTHON: &str = "/usr/bin/python";

/// Runs the module of this file to its end.
///
/// # Errors
/// The target could not be reached.
pub async fn run(
    context: &Context<'_>,
    name: &str,
    file: &ModuleFile,
    args: &Map,
) -> Result<Effect, CallError> {
    match call(context, name, file, args).await? {
        Ok(call) => Ok(context.sessions.call(context.target, call, None).await?.into()),
        Err(msg) => Ok(Effect::failed(msg)),
    }
}

/// The call that runs the module of this file, which the target then has; or why it cannot be made.
///
/// # Errors
/// The target could not be reached.
pub async fn call(
    context: &Context<'_>,
    name: &str,
    file: &ModuleFile,
    args: &Map,
) -> Result<Result<Call, String>, CallError> {
    let cannot = |e: std::io::Error| format!("cannot read the module {}: {e}", file.path.display());
    let content = match std::fs::read(&file.path) {
        Ok(content) => content,
        Err(e) => return Ok(Err(cannot(e))),
    };
    let style = Style::of(&content);
    let words = interpreter(context, &content, style).await?;
    let folder = format!("/tmp/.warp-module-{:016x}", RandomState::new().hash_one(name));
    let given = arguments::written(context, name, &file.path, &folder, args, style);
    let content = match style {
        Style::Python => match payload::of(file, &content) {
            Ok(archive) => archive,
            Err(e) => return Ok(Err(cannot(e))),
        },
        _ => content,
    };
    let hash = hex(&Sha256::digest(&content));
    if let Err(msg) = keep(context, &hash, content).await? {
        return Ok(Err(msg));
    }
    let file_name = file.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let how = match style {
        Style::Python => own::BY_INPUT,
        Style::Inline => own::INLINE,
        Style::Binary | Style::Json | Style::Pairs => own::BY_FILE,
    };
    let words = words.into_iter().map(WireValue::from).collect();
    let args = [
        ("hash", hash.into()),
        ("name", file_name.into()),
        ("folder", folder.into()),
        ("words", WireValue::List(words)),
        ("how", how.into()),
        ("given", given.into()),
    ];
    let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    // What check mode means the module knows, and nobody else.
    let call = Call {
        module: own::RUN.to_owned(),
        args,
        mode: Mode::default(),
        environment: context.environment.to_vec(),
    };
    Ok(Ok(call))
}

/// Sees to it that the target has a file with this content.
async fn keep(context: &Context<'_>, hash: &str, content: Vec<u8>) -> Result<Result<(), String>, CallError> {
    let args = WireMap::from_iter([("hash".to_owned(), hash.into())]);
    let mut outcome = module::helper(context, own::KEEP, args.clone(), None).await?;
    if !outcome.failed && outcome.values.get("kept").and_then(WireValue::as_bool) != Some(true) {
        outcome = module::helper(context, own::KEEP, args, Some(Blob::Bytes(content.into()))).await?;
    }
    let msg = outcome.failed.then(|| text(&outcome, "msg").to_owned());
    Ok(msg.map_or(Ok(()), Err))
}

/// What runs the module: the words of its first line, Python where the target has it, or as variables say.
async fn interpreter(context: &Context<'_>, content: &[u8], style: Style) -> Result<Vec<String>, CallError> {
    let first = content.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(first);
    let words = line.strip_prefix("#!").filter(|_| style != Style::Binary).and_then(shlex::split);
    let words = match (words, style) {
        (Some(words), _) => words,
        (None, Style::Python) => vec![PYTHON.to_owned()],
        (None, _) => return Ok(Vec::new()),
    };
    let mut words = words.into_iter();
    let Some(own) = words.next() else { return Ok(Vec::new()) };
    let name = if style == Style::Python { "python" } else { own.rsplit('/').next().unwrap_or_default() };
    let variable = context.scope.get(&format!("ansible_{name}_interpreter"));
    let rendered = variable.and_then(|v| context.engine.render(&v, context.scope).ok());
    let told = rendered.map(|v| python_str(&v)).filter(|v| !v.is_empty() && !v.starts_with("auto"));
    let set = context.config.tasks.python.clone().filter(|_| name == "python");
    let chosen = match told.or(set) {
        Some(told) => told,
        None if name == "python" => {
            let found = command(context, &["sh", "-c", FIND_PYTHON]).await?;
            let first = text(&found, "stdout").lines().next().map(str::to_owned);
            first.unwrap_or(own)
        }
        None => own,
    };
    // Words behind the interpreter of a Python module are for another one: `/usr/bin/env python`.
    let rest: Vec<String> = if style == Style::Python { Vec::new() } else { words.collect() };
    Ok(std::iter::once(chosen).chain(rest).collect())
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
