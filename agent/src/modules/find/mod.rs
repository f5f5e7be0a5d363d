//! `find`: the files below some directories that are as asked.

mod content;
mod walk;

use super::stat;
use crate::accounts;
use crate::args::Args;
use crate::digest;
use crate::effects::ModeArg;
use crate::glob;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use content::Content;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The module.
pub struct Find;

static SPEC: Spec = Spec::new("find", "Lists files that are as asked", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("paths", Kind::List)
        .elements(Kind::Path)
        .required()
        .aliases(&["name", "path"])
        .help("The directories to look in."),
    Arg::new("patterns", Kind::List)
        .elements(Kind::Str)
        .default("")
        .aliases(&["pattern"])
        .help("Names to list: shell patterns, or with `use_regex` Python patterns."),
    Arg::new("excludes", Kind::List)
        .elements(Kind::Str)
        .aliases(&["exclude"])
        .help("Names to leave out, in the same form."),
    Arg::new("contains", Kind::Str)
        .help("A Python pattern that a line of the file, or all of it, must match."),
    Arg::new("read_whole_file", Kind::Bool)
        .default("false")
        .help("Search for `contains` in the whole file, not at the beginning of each line."),
    Arg::new("file_type", Kind::Str)
        .default("file")
        .choices(&["any", "directory", "file", "link"])
        .help("What kind of file."),
    Arg::new("age", Kind::Str)
        .help("At least this old, or with a minus at most: seconds, or a number with s, m, h, d or w."),
    Arg::new("age_stamp", Kind::Str)
        .default("mtime")
        .choices(&["atime", "ctime", "mtime"])
        .help("Which time counts for `age`."),
    Arg::new("size", Kind::Str)
        .help("At least this large, or with a minus at most: bytes, or a number with b, k, m, g or t."),
    Arg::new("recurse", Kind::Bool).default("false").help("Look in the directories below too."),
    Arg::new("hidden", Kind::Bool).default("false").help("List names that begin with a dot too."),
    Arg::new("follow", Kind::Bool).default("false").help("Go into directories that links lead to."),
    Arg::new("get_checksum", Kind::Bool).default("false").help("Hash the files that are listed."),
    Arg::new("checksum_algorithm", Kind::Str)
        .default("sha1")
        .choices(digest::ALGORITHMS)
        .aliases(&["checksum", "checksum_algo"])
        .help("How to hash."),
    Arg::new("use_regex", Kind::Bool).default("false").help("Read the patterns as Python patterns."),
    Arg::new("depth", Kind::Int).help("How many directories deep to look."),
    Arg::new("mode", Kind::Raw).help("The permissions that a file must have."),
    Arg::new("exact_mode", Kind::Bool)
        .default("true")
        .help("All of `mode` and nothing else; otherwise any bit of it will do."),
    Arg::new("encoding", Kind::Str).help("How the files that are searched are encoded; utf-8 by default."),
    Arg::new("limit", Kind::Int).help("List no more than this many."),
];

impl Module for Find {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        if let value @ (Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_)) = args.get("mode") {
            return Err(Failed::new(format!(
                "argument 'mode' is not a string and conversion is not allowed, value is of type {}",
                crate::python::type_name(value)
            )));
        }
        let limit = args.int::<i64>("limit");
        let wanted = Wanted::new(args)?;
        if let Some(limit) = limit.filter(|l| *l <= 0) {
            return Err(Failed::new(format!("limit cannot be {limit} (use None for unlimited)")));
        }
        let mut search = walk::Search {
            args,
            wanted,
            limit: limit.and_then(|l| usize::try_from(l).ok()),
            files: Vec::new(),
            skipped: Map::new(),
            examined: 0,
            limited: false,
            trouble: false,
            not_utf8: None,
        };
        for root in args.strings("paths") {
            if let Err(why) = search.below(root, cx) {
                cx.warnings.push(format!("Skipped '{root}' path due to this access issue: {why}\n"));
                search.skipped.insert(root.to_owned(), why.into());
                search.trouble = true;
            }
        }
        let msg = match (search.trouble, search.limited) {
            (true, _) => "Not all paths examined, check warnings for details",
            (_, true) => "Limit of matches reached",
            _ => "All paths examined",
        };
        let matched = search.files.len();
        Ok(Outcome { not_utf8: search.not_utf8, ..Outcome::ok() }
            .with("files", search.files)
            .with("msg", msg)
            .with("matched", matched)
            .with("examined", search.examined)
            .with("skipped_paths", search.skipped))
    }
}

/// A name's pattern.
enum Name {
    Shell(String),
    /// Or why it is none, which is told where it is first used.
    Regex(Result<Pattern, String>),
}

