//! `--list-hosts`, `--list-tags`, `--list-tasks`: in ansible-playbook's own form.

use super::keyword::Rendered;
use super::look::{self, Looked};
use super::settings::Settings;
use super::tags;
use crate::error::Result;
use crate::inventory::Inventory;
use crate::play::{Plan, Play, Step, Task};
use crate::template::Engine;
use crate::value::{Value, python_str};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// What is to be listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Hosts.
    pub hosts: bool,
    /// Tags.
    pub tags: bool,
    /// Tasks.
    pub tasks: bool,
}

/// The listing of a plan; empty where nothing is to be listed but the plan is looked at.
///
/// # Errors
/// A play that cannot be looked at, a host pattern or a tag that cannot be understood.
pub fn list(
    plan: &Plan,
    inventory: &Inventory,
    settings: &Settings,
    engine: &Arc<Engine>,
    wanted: Listing,
) -> Result<String> {
    let mut out = String::new();
    // A list of tags names all of them, unless some are asked for.
    let every = ["never".to_owned(), "all".to_owned()];
    let only: &[String] = match settings.tags.as_slice() {
        [] if wanted.tags && settings.skip_tags.is_empty() => &every,
        own => own,
    };
    let looked = look::plays(plan, inventory, settings, engine)?;
    if wanted == Listing::default() {
        return Ok(out);
    }
    for (number, Looked { play, hosts, name, scope }) in looked.iter().enumerate() {
        let r = Rendered { engine, scope };
        let pattern = super::pattern_text(hosts);
        let own: BTreeSet<String> = tags::of(&play.keywords.tags, r)?.into_iter().collect();
        let own: Vec<String> = own.into_iter().collect();
        // Writing to a String cannot fail.
        let _ = write!(out, "\n  play #{} ({pattern}): {name}", number + 1);
        let _ = write!(out, "\tTAGS: [{}]", own.join(","));
        if wanted.hosts {
            let mut found = inventory.matching(hosts)?;
            if let Some((limit, _)) = &settings.limit {
                let limited = inventory.within(limit, &mut Vec::new())?;
                found.retain(|h| limited.contains(h));
            }
            let shown = match hosts {
                Value::List(parts) => {
                    parts.iter().map(|p| format!("'{}'", python_str(p))).collect::<Vec<_>>()
                }
                one => vec![format!("'{}'", python_str(one))],
            };
            let _ = write!(out, "\n    pattern: [{}]\n    hosts ({}):", shown.join(", "), found.len());
            for host in found {
                let _ = write!(out, "\n      {host}");
            }
        }
        if wanted.tags || wanted.tasks {
            let mut all = BTreeSet::new();
            let mut lines = Vec::new();
            for task in tasks(play) {
                let tags: BTreeSet<String> = tags::of(&task.keywords.tags, r)?.into_iter().collect();
                let tags: Vec<String> = tags.into_iter().collect();
                if !tags::selected(&tags, only, &settings.skip_tags) {
                    continue;
                }
                let name = name_of(task);
                lines.push(format!("      {name}\tTAGS: [{}]", tags.join(", ")));
                all.extend(tags);
            }
            if wanted.tasks {
                out.push_str("\n    tasks:");
                for line in &lines {
                    let _ = write!(out, "\n{line}");
                }
            }
            if wanted.tags {
                let all: Vec<String> = all.into_iter().collect();
                let _ = write!(out, "\n      TASK TAGS: [{}]", all.join(", "));
            }
        }
        out.push('\n');
    }
    Ok(out)
}

/// A task's name as listed: not rendered; the role's only before a name, and not before that of an included role.
pub(super) fn name_of(task: &Task) -> String {
    match (task.name.as_ref().filter(|name| !name.as_str().is_empty()), &task.role) {
        (None, _) => task.action.written.to_string(),
        (Some(own), Some(role)) if &*task.action.module != "include_role" => {
            format!("{} : {own}", role.name)
        }
        (Some(own), _) => own.to_string(),
    }
}

fn tasks(play: &Play) -> Vec<&Arc<Task>> {
    let mut found = Vec::new();
    for section in &play.sections {
        collect(section, &mut found);
    }
    found
}

fn collect<'a>(steps: &'a [Step], found: &mut Vec<&'a Arc<Task>>) {
    for step in steps {
        match step {
            Step::Task(task) => found.push(task),
            // Rescue and always sections are not listed, as by Ansible.
            Step::Block(block) => collect(&block.steps, found),
            Step::FlushHandlers => {}
        }
    }
}
