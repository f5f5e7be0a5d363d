//! `blockinfile`: a block of lines between two marker lines.

use super::edit::{self, Change};
use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};

/// The module.
pub struct Blockinfile;

static SPEC: Spec = Spec {
    file_args: true,
    mutually_exclusive: &[&["insertbefore", "insertafter"]],
    ..Spec::new("blockinfile", "Keep a block of lines between markers in a text file", ARGS)
};

const ARGS: &[Arg] = &[
    edit::PATH,
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the block is to be there."),
    Arg::new("marker", Kind::Str)
        .default("# {mark} ANSIBLE MANAGED BLOCK")
        .help("The marker lines; {mark} becomes marker_begin and marker_end."),
    Arg::new("block", Kind::Str).default("").aliases(&["content"]).help("The lines; none removes the block."),
    Arg::new("insertafter", Kind::Str)
        .help("Where there is no block yet: after the last line that this pattern matches, or EOF."),
    Arg::new("insertbefore", Kind::Str)
        .help("Where there is no block yet: before the last line that this pattern matches, or BOF."),
    Arg::new("create", Kind::Bool).default("false").help("Make the file where there is none."),
    edit::BACKUP,
    edit::VALIDATE,
    Arg::new("marker_begin", Kind::Str).default("BEGIN").help("What {mark} is before the block."),
    Arg::new("marker_end", Kind::Str).default("END").help("What {mark} is after the block."),
    Arg::new("append_newline", Kind::Bool).default("false").help("Keep an empty line after the block."),
    Arg::new("prepend_newline", Kind::Bool).default("false").help("Keep an empty line before the block."),
];

impl Module for Blockinfile {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let path = args.text("path");
        let (file, exists) = edit::existing(args, args.flag("create"))?;
        if !exists && args.text("state") == "absent" {
            return Ok(edit::outcome(false, format!("File {path} not present")));
        }
        let before = if exists {
            edit::read(file)?
        } else {
            edit::make_parents(cx, file)?;
            Vec::new()
        };
        let block = block(args);
        let after = place(args, &before, &block)?;
        let changed = !exists || before != after;
        let msg = match () {
            () if !changed => "",
            () if !exists => "File created",
            () if block.is_empty() => "Block removed",
            () => "Block inserted",
        };
        let mut backup = None;
        if changed && !cx.mode.check {
            backup = edit::backup(args, cx, file)?;
            edit::write(args, cx, &after, &edit::followed(file))?;
        }
        let change = Change { path, before: &before, after: &after };
        if cx.mode.check && !exists {
            let diff = change.content(cx);
            return Ok(edit::outcome(changed, msg).with("diff", diff));
        }
        let (msg, changed) = edit::attributes(args, cx, file, msg, changed)?;
        let outcome = edit::outcome(changed, msg).with("diff", change.both(cx));
        Ok(match backup {
            Some(backup) => outcome.with("backup_file", backup),
            None => outcome,
        })
    }
}

fn marker(args: &Args, mark: &str) -> Vec<u8> {
    let mut line = args.text("marker").replace("{mark}", args.text(mark)).into_bytes();
    line.push(b'\n');
    line
}

/// The marked block's lines; none when it is to be removed.
fn block(args: &Args) -> Vec<Vec<u8>> {
    let text = args.text("block");
    if text.is_empty() || args.text("state") == "absent" {
        return Vec::new();
    }
    let mut bytes = text.as_bytes().to_vec();
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    let mut lines = vec![marker(args, "marker_begin")];
    lines.extend(edit::lines(&bytes));
    lines.push(marker(args, "marker_end"));
    lines
}

/// The file's bytes with the block in its place.
fn place(args: &Args, before: &[u8], block: &[Vec<u8>]) -> Result<Vec<u8>, Failed> {
    let mut lines = edit::lines(before);
    let last = |wanted: Vec<u8>| lines.iter().rposition(|line| *line == wanted);
    let mut at = match (last(marker(args, "marker_begin")), last(marker(args, "marker_end"))) {
        (Some(begin), Some(end)) => {
            let (from, to) = (begin.min(end), begin.max(end));
            lines.drain(from..=to);
            from
        }
        _ => insertion(args, before, &lines)?,
    };
    let present = args.text("state") == "present";
    if let Some(previous) = at.checked_sub(1).and_then(|i| lines.get_mut(i)) {
        if !previous.ends_with(b"\n") {
            previous.push(b'\n');
        }
        if args.flag("prepend_newline") && present && previous != b"\n" {
            lines.insert(at, b"\n".to_vec());
            at += 1;
        }
    }
    lines.splice(at..at, block.iter().cloned());
    let next = at + block.len();
    if args.flag("append_newline") && present && lines.get(next).is_some_and(|line| line != b"\n") {
        lines.insert(next, b"\n".to_vec());
    }
    Ok(lines.concat())
}

/// The line before which a new block goes.
fn insertion(args: &Args, whole: &[u8], lines: &[Vec<u8>]) -> Result<usize, Failed> {
    let (text, after) = match (args.str("insertafter"), args.str("insertbefore")) {
        (Some("EOF") | None, None) => return Ok(lines.len()),
        (None, Some("BOF")) => return Ok(0),
        (Some(text), _) => (text, true),
        (None, Some(text)) => (text, false),
    };
    let pattern = edit::pattern(text)?;
    let mut index = None;
    if pattern.flags().multiline {
        // A pattern that says (?m) is meant to look across lines.
        let found = pattern.search(whole).map_err(|e| edit::refused(&e))?;
        index = found.map(|found| {
            let end = if after { found.whole().end } else { found.whole().start };
            whole.iter().take(end).filter(|b| **b == b'\n').count()
        });
    } else {
        for (i, line) in lines.iter().enumerate() {
            if pattern.is_match(line).map_err(|e| edit::refused(&e))? {
                index = Some(i);
            }
        }
    }
    Ok(index.map_or(lines.len(), |i| (i + usize::from(after)).min(lines.len())))
}
