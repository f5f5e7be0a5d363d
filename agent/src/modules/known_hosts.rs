//! `known_hosts`: the keys by which ssh knows hosts.

use super::edit;
use crate::acting::Acting;
use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::{Diff, Outcome};
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// The module.
pub struct KnownHosts;

static SPEC: Spec = Spec::new("known_hosts", "Keep the keys by which ssh knows hosts", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().aliases(&["host"]).help("The host, as ssh is told it."),
    Arg::new("key", Kind::Str).help("The line, with the host first, as ssh-keyscan prints it."),
    Arg::new("path", Kind::Path).default("~/.ssh/known_hosts").help("The file."),
    Arg::new("hash_host", Kind::Bool).default("false").help("Hide the host's name."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the key is to be there; without a key all of the host's go."),
];

impl Module for KnownHosts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let host = args.text("name").to_lowercase();
        let (file, present) = (Path::new(args.text("path")), args.text("state") == "present");
        let key = line(args, &host)?;
        if key.is_none() && present {
            return Err(Failed::new("No key specified when adding a host"));
        }
        if let Some(key) = &key {
            belongs(cx, &host, key)?;
        }
        let place = search(cx, &host, key.as_deref(), file)?;
        let before = fs::read_to_string(file).unwrap_or_default();
        let after = bring(&before, &place, key.as_deref().unwrap_or_default(), present);
        let nothing = place.line.is_none() && !present && key.is_some();
        let changed = !nothing && (place.other || present != place.found);
        // Ansible repeats the arguments, but not in check mode.
        let mut values = if cx.mode.check && !nothing { Map::new() } else { args.map().clone() };
        values.insert("diff".to_owned(), diff(file, &before, &after));
        if changed && cx.effects.other() {
            if place.found && key.is_none() {
                let argv = [
                    program::require(cx, "ssh-keygen")?.into_os_string(),
                    "-R".into(),
                    host.into(),
                    "-f".into(),
                ];
                let output = cx.run(&Command::new(argv.into_iter().chain([OsString::from(file)])))?;
                if output.rc != 0 {
                    return Err(Failed::new(output.stderr_text()).with("rc", output.rc));
                }
            } else {
                let _acting = Acting::for_path(file);
                edit::write(args, cx, after.as_bytes(), file)?;
            }
        }
        Ok(Outcome { values, ..Outcome::changed(changed) })
    }
}

/// The line that is meant, its host hidden where that is asked.
fn line(args: &Args, host: &str) -> Result<Option<String>, Failed> {
    let Some(key) = args.str("key").filter(|key| !key.is_empty()) else {
        return Ok(None);
    };
    let mut key = if args.flag("hash_host") { hidden(key, host)? } else { key.to_owned() };
    if !key.ends_with('\n') {
        key.push('\n');
    }
    Ok(Some(key))
}

/// Puts `|1|SALT|HASH` in the place of the host.
fn hidden(key: &str, host: &str) -> Result<String, Failed> {
    let mut salt = [0; 20];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut salt))
        .map_err(|e| Failed::new(format!("cannot read /dev/urandom: {e}")))?;
    let hash = STANDARD.encode(hmac_sha1(&salt, host.as_bytes()));
    let mut words: Vec<String> = key.split_whitespace().map(str::to_owned).collect();
    let at = usize::from(key.trim_start().starts_with('@'));
    if let Some(word) = words.get_mut(at) {
        *word = format!("|1|{}|{hash}", STANDARD.encode(salt));
    }
    Ok(words.join(" "))
}

