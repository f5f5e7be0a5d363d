//! The image room's modules for plays. They run on the controller.

use super::fetch::{Entry, Fetcher, Lines, fetch_all};
use super::inject::Injection;
use super::store::Store;
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
        "Finds an image in the cache, fetches it, or makes the default one of the machine's own distribution's packages.",
        &[
            Arg::new("cache", Kind::Path).required().help("The folder of images, IMAGECACHE."),
            NAME.help("The image is NAME.qcow2: of `images`, or where they are none of the cache; it is never written."),
            Arg::new("images", Kind::List).elements(Kind::Dict).default("").help(
                "Images to fetch: name, url (http, https, file, or a path), type (qcow2 or tar), md5sum or checksum (else \
                 that beside the image is asked for), force_cached.",
            ),
            Arg::new("dest", Kind::Path).help("The folder for all of them but NAME, and for what archives hold."),
            Arg::new("cached", Kind::Bool)
                .default("false")
                .help("Take the newest of a name that the cache has, whatever the server has by now."),
            Arg::new("offline", Kind::Bool).default("false").help("Ask no server."),
            Arg::new("expire_days", Kind::Int).help(
                "Days after which fetched images that nobody used and no disk lies over are removed; those that warp \
                 did not fetch stay.",
            ),
            Arg::new("default", Kind::Str).default("lab").help(
                "The description, one of warp's images/, that is built where there are no images and the cache has none.",
            ),
        ],
    )
};

static BOOT: Spec = Spec {
    collection: "warp.lab",
    ..Spec::new(
        "boot",
        "Reads kernel and initrd out of an image, for a direct boot, and injects into the guest: by its initrd, or by a \
         NoCloud seed where it has cloud-init.",
        &[
            Arg::new("image", Kind::Path).required().help("The image."),
            Arg::new("dest", Kind::Path)
                .required()
                .help("The folder for NAME.vmlinuz, NAME.initrd and NAME.seed."),
            NAME.help("The machine's name."),
            Arg::new("kernel", Kind::Path).help("A kernel instead of the image's; with initrd and root."),
            Arg::new("initrd", Kind::Path).help("Its initrd."),
            Arg::new("root", Kind::Str).help("Its root device, as the guest sees it."),
            Arg::new("method", Kind::Str)
                .choices(&["auto", "initrd", "nocloud"])
                .default("auto")
                .help("How the guest is injected into: auto is nocloud where the image has cloud-init."),
            Arg::new("injection", Kind::Dict).secret().help(
                "hostname, users (name, shell, groups, sudo, authorized_keys), root_authorized_keys, host_keys \
                 (private, public), files (path, mode, owner, content), commands (run once in the booted guest) and \
                 selinux_relabel that the guest is given when it boots.",
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
    let (cache, name) = (path(args, "cache")?, text(args, "name")?);
    let images = arg(args, "images");
    if images.as_list().is_none_or(<[_]>::is_empty) {
        let found = cache::find(&cache, name, text(args, "default")?, check, &tell)?;
        return Ok(Outcome::changed(found.built).with("path", shown(&found.path)).with("built", found.built));
    }
    let list: Vec<Entry> = serde_json::from_value(images.into()).map_err(|e| {
        Error::input(format!("`images` cannot be understood: {e}")).at(images.span().cloned())
    })?;
    let flag = |name: &str| arg(args, name).truthy();
    let (store, lines) = (Store::at(&cache), Lines::new(&tell));
    let fetcher = Fetcher { store: &store, offline: flag("offline"), check, watch: &lines };
    let listed = fetch_all(&fetcher, &list, name, &path(args, "dest")?, flag("cached"))?;
    if let Value::Int(days) = arg(args, "expire_days") {
        fetcher.clean(u64::try_from(*days).unwrap_or(0), std::slice::from_ref(&listed.path))?;
    }
    let files: Vec<_> = listed.files.iter().map(|file| shown(file)).collect();
    Ok(Outcome::changed(listed.changed)
        .with("path", shown(&listed.path))
        .with("built", false)
        .with("files", files))
}

fn prepare(args: &Map, check: bool, _events: &Events, _host: &str) -> Result<Outcome> {
    let injection = match arg(args, "injection") {
        Value::Null => None,
        given => Some(serde_json::from_value::<Injection>(given.into()).map_err(|e| {
            Error::input(format!("the injection cannot be understood: {e}")).at(given.span().cloned())
        })?),
    };
    let part = |name: &str| arg(args, name).as_str().map(str::to_owned);
    let given = match (part("kernel"), part("initrd"), part("root")) {
        (None, None, None) => None,
        (Some(kernel), Some(initrd), Some(root)) => {
            Some(boot::Given { kernel: kernel.into(), initrd: initrd.into(), root })
        }
        _ => return Err(Error::input("kernel, initrd and root are given together or not at all")),
    };
    let image = path(args, "image")?;
    let wanted = boot::Wanted {
        image: &image,
        given,
        injection: injection.as_ref(),
        way: match text(args, "method")? {
            "initrd" => boot::Way::Initrd,
            "nocloud" => boot::Way::NoCloud,
            _ => boot::Way::Auto,
        },
    };
    let (boot, changed) = boot::prepare(&wanted, &path(args, "dest")?, text(args, "name")?, check)?;
    Ok(Outcome::changed(changed)
        .with("version", boot.version)
        .with("kernel", shown(&boot.kernel))
        .with("initrd", shown(&boot.initrd))
        .with("seed", boot.seed.as_deref().map(shown).unwrap_or_default())
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
