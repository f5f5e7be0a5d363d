//! `mount_facts`: file systems that are mounted or are to be, from the tables that say so.

mod sources;

use super::setup::mount_size;
use crate::args::Args;
use crate::command::Command;
use crate::glob;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use sources::Found;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The module.
pub struct MountFacts;

static SPEC: Spec = Spec::new("mount_facts", "Tells of mounted file systems, as facts", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("sources", Kind::List).elements(Kind::Str).help(
        "Where to look: files, `mount` for what that program prints, or static, dynamic or all; all by default.",
    ),
    Arg::new("mount_binary", Kind::Raw)
        .default("mount")
        .help("The program that is asked where no table of mounted file systems is found; null for none."),
    Arg::new("devices", Kind::List).elements(Kind::Str).help("Only devices that one of these shell patterns matches."),
    Arg::new("fstypes", Kind::List).elements(Kind::Str).help("Only types that one of these shell patterns matches."),
    Arg::new("timeout", Kind::Float).help("Seconds that one file system may take to tell its size."),
    Arg::new("on_timeout", Kind::Str)
        .default("error")
        .choices(&["error", "warn", "ignore"])
        .help("What to do where it takes longer."),
    Arg::new("include_aggregate_mounts", Kind::Bool)
        .help("List every entry too, not only the first of each mount point."),
];

impl Module for MountFacts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let seconds = args.float("timeout");
        if let Some(seconds) = seconds.filter(|s| *s <= 0.0) {
            let shown = crate::python::str(&Value::Float(seconds));
            return Err(Failed::new(format!(
                "argument 'timeout' must be a positive number or null, not {shown}"
            )));
        }
        if !matches!(args.get("mount_binary"), Value::Null | Value::Str(_)) {
            let shown = crate::python::str(args.get("mount_binary"));
            return Err(Failed::new(format!(
                "argument 'mount_binary' must be a string or null, not {shown}"
            )));
        }
        let timeout = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
        let mut ids = Ids::default();
        let mut mounts: Vec<(Found, Map)> = Vec::new();
        for found in sources::all(args, cx)? {
            if let Some(facts) = described(args, cx, &found, timeout, &mut ids)? {
                mounts.push((found, facts));
            }
        }
        Ok(Outcome::ok().with("ansible_facts", collected(args, cx, mounts)))
    }
}

/// The facts of an entry; nothing where its device or type is not asked for.
fn described(
    args: &Args,
    cx: &mut Context<'_>,
    found: &Found,
    timeout: Option<Duration>,
    ids: &mut Ids,
) -> Result<Option<Map>, Failed> {
    let text = |name: &str| found.fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut id = text("device").strip_prefix("UUID=").map(str::to_owned);
    let device = match &id {
        Some(id) => by_id(cx, id).unwrap_or_else(|| text("device").to_owned()),
        None => text("device").to_owned(),
    };
    let asked = |list: &str, value: &str| {
        let mut patterns = args.strings(list).peekable();
        patterns.peek().is_none() || patterns.any(|p| glob::matches(p, value))
    };
    if !asked("devices", &device) || !asked("fstypes", text("fstype")) {
        return Ok(None);
    }
    let mut facts = found.fields.clone();
    match sized(&found.mount, timeout) {
        Some(size) => facts.extend(size),
        None => {
            let msg =
                format!("Timed out getting mount size for mount {} (type {})", found.mount, text("fstype"));
            match args.text("on_timeout") {
                "error" => return Err(Failed::new(msg)),
                "warn" => cx.warnings.push(msg),
                _ => {}
            }
        }
    }
    if id.is_none() {
        id = ids.of(cx, &device);
    }
    let context: Map = [
        ("source".to_owned(), Value::from(found.source.as_str())),
        ("source_data".to_owned(), found.line.as_str().into()),
    ]
    .into();
    facts.insert("ansible_context".to_owned(), context.into());
    facts.insert("uuid".to_owned(), id.into());
    Ok(Some(facts))
}