fn hmac_sha1(key: &[u8; 20], message: &[u8]) -> [u8; 20] {
    let padded = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha1::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// What ssh-keygen finds of a host in a file.
fn find(cx: &mut Context<'_>, host: &str, file: &Path) -> Result<crate::command::Output, Failed> {
    let argv = [
        program::require(cx, "ssh-keygen")?.into_os_string(),
        "-F".into(),
        host.into(),
        "-f".into(),
        file.into(),
    ];
    cx.run(&Command::new(argv))
}

/// Fails unless the line is one of the host's.
fn belongs(cx: &mut Context<'_>, host: &str, key: &str) -> Result<(), Failed> {
    if host.contains(',') {
        return Err(Failed::new(
            "Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.",
        ));
    }
    let mut temp = crate::effects::Temp::new_in(&std::env::temp_dir())
        .map_err(|e| Failed::new(format!("cannot make a temporary file: {e}")))?;
    temp.file()
        .write_all(key.as_bytes())
        .map_err(|e| Failed::new(format!("cannot write a temporary file: {e}")))?;
    let path = temp.path().to_owned();
    if find(cx, host, &path)?.stdout.is_empty() {
        return Err(Failed::new("Host parameter does not match hashed host field in supplied key"));
    }
    Ok(())
}

/// Where a host's key is in the file.
struct Place {
    /// Whether the host is known.
    found: bool,
    /// Whether it is known by another key than the one meant, or lacks one of its type.
    other: bool,
    /// The line of its key of the same type, counted from 1.
    line: Option<usize>,
}

fn search(cx: &mut Context<'_>, host: &str, key: Option<&str>, file: &Path) -> Result<Place, Failed> {
    const UNKNOWN: Place = Place { found: false, other: false, line: None };
    if !file.exists() {
        return Ok(UNKNOWN);
    }
    let output = find(cx, host, file)?;
    if output.stdout.is_empty() && output.stderr.is_empty() && matches!(output.rc, 0 | 1) {
        return Ok(UNKNOWN);
    }
    let (out, err) = (output.stdout_text(), output.stderr_text());
    if output.rc != 0 {
        return Err(Failed::new(format!(
            "ssh-keygen failed (rc={}, stdout='{out}',stderr='{err}')",
            output.rc
        )));
    }
    let Some(wanted) = key.map(Entry::parse) else {
        return Ok(Place { found: true, other: false, line: None });
    };
    let mut number = None;
    for line in out.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            number = line.rsplit("found: line ").next().and_then(|rest| {
                // `5`, `5 CA`, `5 REVOKED`.
                rest.split_whitespace().next()?.parse().ok()
            });
            continue;
        }
        let known = Entry::parse(line);
        let hashed = |entry: &Entry| entry.host.starts_with("|1|");
        // A hidden name is never written twice the same.
        let same_host = known.host == wanted.host || (hashed(&known) && hashed(&wanted));
        if same_host
            && (&known.marker, &known.kind, &known.key) == (&wanted.marker, &wanted.kind, &wanted.key)
        {
            return Ok(Place { found: true, other: false, line: number });
        }
        if known.marker.is_none() && known.kind == wanted.kind {
            return Ok(Place { found: true, other: true, line: number });
        }
    }
    Ok(Place { found: true, other: true, line: None })
}

/// A line's fields.
struct Entry {
    marker: Option<String>,
    host: String,
    kind: String,
    key: String,
}

impl Entry {
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned).peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let mut next = || words.next().unwrap_or_default();
        Entry { marker, host: next(), kind: next(), key: next() }
    }
}

fn bring(before: &str, place: &Place, key: &str, present: bool) -> String {
    let mut lines: Vec<&str> = before.split_inclusive('\n').collect();
    if let Some(index) = place.line.and_then(|line| line.checked_sub(1)).filter(|index| *index < lines.len())
        && (place.other || !present)
    {
        lines.remove(index);
    }
    let mut after = lines.concat();
    if present && (place.other || place.line.is_none()) {
        if !after.is_empty() && !after.ends_with('\n') {
            after.push('\n');
        }
        after.push_str(key);
    }
    after
}

fn diff(file: &Path, before: &str, after: &str) -> Value {
    let name = file.to_string_lossy().into_owned();
    let before_header = if file.exists() { name.clone() } else { "/dev/null".to_owned() };
    let (before, after) = (before.to_owned(), after.to_owned());
    Diff { before, after, before_header, after_header: name, ..Diff::default() }.into_value()
}
