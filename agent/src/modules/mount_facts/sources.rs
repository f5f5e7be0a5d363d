//! The tables: fstab and mtab, vfstab, mnttab, and what `mount` prints.

use super::super::setup::unescaped;
use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed};
use crate::program;
use crate::value::{Map, Value};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const STATIC: [&str; 3] = ["/etc/fstab", "/etc/vfstab", "/etc/filesystems"];
const DYNAMIC: [&str; 3] = ["/etc/mtab", "/proc/mounts", "/etc/mnttab"];

/// One entry of a table.
pub(super) struct Found {
    /// The table.
    pub source: String,
    /// Where it is mounted.
    pub mount: String,
    /// The entry as it is written.
    pub line: String,
    /// What it says.
    pub fields: Map,
}

/// Every entry of the tables that are asked for.
pub(super) fn all(args: &Args, cx: &mut Context<'_>) -> Result<Vec<Found>, Failed> {
    let sources = named(args)?;
    let unique: HashSet<&String> = sources.iter().collect();
    if unique.len() < sources.len() {
        let list: Vec<Value> = sources.iter().map(|s| s.as_str().into()).collect();
        cx.warnings.push(format!(
            "mount_facts option 'sources' contains duplicate entries, repeat sources will be ignored: {}",
            crate::python::repr(&list.into())
        ));
    }
    let program = args.str("mount_binary").filter(|p| !p.is_empty());
    let mut fall_back = sources.iter().any(|s| DYNAMIC.contains(&s.as_str()));
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for source in &sources {
        let real = if source == "mount" { source.into() } else { crate::paths::real(Path::new(source)) };
        if seen.contains(Path::new(source)) || !seen.insert(real) {
            continue;
        }
        let entries = match (source.as_str(), program) {
            ("mount", Some(program)) => printed(cx, program)?,
            ("mount", None) => Vec::new(),
            _ => in_file(source),
        };
        if !entries.is_empty() && (source == "mount" || DYNAMIC.contains(&source.as_str())) {
            fall_back = false;
        }
        found.extend(entries);
    }
    if let Some(program) = program.filter(|_| fall_back) {
        found.extend(printed(cx, program)?);
    }
    Ok(found)
}

fn named(args: &Args) -> Result<Vec<String>, Failed> {
    let given: Vec<&str> = args.strings("sources").collect();
    let mut sources = Vec::new();
    for source in if given.is_empty() { vec!["all"] } else { given } {
        match source {
            "" => return Err(Failed::new("sources contains an empty string")),
            "all" => sources.extend(DYNAMIC.iter().chain(&STATIC).map(|s| (*s).to_owned())),
            "dynamic" => sources.extend(DYNAMIC.map(str::to_owned)),
            "static" => sources.extend(STATIC.map(str::to_owned)),
            file => sources.push(file.to_owned()),
        }
    }
    Ok(sources)
}

/// What the program says is mounted: `DEVICE on PATH type TYPE (OPTIONS)`.
fn printed(cx: &mut Context<'_>, program: &str) -> Result<Vec<Found>, Failed> {
    let path = if program.contains('/') { program.into() } else { program::require(cx, program)? };
    let output = cx.run(&Command::new([path.as_os_str()]))?;
    if output.rc != 0 {
        let shown = path.display();
        return Err(Failed::new(format!(
            "Failed to execute {shown}: Command '{shown}' returned non-zero exit status {}.",
            output.rc
        )));
    }
    let text = output.stdout_text();
    let entry = |line: &str| {
        let (device, rest) = line.split_once(" on ")?;
        let (mount, rest) = rest.split_once(" type ")?;
        let (fstype, options) = rest.split_once(" (")?;
        let options = options.strip_suffix(')')?;
        let fields = texts(&[("device", device), ("mount", mount), ("fstype", fstype), ("options", options)]);
        Some(Found { source: "mount".to_owned(), mount: mount.to_owned(), line: line.to_owned(), fields })
    };
    Ok(text.lines().map(entry).collect::<Option<Vec<_>>>().unwrap_or_default())
}

/// The entries of a table, in whichever of the known forms the whole file is; none where it is in none.
fn in_file(source: &str) -> Vec<Found> {
    let text = fs::read(source).map(|b| String::from_utf8_lossy(&b).trim().to_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let forms: [Form; 3] = [vfstab, mnttab, fstab];
    let entries = forms.iter().find_map(|form| form(&lines)).unwrap_or_default();
    entries
        .into_iter()
        .map(|(mount, line, fields)| Found { source: source.to_owned(), mount, line, fields })
        .collect()
}

/// Mount point, line and fields.
type Entry = (String, String, Map);

/// Reads a whole table in one form; nothing where it is not in it.
type Form = fn(&[&str]) -> Option<Vec<Entry>>;

fn is_entry(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim().starts_with('#')
}

/// `DEVICE PATH TYPE OPTIONS [DUMP [PASS]]`.
fn fstab(lines: &[&str]) -> Option<Vec<Entry>> {
    let entry = |line: &&str| {
        let fields: Vec<String> = line.split_whitespace().map(unescaped).collect();
        let [device, mount, fstype, options, rest @ ..] = fields.as_slice() else { return None };
        let mut map =
            texts(&[("device", device), ("mount", mount), ("fstype", fstype), ("options", options)]);
        for (name, number) in ["dump", "passno"].into_iter().zip(rest) {
            map.insert(name.to_owned(), number.parse::<i64>().ok()?.into());
        }
        Some((mount.clone(), line.trim().to_owned(), map))
    };
    lines.iter().filter(|l| is_entry(l)).map(entry).collect()
}

/// `DEVICE FSCK PATH TYPE PASS BOOT OPTIONS`.
fn vfstab(lines: &[&str]) -> Option<Vec<Entry>> {
    let entry = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [device, fsck, mount, fstype, pass, boot, options, ..] = fields.as_slice() else { return None };
        let mut map =
            texts(&[("device", device), ("device_to_fsck", fsck), ("mount", mount), ("fstype", fstype)]);
        let pass = pass.parse::<i64>().map_or_else(|_| Value::from(*pass), Value::from);
        map.insert("passno".to_owned(), pass);
        map.extend(texts(&[("mount_at_boot", boot), ("options", options)]));
        Some(((*mount).to_owned(), (*line).to_owned(), map))
    };
    let entries: Vec<&&str> = lines.iter().filter(|l| is_entry(l)).collect();
    entries.into_iter().map(entry).collect::<Option<Vec<_>>>().filter(|e| !e.is_empty())
}

/// `DEVICE PATH TYPE OPTIONS TIME`, the time with ten digits.
fn mnttab(lines: &[&str]) -> Option<Vec<Entry>> {
    let entry = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [device, mount, fstype, options, time, ..] = fields.as_slice() else { return None };
        let mut map =
            texts(&[("device", device), ("mount", mount), ("fstype", fstype), ("options", options)]);
        map.insert("time".to_owned(), time.parse::<i64>().ok()?.into());
        Some((time.len() == 10, ((*mount).to_owned(), (*line).to_owned(), map)))
    };
    let entries: Vec<(bool, Entry)> = lines.iter().map(entry).collect::<Option<_>>()?;
    entries.iter().any(|(ten, _)| *ten).then(|| entries.into_iter().map(|(_, e)| e).collect())
}

fn texts(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}
