//! `deb822_repository`: a source of packages in a file of its own, in the form of today.

mod key;

use crate::args::Args;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::python;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use key::Signed;
use std::fs;
use std::path::{Path, PathBuf};

/// The module.
pub struct Deb822Repository;

static SPEC: Spec =
    Spec::new("deb822_repository", "Adds and removes sources of packages in deb822 form", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().help("The name of the source, and of its file."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["present", "absent"])
        .help("Whether the source is to be there."),
    Arg::new("mode", Kind::Raw).default("0644").help("The permissions of its file."),
    Arg::new("types", Kind::List)
        .elements(Kind::Str)
        .default("deb")
        .choices(&["deb", "deb-src"])
        .help("Whether it has packages, sources, or both."),
    Arg::new("uris", Kind::List).elements(Kind::Str).help("Where it is."),
    Arg::new("suites", Kind::List).elements(Kind::Str).help("Its suites, or a path that ends with a slash."),
    Arg::new("components", Kind::List).elements(Kind::Str).help("Its components."),
    Arg::new("signed_by", Kind::Str)
        .help("The key that signs it: a file, a URL, a fingerprint or the key itself."),
    Arg::new("enabled", Kind::Bool).help("Whether apt uses it."),
    Arg::new("architectures", Kind::List).elements(Kind::Str).help("Architectures to fetch."),
    Arg::new("languages", Kind::List).elements(Kind::Str).help("Languages to fetch."),
    Arg::new("targets", Kind::List).elements(Kind::Str).help("What to fetch."),
    Arg::new("allow_downgrade_to_insecure", Kind::Bool).help("Accept that it is no longer signed."),
    Arg::new("allow_insecure", Kind::Bool).help("Accept it without a good signature."),
    Arg::new("allow_weak", Kind::Bool).help("Accept weak signatures."),
    Arg::new("by_hash", Kind::Bool).help("Whether to fetch files by their hashes."),
    Arg::new("check_date", Kind::Bool).help("Whether the machine's clock is relied on."),
    Arg::new("check_valid_until", Kind::Bool).help("Whether outdated metadata is refused."),
    Arg::new("date_max_future", Kind::Int).help("Seconds that metadata may be from the future."),
    Arg::new("inrelease_path", Kind::Str).help("Where its InRelease file is."),
    Arg::new("pdiffs", Kind::Bool).help("Whether to fetch differences of lists."),
    Arg::new("trusted", Kind::Bool).help("Whether it counts as signed, or never does."),
];

impl Module for Deb822Repository {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let slug = slug(args.text("name"));
        let file = PathBuf::from(format!("/etc/apt/sources.list.d/{slug}.sources"));
        let told = |changed: bool, repo: Value, key: Value| {
            Outcome::changed(changed)
                .with("repo", repo)
                .with("dest", file.display().to_string())
                .with("key_filename", key)
        };
        if args.text("state") == "absent" {
            let keys = ["asc", "gpg"].map(|form| key::file(&slug, form));
            for path in std::iter::once(&file).chain(&keys).filter(|path| path.exists()) {
                cx.effects
                    .remove_file(path)
                    .map_err(|e| Failed::new(format!("cannot remove {}: {e}", path.display())))?;
            }
            let [_, last] = keys;
            return Ok(told(cx.effects.changed(), Value::Null, last.display().to_string().into()));
        }
        let mut text = String::new();
        let mut key = Value::Null;
        let mut names: Vec<&str> = ARGS.iter().map(|arg| arg.name).collect();
        names.sort_unstable();
        for name in names.into_iter().filter(|name| !matches!(*name, "mode" | "state")) {
            let value = match args.get(name) {
                Value::Null => continue,
                Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
                Value::List(items) => items.iter().map(python::str).collect::<Vec<_>>().join(" "),
                given if name == "signed_by" => match key::signed(cx, &python::str(given), &slug)? {
                    Signed::File(path) => {
                        key = path.as_str().into();
                        path
                    }
                    Signed::Here(text) => text,
                },
                given => python::str(given),
            };
            text += &field(name, &value);
        }
        if fs::read(&file).ok().as_deref() != Some(text.as_bytes()) {
            cx.write_file(&file, text.as_bytes(), None, false)?;
        }
        set_mode(cx, &file, args.get("mode"))?;
        Ok(told(cx.effects.changed(), text.into(), key))
    }
}

/// A name as a file is named after it.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut blank = false;
    for c in name.to_lowercase().chars() {
        if c == '_' || c.is_whitespace() {
            if !blank {
                slug.push('-');
            }
            blank = true;
            continue;
        }
        blank = false;
        if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' {
            slug.push(c);
        }
    }
    slug
}

/// A field as it is written.
fn field(name: &str, value: &str) -> String {
    let title = match name {
        "name" => "X-Repolib-Name".to_owned(),
        "uris" => "URIs".to_owned(),
        name => name.split('_').map(capital).collect::<Vec<_>>().join("-"),
    };
    if value.is_empty() {
        return format!("{title}:\n");
    }
    if !value.contains('\n') {
        return format!("{title}: {value}\n");
    }
    let lines = value.trim().lines().map(str::trim).map(|line| if line.is_empty() { "." } else { line });
    let lines: Vec<String> = lines.map(|line| format!("\n    {line}")).collect();
    format!("{title}:{}\n", lines.concat())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Gives a file its permissions.
fn set_mode(cx: &mut Context<'_>, path: &Path, mode: &Value) -> Result<(), Failed> {
    let wanted = FileArgs { mode: ModeArg::from_value(mode), ..FileArgs::default() };
    cx.effects.set_attributes(path, &wanted).map(drop)
}
