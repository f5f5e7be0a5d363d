//! `setup`: what there is to know of the machine, as Ansible's facts.
//!
//! `ansible_selinux_python_present` is not among them: no Python of the agent's could use it.

mod clock;
mod devices;
mod distribution;
mod foreign;
mod hardware;
mod identity;
mod local;
mod managers;
mod mounts;
mod network;
mod platform;
mod python;
mod read;
mod subset;
mod text;
mod virtualization;

use crate::args::Args;
use crate::glob;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::time::Duration;

pub(super) use managers::systemd_runs;
pub(super) use mounts::{size as mount_size, unescaped};

/// Gathers facts.
pub struct Setup;

const ARGS: &[Arg] = &[
    Arg::new("gather_subset", Kind::List)
        .elements(Kind::Str)
        .default("all")
        .help("Which facts to gather: names of subsets, each with ! before it to leave it out."),
    Arg::new("gather_timeout", Kind::Int)
        .default("10")
        .help("Seconds to wait for what a mounted file system says of itself."),
    Arg::new("filter", Kind::List)
        .elements(Kind::Str)
        .default("")
        .help("Shell patterns of the facts to return."),
    Arg::new("fact_path", Kind::Path)
        .default("/etc/ansible/facts.d")
        .help("Where *.fact files of the machine's own facts are."),
];

const SPEC: Spec = Spec::new("setup", "Gather facts about the machine", ARGS);

/// What the collectors share.
pub(super) struct Gather<'g, 'c> {
    /// Runs programs.
    pub cx: &'g mut Context<'c>,
    /// Where local facts are.
    pub fact_path: String,
    /// How long a file system may take to answer.
    pub timeout: Duration,
    /// What has been gathered so far, without prefix.
    pub facts: Map,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Gather<'_, '_> {
    /// A fact gathered before, as text; empty when there is none.
    pub fn known(&self, name: &str) -> &str {
        self.facts.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Module for Setup {
    fn spec(&self) -> &'static Spec {
        const { &SPEC }
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let requested: Vec<String> = args.strings("gather_subset").map(str::to_owned).collect();
        let collectors = subset::select(&requested).map_err(Failed::new)?;
        let filters: Vec<String> =
            args.strings("filter").filter(|f| !f.is_empty()).map(str::to_owned).collect();
        let mut gather = Gather {
            cx,
            fact_path: args.text("fact_path").to_owned(),
            timeout: Duration::from_secs(args.int("gather_timeout").unwrap_or(10)),
            facts: Map::new(),
            warnings: Vec::new(),
        };
        for collector in collectors {
            let new = (collector.collect)(&mut gather)?;
            gather.facts.extend(new);
        }
        // Those of other finders have their own prefix.
        let is_foreign = |name: &str| ["facter_", "ohai_"].iter().any(|prefix| name.starts_with(prefix));
        let full = |name: String| if is_foreign(&name) { name } else { format!("ansible_{name}") };
        let prefixed = gather.facts.drain(..).map(|(name, value)| (full(name), value));
        let mut facts: Map = prefixed.collect();
        facts.insert("gather_subset".to_owned(), requested.into());
        facts.insert("module_setup".to_owned(), true.into());
        facts.retain(|name, _| wanted(name, &filters));
        let warnings = std::mem::take(&mut gather.warnings);
        Ok(Outcome { warnings, ..Outcome::ok() }.with("ansible_facts", facts))
    }
}

/// The machine's package manager, by the name of Ansible's module for it; `unknown` where none is found.
///
/// # Errors
/// The step was cancelled.
pub(super) fn package_manager(cx: &mut Context<'_>) -> Result<String, Failed> {
    let mut gather = Gather {
        cx,
        fact_path: String::new(),
        timeout: Duration::ZERO,
        facts: Map::new(),
        warnings: Vec::new(),
    };
    gather.facts = distribution::collect(&mut gather)?;
    let found = managers::pkg_mgr(&mut gather)?;
    Ok(found.get("pkg_mgr").and_then(Value::as_str).unwrap_or("unknown").to_owned())
}

/// Whether a fact passes the filters; one without a known prefix is tried with `ansible_` too.
fn wanted(name: &str, filters: &[String]) -> bool {
    filters.is_empty()
        || filters.iter().any(|filter| {
            let prefixed = ["ansible_", "facter", "ohai"].iter().any(|p| filter.starts_with(p));
            glob::matches(filter, name) || (!prefixed && glob::matches(&format!("ansible_{filter}"), name))
        })
}