/// A file system's sizes, asked in a thread of its own: one whose server is gone does not answer.
fn sized(mount: &str, timeout: Option<Duration>) -> Option<Map> {
    let (send, receive) = mpsc::channel();
    let path = mount.to_owned();
    thread::spawn(move || send.send(mount_size(&path)));
    match timeout {
        None => receive.recv().ok(),
        Some(timeout) => match receive.recv_timeout(timeout) {
            Ok(size) => Some(size),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Map::new()),
        },
    }
}

/// The first entry of each mount point, and with `include_aggregate_mounts` all.
fn collected(args: &Args, cx: &mut Context<'_>, mounts: Vec<(Found, Map)>) -> Map {
    let aggregate = args.bool("include_aggregate_mounts");
    let mut points = Map::new();
    let mut by_source: indexmap::IndexMap<&str, Vec<&str>> = indexmap::IndexMap::new();
    for (found, facts) in &mounts {
        points.entry(found.mount.clone()).or_insert_with(|| facts.clone().into());
        by_source.entry(&found.source).or_default().push(&found.mount);
    }
    by_source.retain(|_, mounts| {
        let mut unique = mounts.clone();
        unique.sort_unstable();
        unique.dedup();
        unique.len() != mounts.len()
    });
    if aggregate.is_none() && !by_source.is_empty() {
        let told: Vec<String> = by_source
            .iter()
            .map(|(source, mounts)| {
                let list: Vec<Value> = mounts.iter().map(|m| (*m).into()).collect();
                format!("{source} ({})", crate::python::repr(&list.into()))
            })
            .collect();
        cx.warnings.push(format!(
            "mount_facts: ignoring repeat mounts in the following sources: {}. You can disable this warning by \
             configuring the 'include_aggregate_mounts' option as True or False.",
            told.join(", ")
        ));
    }
    let all: Vec<Value> = if aggregate == Some(true) {
        mounts.into_iter().map(|(_, m)| m.into()).collect()
    } else {
        Vec::new()
    };
    [("mount_points".to_owned(), Value::Map(points)), ("aggregate_mounts".to_owned(), all.into())].into()
}

/// The device of a file system's id.
fn by_id(cx: &mut Context<'_>, id: &str) -> Option<String> {
    let blkid = program::find(cx, "blkid")?;
    let output = cx.run(&Command::new([blkid.into_os_string(), "--uuid".into(), id.into()])).ok()?;
    (output.rc == 0).then(|| output.stdout_text().trim().to_owned())
}

/// Ids of file systems by device, as far as they were asked for.
#[derive(Default)]
struct Ids {
    listed: Option<HashMap<String, String>>,
    asked: HashMap<String, Option<String>>,
}

impl Ids {
    fn of(&mut self, cx: &mut Context<'_>, device: &str) -> Option<String> {
        if let Some(id) = linked(device) {
            return Some(id);
        }
        if let Some(id) = self.listed.get_or_insert_with(|| listed(cx)).get(device) {
            return Some(id.clone());
        }
        self.asked.entry(device.to_owned()).or_insert_with(|| from_udev(cx, device)).clone()
    }
}

fn linked(device: &str) -> Option<String> {
    let entries = fs::read_dir("/dev/disk/by-uuid").ok()?;
    entries
        .flatten()
        .find(|e| e.path().canonicalize().is_ok_and(|real| real == Path::new(device)))
        .map(|e| e.file_name().to_string_lossy().into_owned())
}

fn listed(cx: &mut Context<'_>) -> HashMap<String, String> {
    let words = ["lsblk", "--list", "--noheadings", "--paths", "--output", "NAME,UUID", "--exclude", "2"];
    let output = match program::find(cx, "lsblk") {
        Some(_) => cx.run(&Command::new(words)).ok().filter(|o| o.rc == 0),
        None => None,
    };
    let text = output.map(|o| o.stdout_text()).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            match fields.as_slice() {
                [device, id] => Some(((*device).to_owned(), (*id).to_owned())),
                _ => None,
            }
        })
        .collect()
}

fn from_udev(cx: &mut Context<'_>, device: &str) -> Option<String> {
    program::find(cx, "udevadm")?;
    let command = Command::new(["udevadm", "info", "--query", "property", "--name", device]);
    let output = cx.run(&command).ok().filter(|o| o.rc == 0)?;
    output.stdout_text().lines().find_map(|line| line.strip_prefix("ID_FS_UUID=")).map(str::to_owned)
}
