//! `replace`: every match of a pattern in a text file.

use super::edit;
use crate::args::Args;
use crate::encoding::Encoding;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::ops::Range;

/// The module.
pub struct Replace;

static SPEC: Spec =
    Spec { file_args: true, ..Spec::new("replace", "Replace every match of a pattern in a text file", ARGS) };

const ARGS: &[Arg] = &[
    edit::PATH,
    Arg::new("regexp", Kind::Str).required().help("The Python pattern; ^ and $ match at every line."),
    Arg::new("replace", Kind::Str)
        .default("")
        .help("What takes a match's place; \\1 and \\g<name> are groups of it."),
    Arg::new("after", Kind::Str).help("Only what follows the first match of this pattern."),
    Arg::new("before", Kind::Str).help("Only what precedes the first match of this pattern."),
    edit::BACKUP,
    edit::VALIDATE,
    Arg::new("encoding", Kind::Str)
        .default("utf-8")
        .help("The file's encoding: of Unicode, ascii or latin-1."),
];

impl Module for Replace {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let path = args.text("path");
        let (file, _) = edit::existing(args, false)?;
        let name = args.text("encoding");
        let encoding = Encoding::named(name).map_err(Failed::new)?;
        let bytes = edit::read(file)?;
        if !encoding.is_of(&bytes) {
            return Err(Failed::new(format!("{path} is not {name}; `encoding` says what it is")));
        }
        let before = encoding.decode(&bytes);
        let Some(section) = section(args, &before)? else {
            let msg = "Pattern for before/after params did not match the given file: ";
            return Ok(edit::outcome(false, format!("{msg}{}", section_pattern(args))).with("rc", 0));
        };
        let flags = Flags { multiline: true, ..Flags::default() };
        let pattern =
            Pattern::new(args.text("regexp"), Subject::Text, flags).map_err(|e| edit::refused(&e))?;
        let old = before.as_bytes().get(section.clone()).unwrap_or_default();
        let (new, count) = pattern
            .subn(old, args.text("replace"))
            .map_err(|e| Failed::new(format!("Unable to process replace due to error: {e}")))?;
        if new == old {
            let (msg, changed) = edit::attributes(args, cx, file, "", false)?;
            return Ok(edit::outcome(changed, msg).with("rc", 0));
        }
        let mut after = before.clone().into_bytes();
        after.splice(section, new);
        let mut values = Map::new();
        if cx.mode.diff {
            values.insert("diff".to_owned(), diff(path, &before, &after));
        }
        if !cx.mode.check {
            if let Some(backup) = edit::backup(args, cx, file)? {
                values.insert("backup_file".to_owned(), backup.into());
            }
            let after = encoding.encode(&String::from_utf8_lossy(&after)).map_err(Failed::new)?;
            edit::write(args, cx, &after, &edit::followed(file))?;
        }
        let (msg, changed) = edit::attributes(args, cx, file, &format!("{count} replacements made"), true)?;
        let mut outcome = edit::outcome(changed, msg).with("rc", 0);
        outcome.values.extend(values);
        Ok(outcome)
    }
}

fn diff(path: &str, before: &str, after: &[u8]) -> Value {
    let after = String::from_utf8_lossy(after).into_owned();
    let entries: [(&str, Value); 4] = [
        ("before_header", path.into()),
        ("before", before.into()),
        ("after_header", path.into()),
        ("after", after.into()),
    ];
    Map::from_iter(entries.map(|(name, value)| (name.to_owned(), value))).into()
}

/// The pattern whose group `subsection` is the part of the file that is meant; empty for the whole.
fn section_pattern(args: &Args) -> String {
    let wanted = |name| args.str(name).filter(|text| !text.is_empty());
    match (wanted("after"), wanted("before")) {
        (Some(after), Some(before)) => format!("{after}(?P<subsection>.*?){before}"),
        (Some(after), None) => format!("{after}(?P<subsection>.*)"),
        (None, Some(before)) => format!("(?P<subsection>.*){before}"),
        (None, None) => String::new(),
    }
}

/// The bytes that are meant; nothing when `after` and `before` do not match.
fn section(args: &Args, text: &str) -> Result<Option<Range<usize>>, Failed> {
    let pattern = section_pattern(args);
    if pattern.is_empty() {
        return Ok(Some(0..text.len()));
    }
    let flags = Flags { dotall: true, ..Flags::default() };
    let pattern = Pattern::new(&pattern, Subject::Text, flags).map_err(|e| edit::refused(&e))?;
    let found = pattern.search(text.as_bytes()).map_err(|e| edit::refused(&e))?;
    let group = pattern.group_names().into_iter().find(|(name, _)| name == "subsection").map(|(_, i)| i);
    Ok(found.zip(group).and_then(|(found, group)| found.group(group)))
}
