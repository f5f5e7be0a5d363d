//! `lineinfile`: one line in a text file, there or not there.

use super::edit::{self, Change};
use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::pyregex::{Found, Pattern};
use crate::spec::{Arg, Kind, Spec};
use std::path::Path;

/// The module.
pub struct Lineinfile;

static SPEC: Spec = Spec {
    file_args: true,
    mutually_exclusive: &[
        &["insertbefore", "insertafter"],
        &["regexp", "search_string"],
        &["backrefs", "search_string"],
    ],
    ..Spec::new("lineinfile", "Make sure that a line is in a text file, or is not", ARGS)
};

const ARGS: &[Arg] = &[
    edit::PATH,
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the line is to be there."),
    Arg::new("regexp", Kind::Str)
        .aliases(&["regex"])
        .help("The line to replace or remove: the last that this Python pattern matches."),
    Arg::new("search_string", Kind::Str)
        .help("The line to replace or remove: the last that holds this text."),
    Arg::new("line", Kind::Str).aliases(&["value"]).help("The line itself."),
    Arg::new("insertafter", Kind::Str)
        .help("Where nothing matches: after the last line that this pattern matches, or EOF."),
    Arg::new("insertbefore", Kind::Str)
        .help("Where nothing matches: before the last line that this pattern matches, or BOF."),
    Arg::new("backrefs", Kind::Bool)
        .default("false")
        .help("Expand \\1 and \\g<name> in the line; without a match nothing is added."),
    Arg::new("create", Kind::Bool).default("false").help("Make the file where there is none."),
    edit::BACKUP,
    Arg::new("firstmatch", Kind::Bool).default("false").help("Take the first match rather than the last."),
    edit::VALIDATE,
];

impl Module for Lineinfile {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let warnings = empty_pattern(args);
        let path = args.text("path");
        if Path::new(path).is_dir() {
            return Err(Failed::new(format!("Path {path} is a directory !")).with("rc", 256));
        }
        let mut outcome = match args.text("state") {
            "absent" => absent(args, cx, path)?,
            _ => present(args, cx, path)?,
        };
        outcome.warnings.extend(warnings);
        Ok(outcome)
    }
}

fn empty_pattern(args: &Args) -> Option<String> {
    let warning = |what: &str| {
        format!(
            "The {what} is an empty string, which will match every line in the file. This may have unintended \
             consequences, such as replacing the last line in the file rather than appending."
        )
    };
    match (args.str("regexp"), args.str("search_string")) {
        (Some(""), _) => Some(
            warning("regular expression")
                + " If this is desired, use '^' to match every line in the file and avoid this warning.",
        ),
        (_, Some("")) => Some(warning("search string")),
        _ => None,
    }
}

