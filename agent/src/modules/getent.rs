//! `getent`: entries of the machine's databases, as facts.

use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::ffi::OsString;

/// The module.
pub struct Getent;

static SPEC: Spec = Spec::new("getent", "Read entries of the machine's databases", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("database", Kind::Str).required().help("The database, such as passwd or hosts."),
    Arg::new("key", Kind::Str).help("The entry; all without."),
    Arg::new("service", Kind::Str).help("The name service to ask, instead of those configured."),
    Arg::new("split", Kind::Str).help("What parts the fields; a colon in account databases, else blanks."),
    Arg::new("fail_key", Kind::Bool).default("true").help("Fail where there is no such entry."),
];

impl Module for Getent {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let (database, key) = (args.text("database"), args.str("key"));
        let mut argv: Vec<OsString> = vec![program::require(cx, "getent")?.into_os_string(), database.into()];
        argv.extend(key.map(OsString::from));
        if let Some(service) = args.str("service") {
            argv.extend(["-s".into(), service.into()]);
        }
        let output = cx.run(&Command::new(argv))?;
        let facts = |entries: Map| Map::from_iter([(format!("getent_{database}"), Value::from(entries))]);
        match (output.rc, key) {
            (0, _) => {
                let colon = matches!(database, "passwd" | "shadow" | "group" | "gshadow");
                let split = args.str("split").or(colon.then_some(":"));
                Ok(Outcome::ok().with("ansible_facts", facts(entries(&output.stdout_text(), split))))
            }
            (1, _) => Err(Failed::new("Missing arguments, or database unknown.")),
            (2, key) => {
                let msg = "One or more supplied key could not be found in the database.";
                match key.filter(|_| !args.flag("fail_key")) {
                    Some(key) => {
                        let none = Map::from_iter([(key.to_owned(), Value::Null)]);
                        Ok(Outcome::ok().with("ansible_facts", facts(none)).with("msg", msg))
                    }
                    None => Err(Failed::new(msg)),
                }
            }
            (3, _) => Err(Failed::new("Enumeration not supported on this database.")),
            _ => Err(Failed::new("Unexpected failure!")),
        }
    }
}

/// Entries by their first field; one that comes several times is a list of entries.
fn entries(text: &str, split: Option<&str>) -> Map {
    let mut entries: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = match split {
            Some(split) => line.split(split).collect(),
            None => line.split_whitespace().collect(),
        };
        if let Some((key, rest)) = fields.split_first() {
            entries.entry((*key).to_owned()).or_default().push(rest.to_vec().into());
        }
    }
    let single = |mut records: Vec<Value>| match records.len() {
        1 => records.remove(0),
        _ => records.into(),
    };
    entries.into_iter().map(|(key, records)| (key, single(records))).collect()
}
