//! `unarchive`, the controller's half: an archive that is here goes to the target first.

use super::place::Content;
use super::stage::{Stage, call, exists};
use super::{Action, BoxFuture, Context, Effect, arg, flag, module, search, text};
use crate::connect::CallError;
use crate::value::{Key, Map, Value};
use warp_agent::modules::unarchive::SPEC;
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::value::{Map as WireMap, Value as WireValue};

/// The action.
pub(super) struct Unarchive;

impl Action for Unarchive {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { unarchive(&context, args).await })
    }
}

async fn unarchive(context: &Context<'_>, mut args: Map) -> Result<Effect, CallError> {
    // `copy` is on unless it was given: only then does it decide.
    if arg(&args, "copy").as_bool() == Some(false) {
        if flag(&args, "remote_src") {
            let msg = "parameters are mutually exclusive: ('copy', 'remote_src')";
            return Ok(Effect::failed(msg));
        }
        args.insert(Key::from("remote_src"), Value::Bool(true));
    }
    let (src, dest) = (text(&args, "src").unwrap_or_default(), text(&args, "dest").unwrap_or_default());
    if let Some(creates) = text(&args, "creates").filter(|c| !c.is_empty())
        && exists(context, creates).await?
    {
        return Ok(Effect::skip(format!("skipped, since {creates} exists")));
    }
    let remote = flag(&args, "remote_src");
    let content = match source(context, &args, src, remote) {
        Ok(content) => content,
        Err(effect) => return Ok(*effect),
    };
    let stat = call(context, "stat", &[("path", dest), ("follow", "true")]).await?;
    let stat = stat.values.get("stat").and_then(WireValue::as_map).cloned().unwrap_or_default();
    if stat.get("isdir").and_then(WireValue::as_bool) != Some(true) {
        return Ok(Effect::failed(format!("dest '{dest}' must be an existing dir")));
    }
    let mut passed = module::given(&SPEC, &args);
    for own in ["decrypt", "copy"] {
        passed.shift_remove(own);
    }
    let Some(content) = content else {
        return Ok(module::call(context, "unarchive", passed, None).await?.into());
    };
    let stage = match Stage::new(context).await? {
        Ok(stage) => stage,
        Err(failed) => return Ok(failed.into()),
    };
    let outcome = on_stage(context, &stage, passed, &content).await;
    stage.remove(context).await?;
    Ok(outcome?.into())
}

/// The archive, where it is here.
fn source(
    context: &Context<'_>,
    args: &Map,
    src: &str,
    remote: bool,
) -> Result<Option<Content>, Box<Effect>> {
    if remote {
        return Ok(None);
    }
    if src.contains("://") {
        let shown = warp_agent::http::url::masked(src);
        let msg =
            format!("Unsupported option, an URI src ({shown}) is only supported when remote_src is True");
        return Err(Box::new(Effect::failed(msg)));
    }
    search::find(context, "files", src)
        .and_then(|path| Content::of_file(path, flag(args, "decrypt")))
        .map(Some)
        .map_err(|e| Box::new(Effect::raised(e)))
}

async fn on_stage(
    context: &Context<'_>,
    stage: &Stage,
    mut passed: WireMap,
    content: &Content,
) -> Result<Outcome, CallError> {
    match stage.put(context, content.blob(), "source", "0700").await? {
        Ok(path) => {
            passed.insert("src".to_owned(), path.into());
            module::call(context, "unarchive", passed, None).await
        }
        Err(failed) => Ok(failed),
    }
}
