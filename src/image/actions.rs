//! The image room's modules for plays. They run on the controller.

use super::inject::Injection;
use super::{boot, cache};
use crate::action::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::event::{Event, Events};
use crate::value::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

/// The modules `warp.lab.image` and `warp.lab.boot`; `events` are told what takes long.
#[must_use]
pub fn actions(events: &Events) -> Vec<Box<dyn Action>> {
    let module = |spec, work| Box::new(Module { spec, work, events: events.clone() }) as Box<dyn Action>;
    vec![module(&IMAGE, image as Work), module(&BOOT, prepare as Work)]
}

const NAME: Arg = Arg::new("name", Kind::Str).required();

static IMAGE: Spec = Spec {
    collection: "warp.lab",
    ..Spec::new(
        "image",
        "Finds an image in the cache, or makes the default one of the machine's own distribution's packages.",
        &[
            Arg::new("cache", Kind::Path).required().help("The folder of images, IMAGECACHE."),
            NAME.help("The image is NAME.qcow2 where the cache has it; it is never written."),
            Arg::new("url", Kind::Str).help("Another image instead: file:///PATH, or a path."),
            Arg::new("default", Kind::Str).default("lab").help(
                "The description, one of warp's images/, that is built where the cache does not have it.",
            ),
        ],
    )
};

static BOOT: Spec = Spec {
    collection: "warp.lab",
    ..Spec::new(
        "boot",
        "Reads kernel and initrd out of an image, for a direct boot, and appends an injection to the initrd.",
        &[
            Arg::new("image", Kind::Path).required().help("The image."),
            Arg::new("dest", Kind::Path).required().help("The folder for NAME.vmlinuz and NAME.initrd."),
            NAME.help("The machine's name."),
            Arg::new("injection", Kind::Dict).secret().help(
                "hostname, users (name, shell, groups, sudo, authorized_keys), root_authorized_keys, host_keys \
                 (private, public) and files (path, mode, owner, content) that the guest is given when it boots.",
            ),
        ],
    )
};

/// What a module does, on a thread that may block.
type Work = fn(&Map, bool, &Events, &str) -> Result<Outcome>;

struct Module {
    spec: &'static Spec,
    work: Work,
    events: Events,
}

impl Action for Module {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        let (work, check, events) = (self.work, context.mode.check, self.events.clone());
        let host = Arc::clone(context.host);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&args, check, &events, &host)).await;
            let outcome = match done {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(e)) => failed(&e),
                Err(e) => Outcome::failed(format!("the module died: {e}")),
            };
            Ok(Effect { outcome, ..Effect::default() })
        })
    }
}

fn failed(e: &Error) -> Outcome {
    let text = e.to_string();
    Outcome::failed(text.strip_prefix("error: ").unwrap_or(&text))
}

fn image(args: &Map, check: bool, events: &Events, host: &str) -> Result<Outcome> {
    let tell =
        |line: &str| events.emit(&Event::Output { host: host.into(), line: line.to_owned(), no_log: false });
    let found = match arg(args, "url").as_str() {
        Some(url) => cache::given(url)?,
        None => {
            cache::find(&path(args, "cache")?, text(args, "name")?, text(args, "default")?, check, &tell)?
        }
    };
    Ok(Outcome::changed(found.built).with("path", shown(&found.path)).with("built", found.built))
}

fn prepare(args: &Map, check: bool, _events: &Events, _host: &str) -> Result<Outcome> {
    let injection = match arg(args, "injection") {
        Value::Null => None,
        given => Some(serde_json::from_value::<Injection>(given.into()).map_err(|e| {
            Error::input(format!("the injection cannot be understood: {e}")).at(given.span().cloned())
        })?),
    };
    let (boot, changed) = boot::prepare(
        &path(args, "image")?,
        injection.as_ref(),
        &path(args, "dest")?,
        text(args, "name")?,
        check,
    )?;
    Ok(Outcome::changed(changed)
        .with("version", boot.version)
        .with("kernel", shown(&boot.kernel))
        .with("initrd", shown(&boot.initrd))
        .with("root", boot.root))
}

fn text<'a>(args: &'a Map, name: &str) -> Result<&'a str> {
    arg(args, name).as_str().ok_or_else(|| Error::input(format!("missing required arguments: {name}")))
}

fn path(args: &Map, name: &str) -> Result<PathBuf> {
    text(args, name).map(PathBuf::from)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
