//! `assemble`, the controller's half: fragments that are here make a file on the target.

use super::copy::one_file;
use super::place::Content;
use super::{Action, BoxFuture, Context, Effect, arg, flag, module, search, text};
use crate::connect::CallError;
use crate::value::{Key, Map, Value};
use warp_agent::fragments::Fragments;
use warp_agent::module::Failed;
use warp_agent::modules::assemble::SPEC;
use warp_agent::spec::Spec;
use warp_agent::value::Map as WireMap;

/// The action.
pub(super) struct Assemble;

impl Action for Assemble {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { assemble(&context, &args).await })
    }
}

async fn assemble(context: &Context<'_>, args: &Map) -> Result<Effect, CallError> {
    if flag(args, "remote_src") {
        let given: WireMap = SPEC
            .arguments()
            .filter_map(|a| args.get(a.name).filter(|v| !v.is_null()).map(|v| (a.name.to_owned(), v.into())))
            .collect();
        return Ok(module::call(context, "assemble", given, None).await?.into());
    }
    let src = text(args, "src").unwrap_or_default();
    let source = match search::find(context, "files", src) {
        Ok(source) => source,
        Err(e) => return Ok(Effect::error(e)),
    };
    if !source.is_dir() {
        return Ok(Effect::failed(format!("Source ({}) is not a directory", source.display())));
    }
    let joined = Fragments::new(text(args, "delimiter"), text(args, "regexp"), flag(args, "ignore_hidden"))
        .and_then(|fragments| {
            fragments.join(&source, |path| {
                std::fs::read(path).map_err(|e| Failed::new(format!("cannot read {}: {e}", path.display())))
            })
        });
    let content = match joined {
        Ok(content) => Content::Bytes(content.into()),
        Err(failed) => return Ok(failed.into_outcome().into()),
    };
    let mut copied: Map = args.clone();
    for own in ["src", "delimiter", "regexp", "ignore_hidden", "remote_src", "decrypt"] {
        copied.shift_remove(own);
    }
    copied.insert(Key::from("force"), Value::Bool(true));
    copied.insert(Key::from("follow"), arg(args, "follow").clone());
    one_file(context, &copied, &content, Some("src")).await
}
