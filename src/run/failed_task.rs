//! `ansible_failed_task` and `ansible_failed_result`, which a rescue section sees.

use super::end::HostEnd;
use super::keyword::Rendered;
use super::play::{PlayRun, rendered_text};
use super::result::{final_value, put};
use crate::error::Result;
use crate::play::Task;
use crate::template::Scope;
use crate::value::{Key, Map, Value};
use std::sync::Arc;

impl PlayRun {
    /// Remembers a failure for the rescue section.
    ///
    /// # Errors
    /// Variables of the host that cannot be read.
    pub(super) fn remember_failure(&self, task: &Arc<Task>, end: &HostEnd) -> Result<()> {
        let scope: Arc<dyn Scope> = self.scope(&end.host, Some(task))?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        let failed = Value::map(described(task, r));
        self.run.variables.change_host(&end.host, |state| {
            state.set("ansible_failed_task", failed);
            state.set("ansible_failed_result", Value::map(end.result.clone()));
        });
        Ok(())
    }
}

/// A task with its keywords, rendered where they can be.
fn described(task: &Task, r: Rendered<'_>) -> Map {
    let rendered = |value: &Value| r.engine.render(value, r.scope).unwrap_or_else(|_| final_value(value));
    let one = |value: Option<&Value>| value.map_or(Value::Null, rendered);
    // Conditions stay as they were written.
    let as_written = |values: &[Value]| Value::list(values.iter().map(final_value).collect());
    let k = &task.keywords;
    let args = task.action.args.iter().map(|(name, value)| (Key::from(Arc::clone(name)), rendered(value)));
    let vars = k.vars.iter().flat_map(|v| v.iter());
    let vars = vars.map(|(name, value)| (Key::from(Arc::clone(name)), rendered(value)));
    let mut map = Map::new();
    put(&mut map, "name", Value::data(task.name.as_ref().map(|n| rendered_text(n, r)).unwrap_or_default()));
    put(&mut map, "action", Value::data(task.action.written.shared()));
    put(&mut map, "args", Value::map(args.collect()));
    put(&mut map, "vars", Value::map(vars.collect()));
    put(&mut map, "when", as_written(&k.when));
    put(&mut map, "changed_when", as_written(&task.changed_when));
    put(&mut map, "failed_when", as_written(&task.failed_when));
    put(&mut map, "until", as_written(&task.until));
    put(&mut map, "tags", Value::list(k.tags.iter().map(rendered).collect()));
    put(&mut map, "environment", Value::list(k.environment.iter().map(rendered).collect()));
    let notify = task.notify.iter().map(|n| rendered(&Value::Text(n.clone())));
    put(&mut map, "notify", Value::list(notify.collect()));
    put(&mut map, "register", task.register.as_ref().map_or(Value::Null, |t| Value::data(t.shared())));
    put(&mut map, "loop", one(task.loops.as_ref().map(|l| &l.over)));
    for (name, value) in [
        ("any_errors_fatal", &k.any_errors_fatal),
        ("async", &task.async_limit),
        ("become", &k.become_),
        ("become_user", &k.become_user),
        ("become_method", &k.become_method),
        ("check_mode", &k.check_mode),
        ("connection", &k.connection),
        ("delay", &task.delay),
        ("delegate_facts", &k.delegate_facts),
        ("delegate_to", &k.delegate_to),
        ("diff", &k.diff),
        ("ignore_errors", &k.ignore_errors),
        ("ignore_unreachable", &k.ignore_unreachable),
        ("no_log", &k.no_log),
        ("poll", &task.poll),
        ("port", &k.port),
        ("remote_user", &k.remote_user),
        ("retries", &task.retries),
        ("run_once", &k.run_once),
        ("throttle", &k.throttle),
        ("timeout", &k.timeout),
    ] {
        put(&mut map, name, one(value.as_ref()));
    }
    map
}