impl Name {
    fn all(args: &Args, list: &str) -> Vec<Name> {
        let regex = args.flag("use_regex");
        let compiled =
            |text: &str| Pattern::new(text, Subject::Text, Flags::default()).map_err(|e| e.to_string());
        args.strings(list)
            .filter(|t| !t.is_empty())
            .map(|text| if regex { Name::Regex(compiled(text)) } else { Name::Shell(text.to_owned()) })
            .collect()
    }

    fn matches(&self, name: &str) -> Result<bool, String> {
        Ok(match self {
            Name::Shell(pattern) => glob::matches(pattern, name),
            Name::Regex(pattern) => {
                let found = pattern.as_ref().map_err(String::clone)?.search(name.as_bytes());
                found.is_ok_and(|f| f.is_some_and(|f| f.whole().start == 0))
            }
        })
    }

    fn any(list: &[Name], name: &str) -> Result<bool, String> {
        for pattern in list {
            if pattern.matches(name)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What a file must be to be listed.
struct Wanted<'a> {
    args: &'a Args,
    patterns: Vec<Name>,
    excludes: Vec<Name>,
    age: Option<i64>,
    size: Option<i64>,
    mode: Option<u32>,
    content: Option<Content>,
    now: f64,
}

impl<'a> Wanted<'a> {
    fn new(args: &'a Args) -> Result<Self, Failed> {
        let mode = match args.str("mode").filter(|m| !m.is_empty()) {
            Some(text) => Some(ModeArg::from_text(text).resolve(0, false)? & 0o7777),
            None => None,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Ok(Wanted {
            args,
            patterns: Name::all(args, "patterns"),
            excludes: Name::all(args, "excludes"),
            age: measure(args, "age", &[("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)])?,
            size: measure(
                args,
                "size",
                &[("b", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40)],
            )?,
            mode,
            content: Content::wanted(args)?,
            now,
        })
    }

    /// Whether a file is listed; an error ends the search below this root.
    fn takes(&self, name: &str, path: &Path, meta: &Metadata) -> Result<bool, String> {
        let kind = meta.file_type();
        let file_type = self.args.text("file_type");
        let of_kind = match file_type {
            "any" => true,
            "directory" => kind.is_dir(),
            "link" => kind.is_symlink(),
            _ => kind.is_file(),
        };
        let sized = kind.is_file() && matches!(file_type, "any" | "file");
        if !of_kind
            || !self.named(name)?
            || !self.aged(meta)
            || (sized && !within(self.size, meta.size() as f64))
        {
            return Ok(false);
        }
        if let Some(content) = self.content.as_ref().filter(|_| file_type == "file")
            && !content.is_in(path)?
        {
            return Ok(false);
        }
        Ok(match self.mode {
            None => true,
            Some(mode) if self.args.flag("exact_mode") => meta.mode() & 0o7777 == mode,
            Some(mode) => meta.mode() & 0o7777 & mode != 0,
        })
    }

    fn named(&self, name: &str) -> Result<bool, String> {
        let listed = self.patterns.is_empty() || Name::any(&self.patterns, name)?;
        Ok(listed && !Name::any(&self.excludes, name)?)
    }

    fn aged(&self, meta: &Metadata) -> bool {
        let (seconds, nanos) = match self.args.text("age_stamp") {
            "atime" => (meta.atime(), meta.atime_nsec()),
            "ctime" => (meta.ctime(), meta.ctime_nsec()),
            _ => (meta.mtime(), meta.mtime_nsec()),
        };
        within(self.age, self.now - (seconds as f64 + nanos as f64 * 1e-9))
    }
}

/// At least `bound`, or at most its opposite where it is negative.
fn within(bound: Option<i64>, value: f64) -> bool {
    bound.is_none_or(|b| if b >= 0 { value >= b as f64 } else { value <= -(b as f64) })
}

/// A number with a unit.
fn measure(args: &Args, name: &str, units: &[(&str, i64)]) -> Result<Option<i64>, Failed> {
    let Some(given) = args.str(name) else { return Ok(None) };
    let text = given.to_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let factor =
        if unit.is_empty() { Some(1) } else { units.iter().find(|(u, _)| *u == unit).map(|(_, f)| *f) };
    let number = digits.parse::<i64>().ok().filter(|_| !digits.starts_with('+'));
    match (number, factor) {
        (Some(number), Some(factor)) => Ok(Some(number.saturating_mul(factor))),
        _ => Err(Failed::new(format!("failed to process {name}")).with(name, given)),
    }
}

/// What the result says of a file.
fn described(path: &str, meta: &Metadata) -> Map {
    let owners: [(&str, Value); 2] = [
        ("gr_name", accounts::group_by_id(meta.gid()).map(|g| g.name).unwrap_or_default().into()),
        ("pw_name", accounts::user_by_id(meta.uid()).map(|u| u.name).unwrap_or_default().into()),
    ];
    let entries = stat::attributes(path, meta).into_iter().chain(owners).chain(stat::permissions(meta));
    entries.map(|(name, value)| (name.to_owned(), value)).collect()
}
