//! `apt_repository`: a source of packages in apt's lists.

mod ppa;
mod sources;

use super::apt;
use crate::args::Args;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed, Module};
use crate::outcome::{Diff, Outcome};
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use ppa::Ppa;
use sources::{Line, Sources};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The module.
pub struct AptRepository;

static SPEC: Spec = Spec::new("apt_repository", "Adds and removes sources of apt's lists", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("repo", Kind::Str).required().help("The source as a line, or ppa:OWNER/NAME."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the source is to be there."),
    Arg::new("mode", Kind::Raw).help("The permissions of a list that is made."),
    Arg::new("update_cache", Kind::Bool)
        .default("true")
        .aliases(&["update-cache"])
        .help("Fetch the lists of packages after a change."),
    Arg::new("update_cache_retries", Kind::Int).default("5").help("How often to try that."),
    Arg::new("update_cache_retry_max_delay", Kind::Int)
        .default("12")
        .help("Seconds that are waited between tries at most."),
    Arg::new("filename", Kind::Str)
        .help("The name of the list, without its .list; made of the source's else."),
    Arg::new("install_python_apt", Kind::Bool)
        .default("true")
        .help("Without effect: no Python is needed here."),
    Arg::new("validate_certs", Kind::Bool).default("true").help("Check Launchpad's certificate."),
    Arg::new("codename", Kind::Str).help("The release that a PPA is for, if not this machine's."),
];

impl Module for AptRepository {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let repo = args.text("repo");
        if repo.is_empty() {
            return Err(Failed::new("Please set argument 'repo' to a non-empty value"));
        }
        let has = |cx: &Context<'_>, name: &str| program::find(cx, name).is_some();
        if !has(cx, "apt-key") && !has(cx, "gpg") {
            return Err(Failed::new(
                "Either apt-key or gpg binary is required, but neither could be found.The apt-key CLI has been \
                 deprecated and removed in modern Debian and derivatives, you might want to use \"deb822_repository\" \
                 instead.",
            ));
        }
        let found = Sources::read(cx)?;
        let mut wanted = found.clone();
        let present = args.text("state") == "present";
        let ppa = Ppa::of(repo, args);
        let source = match &ppa {
            Some(ppa) => ppa.source(),
            None => Line::source(repo)?,
        };
        if !present {
            wanted.remove(&source);
        } else if ppa.is_none() || !wanted.has(&source) {
            let name = match &ppa {
                Some(ppa) => {
                    ppa.trust(cx, args)?;
                    suggested(&ppa.line, args)
                }
                None => suggested(&source, args),
            };
            wanted.add(&source, &name);
        }
        let (before, after) = (found.written(), wanted.written());
        let changed = before != after;
        if changed && cx.effects.other() {
            change(args, cx, &found, &wanted)?;
        }
        let only = |one: &BTreeMap<PathBuf, String>, other: &BTreeMap<PathBuf, String>| -> Vec<PathBuf> {
            one.keys().filter(|path| !other.contains_key(*path)).cloned().collect()
        };
        let (added, removed) = (only(&after, &before), only(&before, &after));
        let diff = match cx.mode.diff {
            true => added.iter().chain(&removed).map(|path| difference(path, &before, &after)).collect(),
            false => Vec::new(),
        };
        let shown = |paths: Vec<PathBuf>| -> Value {
            paths.into_iter().map(|path| path.display().to_string().into()).collect::<Vec<Value>>().into()
        };
        Ok(Outcome::changed(changed)
            .with("repo", repo)
            .with("sources_added", shown(added))
            .with("sources_removed", shown(removed))
            .with("state", args.text("state"))
            .with("diff", diff))
    }
}

/// Writes the lists and fetches what they name; puts the old ones back where that fails.
fn change(args: &Args, cx: &mut Context<'_>, found: &Sources, wanted: &Sources) -> Result<(), Failed> {
    let tried = wanted.save(cx).and_then(|()| {
        let mode = FileArgs { mode: ModeArg::from_value(args.get("mode")), ..FileArgs::default() };
        for path in &wanted.added {
            cx.effects.set_attributes(path, &mode)?;
        }
        if args.flag("update_cache") { apt::fetch_lists(args, cx) } else { Ok(()) }
    });
    tried.or_else(|why| {
        let known = found.written();
        for path in wanted.added.iter().filter(|path| path.exists() && !known.contains_key(*path)) {
            // The failure is what is told.
            let _ = cx.effects.remove_file(path);
        }
        found.save(cx)?;
        Err(why)
    })
}

fn difference(
    path: &PathBuf,
    before: &BTreeMap<PathBuf, String>,
    after: &BTreeMap<PathBuf, String>,
) -> Value {
    let side = |side: &BTreeMap<PathBuf, String>| match side.get(path) {
        Some(text) => (text.clone(), path.display().to_string()),
        None => (String::new(), "/dev/null".to_owned()),
    };
    let ((before, before_header), (after, after_header)) = (side(before), side(after));
    Diff { before, after, before_header, after_header, skipped: Vec::new() }.into_value()
}

/// The name of the list for a source: that of its place.
fn suggested(source: &str, args: &Args) -> String {
    if let Some(name) = args.str("filename") {
        return format!("{name}.list");
    }
    let mut plain = String::new();
    let mut options = false;
    for c in source.chars() {
        match c {
            '[' => options = true,
            ']' => options = false,
            c if !options => plain.push(c),
            _ => {}
        }
    }
    let place = plain.split_whitespace().find(|word| !matches!(*word, "deb" | "deb-src")).unwrap_or_default();
    let place = place.split_once("://").map_or(place, |(_, rest)| rest);
    let place = place.split_once('@').map_or(place, |(_, rest)| rest);
    let words: Vec<&str> =
        place.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{}.list", words.join("_"))
}
