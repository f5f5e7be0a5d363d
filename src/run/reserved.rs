//! Variables under names that keywords or templates have.

use super::Shared;
use crate::error::Error;
use crate::event::Event;
use crate::value::{Value, Vars};
use std::sync::{Arc, PoisonError};

/// The names of keywords of plays, roles, blocks and tasks, and of what templates find in every place.
const RESERVED: &[&str] = &[
    "action",
    "always",
    "any_errors_fatal",
    "args",
    "async",
    "async_val",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "block",
    "changed_when",
    "check_mode",
    "collections",
    "connection",
    "cycler",
    "debugger",
    "delay",
    "delegate_facts",
    "delegate_to",
    "dict",
    "diff",
    "environment",
    "fact_path",
    "failed_when",
    "force_handlers",
    "gather_facts",
    "gather_timeout",
    "handlers",
    "hosts",
    "ignore_errors",
    "ignore_unreachable",
    "joiner",
    "lipsum",
    "local_action",
    "lookup",
    "loop",
    "loop_control",
    "loop_with",
    "max_fail_percentage",
    "module_defaults",
    "name",
    "namespace",
    "no_log",
    "notify",
    "now",
    "omit",
    "order",
    "poll",
    "port",
    "post_tasks",
    "pre_tasks",
    "q",
    "query",
    "range",
    "register",
    "remote_user",
    "rescue",
    "retries",
    "roles",
    "run_once",
    "serial",
    "strategy",
    "tags",
    "tasks",
    "throttle",
    "timeout",
    "undef",
    "until",
    "vars_files",
    "vars_prompt",
    "when",
    "with_",
];

impl Shared {
    /// Warns of variables that have such a name, each name once.
    pub(super) fn warn_of_reserved(&self, vars: &Vars) {
        for (name, value) in vars {
            if !RESERVED.contains(&&**name) {
                continue;
            }
            let text = format!("Found variable using reserved name '{name}'.");
            let new = self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone());
            if new {
                let place = match value {
                    Value::List(items) => items.iter().find_map(Value::span),
                    other => other.span(),
                };
                let warning = Error::other(text).at(place.cloned());
                self.events.emit(&Event::Warning(Arc::new(warning)));
            }
        }
    }

    /// The same for all layers that a task sees.
    pub(super) fn warn_of_reserved_in(&self, scope: &super::vars::HostScope) {
        for layer in scope.layers() {
            self.warn_of_reserved(&layer.vars);
        }
    }
}
