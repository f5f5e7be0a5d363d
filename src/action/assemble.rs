//! `assemble`, the controller's half: fragments that are here make a file on the target.

use super::copy::one_file;
use super::place::Content;
use super::{Action, BoxFuture, Context, Effect, arg, flag, module, search, text};
use crate::connect::CallError;
use crate::value::{Key, Map, Value, vault};
use md5::Md5;
use sha1::{Digest, Sha1};
use warp_agent::digest::hex;
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
        return Ok(module::call(context, "assemble", module::given(&SPEC, args), None).await?.into());
    }
    let src = text(args, "src").unwrap_or_default();
    let source = match search::find(context, "files", src) {
        Ok(source) => source,
        Err(e) => return Ok(Effect::raised(e)),
    };
    if !source.is_dir() {
        return Ok(Effect::failed(format!("Source ({}) is not a directory", source.display())));
    }
    let joined = Fragments::new(text(args, "delimiter"), text(args, "regexp"), flag(args, "ignore_hidden"))
        .and_then(|fragments| {
            fragments.join(&source, |path| {
                let bytes = std::fs::read(path)
                    .map_err(|e| Failed::new(format!("cannot read {}: {e}", path.display())))?;
                if !flag(args, "decrypt") {
                    return Ok(bytes);
                }
                vault::decrypted(bytes).map_err(|e| Failed::new(e.message()))
            })
        });
    let (content, sha1, md5) = match joined {
        Ok(bytes) => {
            let (sha1, md5) = (hex(&Sha1::digest(&bytes)), hex(&Md5::digest(&bytes)));
            (Content::Bytes(bytes.into()), sha1, md5)
        }
        Err(failed) => return Ok(failed.into_outcome().into()),
    };
    let mut copied: Map = args.clone();
    for own in ["src", "delimiter", "regexp", "ignore_hidden", "remote_src", "decrypt"] {
        copied.shift_remove(own);
    }
    copied.insert(Key::from("force"), Value::Bool(true));
    copied.insert(Key::from("follow"), arg(args, "follow").clone());
    let mut effect = one_file(context, &copied, &content, Some("src")).await?;
    let outcome = &mut effect.outcome;
    if !outcome.failed {
        let dest = arg(args, "dest").into();
        for unsaid in ["path", "diff"] {
            outcome.values.shift_remove(unsaid);
        }
        // One difference, where other modules have a list of them.
        if let Some(shown) = std::mem::take(&mut outcome.diff).first() {
            let sides = [
                ("before", &shown.before),
                ("after", &shown.after),
                ("before_header", &shown.before_header),
                ("after_header", &shown.after_header),
            ];
            let sides: WireMap =
                sides.into_iter().map(|(name, text)| (name.to_owned(), text.as_str().into())).collect();
            outcome.values.insert("diff".to_owned(), sides.into());
        }
        outcome.values.entry("dest".to_owned()).or_insert(dest);
        outcome.values.insert("md5sum".to_owned(), md5.into());
        outcome.values.insert("checksum".to_owned(), sha1.into());
    }
    Ok(effect)
}
