//! `fetch`: brings a file from the target to the controller.

use super::{Action, BoxFuture, Context, Effect, flag, module, text};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::value::{Key, Map, Value, normal};
use std::path::{Component, Path, PathBuf};
use warp_agent::digest::Hashing;
use warp_agent::errno;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};

static SPEC: Spec = Spec {
    check: CheckSupport::Partial,
    ..Spec::new(
        "fetch",
        "Brings a file from the target to the controller.",
        &[
            Arg::new("src", Kind::Str).required().help("The file on the target."),
            Arg::new("dest", Kind::Str).required().help("The folder, or with `flat` the file, here."),
            Arg::new("fail_on_missing", Kind::Bool).default("true").help("Fail where it is not there."),
            Arg::new("validate_checksum", Kind::Bool).default("true").help("Check what arrived."),
            Arg::new("flat", Kind::Bool).default("false").help("Without folders for host and path."),
        ],
    )
};

/// The action.
pub(super) struct Fetch;

impl Action for Fetch {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            if context.mode.check {
                return Ok(Effect::skip("check mode not (yet) supported for this module"));
            }
            fetch(&context, &args).await
        })
    }
}

async fn fetch(context: &Context<'_>, args: &Map) -> Result<Effect, CallError> {
    let source = text(args, "src").unwrap_or_default();
    let stat = stat(context, source).await?;
    let known = |key: &str| stat.get(key).and_then(Value::as_bool).unwrap_or(false);
    let required = flag(args, "fail_on_missing");
    if !known("exists") {
        let msg = "the remote file does not exist, not transferring, ignored";
        if required {
            return Ok(Effect::failed(msg));
        }
        return Ok(Outcome::ok().with("file", source).with("msg", msg).into());
    }
    if known("isdir") {
        let msg = "remote file is a directory, fetch cannot work on directories";
        if required {
            return Ok(Effect::failed(msg));
        }
        return Ok(Outcome::ok().with("msg", format!("{msg}, not transferring, ignored")).into());
    }
    let dest = match destination(context, args, source) {
        Ok(dest) => dest,
        Err(e) => return Ok(Effect::raised(e)),
    };
    let shown = dest.display().to_string();
    let checksum = stat.get("checksum").and_then(Value::as_str);
    if checksum.is_some()
        && let Some((sha1, md5)) = sums(&dest).await
        && Some(sha1.as_str()) == checksum
    {
        return Ok(Outcome::ok()
            .with("md5sum", md5)
            .with("file", source)
            .with("dest", shown)
            .with("checksum", sha1)
            .into());
    }
    if let Some(folder) = dest.parent()
        && let Err(e) = std::fs::create_dir_all(folder)
    {
        let blocking = folder.ancestors().take_while(|above| !above.exists()).last().unwrap_or(folder);
        let why = errno::python(&e, &[blocking]);
        let msg = format!("Unable to create local directories '{}': {why}", folder.display());
        return Ok(Effect::raised(Error::other(msg)));
    }
    let read = context.sessions.read(context.target, source, &dest).await?;
    if read.failed {
        return Ok(read.into());
    }
    let sent = read.values.get("checksum").and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let Some((sha1, md5)) = sums(&dest).await else {
        return Ok(Effect::failed(format!("cannot read {shown}, which was just fetched")));
    };
    let wrong = flag(args, "validate_checksum") && sha1 != sent;
    let mut values = Map::new();
    let mut put = |key: &str, value: Value| values.insert(Key::from(key), value);
    put("md5sum", Value::data(md5));
    put("dest", Value::data(shown));
    put("remote_md5sum", Value::Null);
    put("checksum", Value::data(sha1));
    put("remote_checksum", Value::data(sent));
    if wrong {
        put("msg", Value::data("checksum mismatch"));
        put("file", Value::data(source));
    }
    let outcome = Outcome { failed: wrong, changed: !wrong, ..Outcome::ok() };
    Ok(Effect { outcome, values, ..Effect::default() })
}

async fn stat(context: &Context<'_>, path: &str) -> Result<Value, CallError> {
    let args = [
        ("path".to_owned(), path.into()),
        ("follow".to_owned(), true.into()),
        ("get_checksum".to_owned(), true.into()),
        ("checksum_algorithm".to_owned(), "sha1".into()),
    ];
    let outcome = module::helper(context, "stat", args.into_iter().collect(), None).await?;
    Ok(outcome.values.get("stat").cloned().map(Value::from).unwrap_or_default())
}

/// Where the file goes. A path of the target's can never lead out of `dest`.
fn destination(context: &Context<'_>, args: &Map, source: &str) -> Result<PathBuf> {
    let given = text(args, "dest").unwrap_or_default();
    let base = context.search_path.last().cloned().unwrap_or_default().join(super::search::expanded(given));
    if flag(args, "flat") {
        if !given.ends_with('/') {
            if base.is_dir() {
                return Err(Error::other(
                    "dest is an existing directory, use a trailing slash if you want to fetch src into that directory",
                ));
            }
            return Ok(normal(&base));
        }
        let name = Path::new(source).file_name().ok_or_else(|| traversal(given, source))?;
        let dest = normal(&base.join(name));
        if dest.is_dir() {
            return Err(Error::other(format!(
                "calculated dest '{}' is an existing directory, use another path that does not point to an existing \
                 directory",
                dest.display()
            )));
        }
        return Ok(dest);
    }
    let inside: PathBuf = Path::new(source)
        .components()
        .filter(|c| !matches!(c, Component::RootDir | Component::CurDir))
        .collect();
    let host = Path::new(&**context.host);
    let plain = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_)));
    if !plain(&inside) || !plain(host) {
        return Err(traversal(given, source));
    }
    Ok(normal(&base.join(host).join(inside)))
}

fn traversal(dest: &str, got: &str) -> Error {
    Error::other(format!(
        "Detected directory traversal, expected to be contained in '{dest}' but got '{got}'"
    ))
}

/// A file's SHA-1 and MD5, read a piece at a time: it may be larger than memory.
async fn sums(path: &Path) -> Option<(String, String)> {
    let path = path.to_owned();
    let read = move || {
        let mut file = std::fs::File::open(path).ok()?;
        let mut md5 = Hashing::<md5::Md5>::new(&mut file);
        let mut sha1 = Hashing::<sha1::Sha1>::new(&mut md5);
        std::io::copy(&mut sha1, &mut std::io::sink()).ok()?;
        Some((sha1.finish(), md5.finish()))
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}
