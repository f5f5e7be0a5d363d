//! A single module on a host pattern, as a play of one task.

use super::import_playbook::Outer;
use super::loader::{Load, Loaded, Loader};
use super::plan::Plan;
use super::{Errors, plan};
use crate::error::{Error, Source};
use crate::value::split::parse_pairs;
use crate::value::yaml;
use serde_json::{Map, Value, json};
use std::path::Path;

/// A module to run once.
#[derive(Clone, Debug)]
pub struct AdHoc {
    /// The host pattern.
    pub hosts: String,
    /// The module.
    pub module: String,
    /// Its arguments: `k=v` pairs, free text, or a JSON map.
    pub args: String,
    /// Seconds it may run in the background; 0 to wait for it.
    pub background: u64,
    /// Seconds between looks at what runs in the background.
    pub poll: u64,
    /// Seconds it may take; 0 for no limit.
    pub timeout: u64,
}

impl Loader<'_> {
    /// The plan that runs a module, as if its playbook lay in `dir`.
    ///
    /// # Errors
    /// A module that is not there, arguments that cannot be understood.
    pub fn adhoc(&self, dir: &Path, adhoc: &AdHoc) -> Result<Loaded<Plan>, Errors> {
        let path = dir.join("__adhoc_playbook__");
        let mut task = json!({
            "action": {"module": adhoc.module},
            "args": self.arguments(adhoc)?,
            "timeout": adhoc.timeout,
        });
        if let Some(task) = task.as_object_mut().filter(|_| adhoc.background > 0) {
            task.insert("async".to_owned(), adhoc.background.into());
            task.insert("poll".to_owned(), adhoc.poll.into());
        }
        let play = json!({
            "name": "Ansible Ad-Hoc",
            "hosts": adhoc.hosts,
            "gather_facts": false,
            "tasks": [task],
        });
        let source = Source::new(format!("<adhoc '{}' task>", adhoc.module), play.to_string());
        let Some(root) = yaml::parse(&source)?.root else {
            return Err(Error::other("an ad hoc play cannot be empty").into());
        };
        let mut load = Load::new(self);
        let play = load.play(&root, &path, &Outer::default());
        let plays = load.keep(play).flatten().into_iter().map(std::sync::Arc::new).collect();
        load.finish(plan::Plan { path, adhoc: true, plays })
    }

    fn arguments(&self, adhoc: &AdHoc) -> Result<Map<String, Value>, Errors> {
        let text = adhoc.args.as_str();
        if text.starts_with('{')
            && text.ends_with('}')
            && let Ok(args) = serde_json::from_str(text)
        {
            return Ok(args);
        }
        let spec = self.catalogue.spec(&adhoc.module);
        let command = matches!(spec.map(|s| s.name), Some("command" | "shell" | "script" | "raw"));
        let parsed = parse_pairs(text, command).ok_or_else(|| {
            Error::input(format!(
                "failed at splitting arguments, either an unbalanced jinja2 block or quotes: {text}"
            ))
        })?;
        let mut args: Map<String, Value> = parsed.pairs.into_iter().map(|(k, v)| (k, v.into())).collect();
        if let Some(rest) = parsed.rest {
            let name = spec.and_then(|s| s.free_form).unwrap_or("_raw_params");
            args.insert(name.to_owned(), rest.into());
        }
        Ok(args)
    }
}
