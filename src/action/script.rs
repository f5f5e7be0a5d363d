//! `script`: runs a script of the controller's on the target.

use super::place::Content;
use super::stage::{Stage, exists, name_of};
use super::{Action, BoxFuture, Context, Effect, flag, search, shell, text};
use crate::connect::CallError;
use crate::value::Map;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};

static SPEC: Spec = Spec {
    free_form: Some("_raw_params"),
    check: CheckSupport::Partial,
    required_one_of: &[&["_raw_params", "cmd"]],
    mutually_exclusive: &[&["_raw_params", "cmd"]],
    ..Spec::new(
        "script",
        "Runs a script of the controller's on the target.",
        &[
            Arg::new("_raw_params", Kind::Str).help("The script and its arguments."),
            Arg::new("cmd", Kind::Str).help("The same."),
            Arg::new("creates", Kind::Str).help("Not run where this path is."),
            Arg::new("removes", Kind::Str).help("Not run where this path is not."),
            Arg::new("chdir", Kind::Str).help("The folder to run in."),
            Arg::new("executable", Kind::Str).help("What runs it, where not its first line."),
            Arg::new("decrypt", Kind::Bool).default("true").help("Decrypt a vaulted script."),
        ],
    )
};

/// The action.
pub(super) struct Script;

impl Action for Script {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { script(&context, &args).await })
    }
}

async fn script(context: &Context<'_>, args: &Map) -> Result<Effect, CallError> {
    let line = text(args, "cmd").or_else(|| text(args, "_raw_params")).unwrap_or_default();
    let Some(words) = shlex::split(line) else {
        return Ok(Effect::failed(format!("the quotes of the script's command line do not match: {line}")));
    };
    let Some(script) = words.first() else { return Ok(Effect::failed("script names no file")) };
    for (argument, wanted, word) in [("creates", true, "exists"), ("removes", false, "does not exist")] {
        if let Some(path) = text(args, argument)
            && exists(context, path).await? == wanted
        {
            return Ok(Effect::skip(format!("{path} {word}, matching {argument} option")));
        }
    }
    if let Some(chdir) = text(args, "chdir").filter(|dir| !dir.starts_with('/')) {
        return Ok(Effect::failed(format!(
            "chdir {chdir} must be an absolute path for a Unix-aware remote node"
        )));
    }
    let found = search::find(context, "files", script)
        .and_then(|path| Ok((name_of(&path), Content::of_file(path, flag(args, "decrypt"))?)));
    let (name, content) = match found {
        Ok(found) => found,
        Err(e) => return Ok(Effect::refused(e)),
    };
    if context.mode.check {
        let guarded = text(args, "creates").or_else(|| text(args, "removes")).is_some();
        return Ok(if guarded {
            Outcome::changed(true).into()
        } else {
            Effect::skip("Check mode is not supported for this task.")
        });
    }
    let stage = match Stage::new(context).await? {
        Ok(stage) => stage,
        Err(failed) => return Ok(failed.into()),
    };
    let outcome = on_stage(context, args, &stage, (&name, &content), (line, script)).await;
    stage.remove(context).await?;
    Ok(outcome?.into())
}

/// Places the script and has the shell run the line, in which its name there stands for the one here.
async fn on_stage(
    context: &Context<'_>,
    args: &Map,
    stage: &Stage,
    (name, content): (&str, &Content),
    (line, script): (&str, &str),
) -> Result<Outcome, CallError> {
    let path = match stage.put(context, content.blob(), name, "0700").await? {
        Ok(path) => path,
        Err(failed) => return Ok(failed),
    };
    let mut command: Vec<String> = Vec::new();
    command.extend(text(args, "chdir").map(|dir| format!("cd {dir} &&")));
    command
        .extend(context.environment.iter().map(|(name, value)| format!("{name}={}", shell::quoted(value))));
    command.extend(text(args, "executable").map(str::to_owned));
    command.push(line.trim().replace(script, &path));
    match shell::by_executable(context, &command.join(" ")) {
        Ok(line) => shell::run(context, &line).await,
        Err(e) => Ok(Outcome::failed(format!("Task failed: {}", e.message()))),
    }
}
