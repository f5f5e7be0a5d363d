//! `authorized_key`: the keys that may log in to an account.

mod keys;

use crate::accounts::{self, User};
use crate::acting::Acting;
use crate::args::Args;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use keys::{Key, Keys, Options};
use std::fs;
use std::path::{Path, PathBuf};

/// The module.
pub struct AuthorizedKey;

static SPEC: Spec = Spec {
    collection: "ansible.posix",
    ..Spec::new("authorized_key", "Keep the keys that may log in to an account", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("user", Kind::Str).required().help("The account."),
    Arg::new("key", Kind::Str)
        .required()
        .help("The keys, one a line, or a file:// URL of a file on the target."),
    Arg::new("path", Kind::Path).help("The file, instead of .ssh/authorized_keys in the account's home."),
    Arg::new("manage_dir", Kind::Bool).default("true").help("Make the file's directory, owned and private."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the keys are to be there."),
    Arg::new("key_options", Kind::Str).help("Options before each key."),
    Arg::new("exclusive", Kind::Bool).default("false").help("Remove every other line."),
    Arg::new("comment", Kind::Str).help("The comment after each key, instead of its own."),
    Arg::new("validate_certs", Kind::Bool)
        .default("true")
        .help("Meant for keys from https, which are refused here."),
    Arg::new("follow", Kind::Bool)
        .default("false")
        .help("Write to what a link leads to, rather than in its place."),
];

impl Module for AuthorizedKey {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let text = key_text(args.text("key"))?;
        let file = Place::find(args, cx)?;
        let before = fs::read_to_string(&file.path).unwrap_or_default();
        let mut keys = Keys::parse(&before);
        let changed = bring(args, &mut keys, &text)?;
        let mut values = args.map().clone();
        values.insert("keyfile".to_owned(), file.path.to_string_lossy().into_owned().into());
        if changed {
            let target =
                if args.flag("follow") { super::edit::followed(&file.path) } else { file.path.clone() };
            let after = keys.text();
            if cx.mode.diff {
                values.insert("diff".to_owned(), diff(&file.path, &target, &before, &after));
            }
            if cx.effects.other() {
                file.write(args, cx, &target, &after)?;
            }
        }
        Ok(Outcome { values, ..Outcome::changed(changed) })
    }
}

fn diff(path: &Path, target: &Path, before: &str, after: &str) -> Value {
    let entries: [(&str, Value); 4] = [
        ("before_header", path.to_string_lossy().into_owned().into()),
        ("after_header", target.to_string_lossy().into_owned().into()),
        ("before", before.into()),
        ("after", after.into()),
    ];
    Map::from_iter(entries.map(|(name, value)| (name.to_owned(), value))).into()
}

/// The keys' text: the argument itself, or the file on this machine that it names.
fn key_text(key: &str) -> Result<String, Failed> {
    if key.starts_with("http") {
        return Err(Failed::new(format!(
            "Error getting key from: {key}: keys are not fetched from URLs here; fetch it on the controller, \
             with lookup('url', ...) or get_url"
        )));
    }
    if !key.starts_with("file") {
        return Ok(key.to_owned());
    }
    let path = key.strip_prefix("file://").unwrap_or(key);
    let file = Path::new(path);
    if !file.exists() {
        return Err(Failed::new(format!("Path to a key file not found: {path}")));
    }
    if !file.is_file() {
        return Err(Failed::new(format!("Path to a key is a directory and must be a file: {path}")));
    }
    fs::read_to_string(file).map_err(|e| Failed::new(format!("Failed to read key file {path} : {e}")))
}

/// Brings the file's keys to what is asked; whether anything changed.
fn bring(args: &Args, keys: &mut Keys, text: &str) -> Result<bool, Failed> {
    let present = args.text("state") == "present";
    let mut changed = false;
    // New keys go after all that is there, in the order they are given.
    let after = keys.len();
    let mut wanted = Vec::new();
    for (index, line) in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).enumerate() {
        let mut key =
            Key::parse(line).ok_or_else(|| Failed::new(format!("invalid key specified: {line}")))?;
        if let Some(options) = args.str("key_options") {
            key.options = Options::parse(options);
        }
        if let Some(comment) = args.str("comment") {
            comment.clone_into(&mut key.comment);
        }
        if !present {
            changed |= keys.remove(&key.key);
            continue;
        }
        wanted.push(key.key.clone());
        if keys.get(&key.key) != Some(&key) {
            keys.put(key, after + index);
            changed = true;
        }
    }
    if present && args.flag("exclusive") {
        changed |= keys.keep_only(&wanted);
    }
    Ok(changed)
}

/// The file of keys, and whose it is.
struct Place {
    path: PathBuf,
    /// The account; unknown only in check mode.
    user: Option<User>,
}

impl Place {
    fn find(args: &Args, cx: &Context<'_>) -> Result<Self, Failed> {
        let name = args.text("user");
        let given = args.str("path").map(PathBuf::from);
        let user = accounts::user_by_name(name);
        match (given, &user) {
            (Some(path), _) if cx.mode.check || user.is_some() => Ok(Place { path, user }),
            (None, Some(account)) => {
                Ok(Place { path: Path::new(&account.home).join(".ssh/authorized_keys"), user })
            }
            (None, None) if cx.mode.check => Err(Failed::new(
                "Either user must exist or you must provide full path to key file in check mode",
            )),
            _ => {
                let why = format!("\"getpwnam(): name not found: '{name}'\"");
                Err(Failed::new(format!("Failed to lookup user {name}: {why}")))
            }
        }
    }

    /// Writes the file, with its directory where that is to be managed.
    fn write(&self, args: &Args, cx: &mut Context<'_>, target: &Path, text: &str) -> Result<(), Failed> {
        let Some(user) = &self.user else { return Ok(()) };
        let _acting = Acting::for_path(target);
        let owned = |mode| FileArgs {
            mode: Some(ModeArg::Bits(mode)),
            owner: Some(user.uid.to_string()),
            group: Some(user.gid.to_string()),
            ..FileArgs::default()
        };
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        if args.flag("manage_dir") {
            if !dir.exists() {
                cx.effects.make_dir(dir, 0o700).map_err(|e| {
                    Failed::new(format!("Failed to create directory {} : {e}", dir.display()))
                })?;
            }
            cx.effects.set_attributes(dir, &owned(0o700))?;
        }
        super::edit::make_parents(cx, target)?;
        let failed =
            |e: std::io::Error| Failed::new(format!("Failed to write to file {}: {e}", target.display()));
        if fs::symlink_metadata(target).is_err() {
            cx.effects.create(target).map_err(failed)?;
        }
        // Whoever may not give the file away keeps it, as in Ansible.
        let _ = cx.effects.set_attributes(target, &owned(0o600));
        cx.effects.write(target, text.as_bytes(), false).map_err(failed)
    }
}
