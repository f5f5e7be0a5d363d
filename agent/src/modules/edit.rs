//! What the modules that edit text files share: lines, validation, replacing the file, its attributes, the diff.

use crate::args::Args;
use crate::command::Command;
use crate::effects::FileArgs;
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::pyregex::{Flags, Pattern, PatternError, Subject};
use crate::shlex;
use crate::spec::{Arg, Kind};
use crate::value::{Map, Value};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file that is edited.
pub const PATH: Arg =
    Arg::new("path", Kind::Path).required().aliases(&["dest", "destfile", "name"]).help("The file to edit.");

/// Whether to keep a copy.
pub const BACKUP: Arg = Arg::new("backup", Kind::Bool)
    .default("false")
    .help("Keep a copy of the file as it was, named for the time.");

/// A program that looks the new file over.
pub const VALIDATE: Arg = Arg::new("validate", Kind::Str)
    .help("A command that checks the new file, %s, before it takes its place.");

/// A bytes pattern, as the modules compile the ones they search lines for.
pub fn pattern(text: &str) -> Result<Pattern, Failed> {
    Pattern::new(text, Subject::Bytes, Flags::default()).map_err(|e| refused(&e))
}

/// A pattern's or template's error as the module's failure.
pub fn refused(error: &PatternError) -> Failed {
    Failed::new(error.to_string())
}

/// Lines with their ends, parted at each newline.
pub fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

/// A line without its end.
pub fn bare(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |i| i + 1);
    line.get(..end).unwrap_or_default()
}

/// The file to edit and whether it is there.
///
/// # Errors
/// A directory is there; nothing is and nothing `may_be_made`.
pub fn existing(args: &Args, may_be_made: bool) -> Result<(&Path, bool), Failed> {
    let path = args.text("path");
    let file = Path::new(path);
    if file.is_dir() {
        return Err(Failed::new(format!("Path {path} is a directory !")).with("rc", 256));
    }
    let exists = file.exists();
    if !exists && !may_be_made {
        return Err(Failed::new(format!("Path {path} does not exist !")).with("rc", 257));
    }
    Ok((file, exists))
}

/// The file's bytes, or a failure that says why they cannot be had.
pub fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    fs::read(path).map_err(|e| Failed::new(format!("cannot read {}: {e}", path.display())))
}

/// What a link at `path` finally leads to; a dangling one is followed too.
pub fn followed(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match fs::read_link(path) {
        Ok(target) => path.parent().map_or_else(|| target.clone(), |dir| dir.join(&target)),
        Err(_) => path.to_owned(),
    }
}

/// Makes the directories that are to hold `path`.
///
/// # Errors
/// The first directory that could not be made, with the system's reason.
pub fn make_parents(cx: &mut Context<'_>, path: &Path) -> Result<(), Failed> {
    let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.exists()) else {
        return Ok(());
    };
    if cx.mode.check {
        return Ok(());
    }
    make_parents(cx, dir)?;
    cx.effects
        .make_dir(dir, 0o777)
        .map_err(|e| Failed::new(format!("Error creating {} ({e})", dir.display())))
}

/// Puts `bytes` in the place of `dest`, once `validate` has nothing against them. Does nothing in check mode.
///
/// # Errors
/// The command refused the file, or the file could not be replaced.
pub fn write(args: &Args, cx: &mut Context<'_>, bytes: &[u8], dest: &Path) -> Result<(), Failed> {
    let unsafe_writes = args.flag("unsafe_writes");
    let failed = |e: std::io::Error| Failed::new(format!("cannot write {}: {e}", dest.display()));
    let mut temp = cx.effects.temp_beside(dest, unsafe_writes).map_err(failed)?;
    if let Some(temp) = &mut temp {
        temp.file().write_all(bytes).map_err(failed)?;
        if let Some(validate) = args.str("validate").filter(|v| !v.is_empty()) {
            check_with(cx, validate, temp.path())?;
        }
    }
    cx.effects.replace(temp, dest, unsafe_writes).map_err(failed)
}

fn check_with(cx: &mut Context<'_>, validate: &str, path: &Path) -> Result<(), Failed> {
    if !validate.contains("%s") {
        return Err(Failed::new(format!("validate must contain %s: {validate}")));
    }
    let line = validate.replace("%s", &shlex::quote(&path.to_string_lossy()));
    let argv = shlex::split(&line).map_err(|e| Failed::new(format!("validate: {e}: {validate}")))?;
    let output = cx.run(&Command::new(argv))?;
    if output.rc == 0 {
        return Ok(());
    }
    Err(Failed::new(format!("failed to validate: rc:{} error:{}", output.rc, output.stderr_text())))
}

/// The name of the copy that `backup` asked for, made before the file is replaced.
///
/// # Errors
/// The copy could not be made.
pub fn backup(args: &Args, cx: &mut Context<'_>, path: &Path) -> Result<Option<String>, Failed> {
    if !args.flag("backup") {
        return Ok(None);
    }
    cx.effects
        .backup(path)
        .map_err(|e| Failed::new(format!("Could not make backup of {} ({e})", path.display())))
}

/// Brings the file's owner and permissions to what is asked; the message and whether anything changed, this included.
///
/// # Errors
/// As `Effects::set_attributes`.
pub fn attributes(
    args: &Args,
    cx: &mut Context<'_>,
    path: &Path,
    msg: &str,
    changed: bool,
) -> Result<(String, bool), Failed> {
    if !cx.effects.set_attributes(path, &FileArgs::from_args(args))? {
        return Ok((msg.to_owned(), changed));
    }
    let joint = if changed { " and " } else { "" };
    Ok((format!("{msg}{joint}ownership, perms or SE linux context changed"), true))
}

/// The content before and after, shown where diff mode asks for it.
pub struct Change<'a> {
    /// The file's name in the headers.
    pub path: &'a str,
    /// Its content as it was.
    pub before: &'a [u8],
    /// Its content as it becomes.
    pub after: &'a [u8],
}

impl Change<'_> {
    /// The content's part of the diff; without diff mode its texts are empty, as in Ansible.
    #[must_use]
    pub fn content(&self, cx: &Context<'_>) -> Map {
        let text = |bytes: &[u8]| {
            Value::from(if cx.mode.diff {
                String::from_utf8_lossy(bytes).into_owned()
            } else {
                String::new()
            })
        };
        let header = format!("{} (content)", self.path);
        Map::from_iter([
            ("before".to_owned(), text(self.before)),
            ("after".to_owned(), text(self.after)),
            ("before_header".to_owned(), header.clone().into()),
            ("after_header".to_owned(), header.into()),
        ])
    }

    /// The outcome's `diff`: content, then attributes.
    #[must_use]
    pub fn both(&self, cx: &Context<'_>) -> Value {
        let header = format!("{} (file attributes)", self.path);
        let mut attributes = Map::from_iter([
            ("before_header".to_owned(), header.clone().into()),
            ("after_header".to_owned(), Value::from(header)),
        ]);
        let (before, after) = cx.effects.attribute_diff();
        if !before.is_empty() || !after.is_empty() {
            attributes.insert("before".to_owned(), before.clone().into());
            attributes.insert("after".to_owned(), after.clone().into());
        }
        vec![self.content(cx), attributes].into()
    }
}

/// An outcome with its message.
#[must_use]
pub fn outcome(changed: bool, msg: impl Into<String>) -> Outcome {
    Outcome::changed(changed).with("msg", msg.into())
}