/// What a line is looked for by.
enum Wanted<'a> {
    Pattern(Pattern),
    Text(&'a [u8]),
    Line(&'a [u8]),
}

impl<'a> Wanted<'a> {
    fn from_args(args: &'a Args) -> Result<Self, Failed> {
        Ok(match (args.str("regexp"), args.str("search_string")) {
            (Some(regexp), _) => Wanted::Pattern(edit::pattern(regexp)?),
            (None, Some(text)) => Wanted::Text(text.as_bytes()),
            (None, None) => Wanted::Line(args.text("line").as_bytes()),
        })
    }

    fn matches(&self, line: &[u8]) -> Result<bool, Failed> {
        match self {
            Wanted::Pattern(pattern) => pattern.is_match(line).map_err(|e| edit::refused(&e)),
            Wanted::Text(text) => Ok(text.is_empty() || line.windows(text.len()).any(|w| w == *text)),
            Wanted::Line(wanted) => Ok(edit::bare(line) == *wanted),
        }
    }
}

fn absent(args: &Args, cx: &mut Context<'_>, path: &str) -> Result<Outcome, Failed> {
    if !["regexp", "search_string", "line"].iter().any(|name| args.has(name)) {
        return Err(Failed::new("one of line, search_string, or regexp is required with state=absent"));
    }
    let file = Path::new(path);
    if !file.exists() {
        return Ok(edit::outcome(false, "file not present"));
    }
    let wanted = Wanted::from_args(args)?;
    let before = edit::read(file)?;
    let (mut kept, mut found) = (Vec::new(), 0_usize);
    for line in edit::lines(&before) {
        if wanted.matches(&line)? {
            found += 1;
        } else {
            kept.extend_from_slice(&line);
        }
    }
    let msg = if found > 0 { format!("{found} line(s) removed") } else { String::new() };
    let outcome = finish(args, cx, path, &Change { path, before: &before, after: &kept }, &msg)?;
    Ok(outcome.with("found", found))
}

fn present(args: &Args, cx: &mut Context<'_>, path: &str) -> Result<Outcome, Failed> {
    if args.flag("backrefs") && !args.has("regexp") {
        return Err(Failed::new("regexp is required with backrefs=true"));
    }
    if !args.has("line") {
        return Err(Failed::new("line is required with state=present"));
    }
    let file = Path::new(path);
    let exists = file.exists();
    let before = if exists {
        edit::read(file)?
    } else if args.flag("create") {
        edit::make_parents(cx, file)?;
        Vec::new()
    } else {
        return Err(Failed::new(format!("Destination {path} does not exist !")).with("rc", 257));
    };
    let mut lines = edit::lines(&before);
    let msg = place(args, &mut lines)?;
    let after = lines.concat();
    let change = Change { path, before: &before, after: &after };
    if cx.mode.check && !exists {
        let diff = change.content(cx);
        return Ok(edit::outcome(!msg.is_empty(), msg).with("backup", "").with("diff", diff));
    }
    finish(args, cx, path, &change, msg)
}

/// Writes what changed, sets the attributes, and tells.
fn finish(
    args: &Args,
    cx: &mut Context<'_>,
    path: &str,
    change: &Change<'_>,
    msg: &str,
) -> Result<Outcome, Failed> {
    let (file, changed) = (Path::new(path), !msg.is_empty());
    let mut backup = String::new();
    if changed && !cx.mode.check {
        backup = edit::backup(args, cx, file)?.unwrap_or_default();
        edit::write(args, cx, change.after, &edit::followed(file))?;
    }
    let (msg, changed) = edit::attributes(args, cx, file, msg, changed)?;
    Ok(edit::outcome(changed, msg).with("backup", backup).with("diff", change.both(cx)))
}

/// Where a line that is not there yet goes.
enum Insert {
    Start,
    End,
    After(Pattern),
    Before(Pattern),
}

impl Insert {
    fn from_args(args: &Args) -> Result<Self, Failed> {
        Ok(match (args.str("insertafter"), args.str("insertbefore")) {
            (Some("BOF"), _) | (_, Some("BOF")) => Insert::Start,
            (Some("EOF") | None, None) => Insert::End,
            (Some(after), _) => Insert::After(edit::pattern(after)?),
            (None, Some(before)) => Insert::Before(edit::pattern(before)?),
        })
    }
}

/// Puts the line in its place; what was done, empty where nothing had to be.
fn place(args: &Args, lines: &mut Vec<Vec<u8>>) -> Result<&'static str, Failed> {
    let line = args.text("line").as_bytes();
    let with_end = |line: &[u8]| {
        let mut line = line.to_vec();
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        line
    };
    // An added line always gets an end of its own, also after one that the text brought.
    let added = [line, b"\n"].concat();
    let insert = Insert::from_args(args)?;
    let mut replaced = with_end(line);
    let searched = args.has("regexp") || args.has("search_string");
    let mut at = if searched { find(args, lines)? } else { None };
    if let (Some((index, Some((pattern, found)))), true) = (&at, args.flag("backrefs")) {
        let subject = lines.get(*index).map(Vec::as_slice).unwrap_or_default();
        let expanded = pattern.expand(subject, found, args.text("line")).map_err(|e| edit::refused(&e))?;
        replaced = with_end(&expanded);
    }
    let mut beside = None;
    if at.is_none() {
        let mut same = None;
        for (index, current) in lines.iter().enumerate() {
            if edit::bare(current) == line {
                same = Some((index, None));
                continue;
            }
            let (pattern, offset) = match &insert {
                Insert::After(pattern) => (pattern, 1),
                Insert::Before(pattern) => (pattern, 0),
                Insert::Start | Insert::End => continue,
            };
            if pattern.is_match(current).map_err(|e| edit::refused(&e))? {
                beside = Some(index + offset);
                if args.flag("firstmatch") {
                    break;
                }
            }
        }
        at = same;
    }
    if let Some((index, _)) = at {
        return Ok(match lines.get_mut(index) {
            Some(current) if *current != replaced => {
                *current = replaced;
                "line replaced"
            }
            _ => "",
        });
    }
    if args.flag("backrefs") {
        return Ok("");
    }
    match (insert, beside) {
        (Insert::Start, _) => lines.insert(0, added),
        (Insert::After(_), Some(index)) => {
            if lines.get(index).is_some_and(|next| edit::bare(next) == line) {
                return Ok("");
            }
            if index == lines.len() {
                end_last(lines);
                lines.push(added);
            } else {
                lines.insert(index, added);
            }
        }
        (Insert::Before(_), Some(index)) => lines.insert(index, added),
        (_, None) | (Insert::End, _) => {
            end_last(lines);
            lines.push(added);
        }
    }
    Ok("line added")
}

/// Ends the last line, so that another can follow.
fn end_last(lines: &mut [Vec<u8>]) {
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with(b"\n") && !last.ends_with(b"\r")) {
        last.push(b'\n');
    }
}

type Hit = (usize, Option<(Pattern, Found)>);

/// The line that `regexp` or `search_string` means, and how the pattern matched it.
fn find(args: &Args, lines: &[Vec<u8>]) -> Result<Option<Hit>, Failed> {
    let wanted = Wanted::from_args(args)?;
    let mut hit = None;
    for (index, line) in lines.iter().enumerate() {
        if let Wanted::Pattern(pattern) = &wanted {
            match pattern.search(line).map_err(|e| edit::refused(&e))? {
                Some(found) => hit = Some((index, Some((pattern.clone(), found)))),
                None => continue,
            }
        } else if wanted.matches(line)? {
            hit = Some((index, None));
        } else {
            continue;
        }
        if args.flag("firstmatch") {
            break;
        }
    }
    Ok(hit)
}
