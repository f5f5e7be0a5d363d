//! `uri`, the controller's half: files that are here go to the target first.

use super::stage::{Stage, name_of};
use super::{Action, BoxFuture, Context, Effect, arg, flag, module, search, text};
use crate::connect::{Blob, CallError};
use crate::error::Result;
use crate::value::{Map, Value};
use std::path::PathBuf;
use warp_agent::modules::uri::SPEC;
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::value::{Map as WireMap, Value as WireValue};

/// The action.
pub(super) struct Uri;

impl Action for Uri {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { uri(&context, &args).await })
    }
}

async fn uri(context: &Context<'_>, args: &Map) -> Result<Effect, CallError> {
    let mut passed = module::given(&SPEC, args);
    if flag(args, "remote_src") || context.mode.check {
        return Ok(module::call(context, "uri", passed, None).await?.into());
    }
    let files = match files(context, args) {
        Ok(files) if files.is_empty() => return Ok(module::call(context, "uri", passed, None).await?.into()),
        Ok(files) => files,
        Err(e) => return Ok(Effect::raised(e)),
    };
    let stage = match Stage::new(context).await? {
        Ok(stage) => stage,
        Err(failed) => return Ok(failed.into()),
    };
    let outcome = with_files(context, &stage, &mut passed, files).await;
    stage.remove(context).await?;
    Ok(outcome?.into())
}

/// The files that are to go along: for the field of a form, or for `src`.
fn files(context: &Context<'_>, args: &Map) -> Result<Vec<(Option<String>, PathBuf)>> {
    if let Some(src) = text(args, "src").filter(|s| !s.is_empty()) {
        return Ok(vec![(None, search::find(context, "files", src)?)]);
    }
    let body = match arg(args, "body") {
        Value::Map(body) if text(args, "body_format") == Some("form-multipart") => body,
        _ => return Ok(Vec::new()),
    };
    let mut files = Vec::new();
    for (field, value) in body.iter() {
        let given = |key: &str| value.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        if let (Some(name), None) = (given("filename"), given("content")) {
            let field = field.as_str().unwrap_or_default().to_owned();
            files.push((Some(field), search::find(context, "files", name)?));
        }
    }
    Ok(files)
}

async fn with_files(
    context: &Context<'_>,
    stage: &Stage,
    passed: &mut WireMap,
    files: Vec<(Option<String>, PathBuf)>,
) -> Result<Outcome, CallError> {
    for (field, file) in files {
        let name = name_of(&file);
        let path = match stage.put(context, Blob::File(file), &name, "0600").await? {
            Ok(path) => path,
            Err(failed) => return Ok(failed),
        };
        match (field, passed.get_mut("body")) {
            (None, _) => drop(passed.insert("src".to_owned(), path.into())),
            (Some(field), Some(WireValue::Map(body))) => {
                if let Some(WireValue::Map(part)) = body.get_mut(&field) {
                    part.insert("filename".to_owned(), path.into());
                }
            }
            (Some(_), _) => {}
        }
    }
    module::call(context, "uri", passed.clone(), None).await
}
