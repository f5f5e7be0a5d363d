//! What was loaded: plays, blocks and tasks with everything static decided.
//!
//! Static imports (`import_tasks`, `import_role`, `roles:`) are already expanded. Dynamic includes are tasks whose
//! `Action` names `include_tasks`, `include_role` or `include_vars`; the runner loads what they name when it gets there.

use super::resolve::Doer;
use crate::error::Span;
use crate::value::{Text, Value, Vars};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A loaded playbook.
#[derive(Debug)]
pub struct Plan {
    /// Its file.
    pub path: PathBuf,
    /// Whether there is no such file: the plan is that of a single module.
    pub adhoc: bool,
    /// Its plays, in order.
    pub plays: Vec<Arc<Play>>,
}

/// A play.
#[derive(Clone, Debug)]
pub struct Play {
    /// Its name, not rendered; absent when the play has none.
    pub name: Option<Text>,
    /// Its host pattern: text, or a list of texts. Not rendered.
    pub hosts: Value,
    /// Where it begins.
    pub span: Span,
    /// The folder of its playbook.
    pub basedir: PathBuf,
    /// `gather_facts`: rendered by the runner; absent means ansible's `gathering` setting decides.
    pub gather_facts: Option<Value>,
    /// `gather_subset` given to that gathering.
    pub gather_subset: Option<Value>,
    /// `gather_timeout` given to that gathering.
    pub gather_timeout: Option<Value>,
    /// `fact_path` given to that gathering.
    pub fact_path: Option<Value>,
    /// `any_errors_fatal`, where given.
    pub any_errors_fatal: Option<Value>,
    /// `force_handlers`, where given.
    pub force_handlers: Option<Value>,
    /// `serial`, where given.
    pub serial: Option<Value>,
    /// `strategy`, where given.
    pub strategy: Option<Value>,
    /// `order` of hosts, where given.
    pub order: Option<Value>,
    /// `max_fail_percentage`, where given.
    pub max_fail_percentage: Option<Value>,
    /// `vars_prompt`: each a map with `name` and what else was said, not rendered.
    pub vars_prompt: Vec<Value>,
    /// The keywords that its tasks inherit are already in each task's `Keywords`; these are the play's own, for the
    /// implicit gathering of facts.
    pub keywords: Keywords,
    /// `vars`.
    pub vars: Arc<Vars>,
    /// `vars_files`: each entry a text or a list of texts of which the first that exists is taken. Not rendered.
    pub vars_files: Vec<Value>,
    /// The roles of `roles:` and `import_role`, in the order they were loaded; the whole play sees their `defaults` and
    /// `exports`.
    pub roles: Vec<Arc<Role>>,
    /// Always three: `pre_tasks`; roles, then `tasks`; `post_tasks`. Handlers are flushed after each.
    pub sections: Vec<Vec<Step>>,
    /// Handlers: of the roles in order, then the play's own.
    pub handlers: Vec<Arc<Task>>,
}

impl Play {
    /// What it is called in the identities of what it does by itself: its name, else its hosts, unrendered.
    #[must_use]
    pub fn label(&self) -> String {
        let hosts = || crate::value::python_str(&self.hosts);
        self.name.as_ref().map_or_else(hosts, |name| name.as_str().to_owned()).replace('/', "_")
    }
}

/// A role as used by a play or another role. Its layers are merged over its dependencies and the roles that depend on
/// it, as each is seen.
#[derive(Debug)]
pub struct Role {
    /// The name it was asked for.
    pub name: Arc<str>,
    /// Its folder.
    pub path: PathBuf,
    /// Its defaults, over those of its dependencies.
    pub defaults: Arc<Vars>,
    /// What its own tasks see: its `vars/main.yml` and the `vars` of its entry, over
    /// those of the roles that depend on it and of its dependencies.
    pub vars: Arc<Vars>,
    /// What the whole play sees: `vars/main.yml` over that of its dependencies.
    pub exports: Arc<Vars>,
    /// Parameters given where it is used (`role: x, var: v`), over those of the roles that depend on it: above
    /// `set_fact`.
    pub params: Arc<Vars>,
    /// Whether the play sees its defaults and exports: usually not so for `include_role` without `public`.
    pub public: bool,
    /// Its direct dependencies.
    pub parents: Vec<Arc<Role>>,
    /// It and the roles that depend on it.
    pub link: Arc<Link>,
    /// The same for every use that Ansible holds for the same role: a host that ran one of its uses to the end skips the
    /// tasks of the others, unless `allow_duplicates`.
    pub identity: Arc<str>,
    /// Whether it runs again where it has run already.
    pub allow_duplicates: bool,
}

/// A role in the chain of those that depend on one another, with its own layers unmerged.
#[derive(Clone, Debug)]
pub struct Link {
    /// The role's name, with its collection's before it.
    pub name: Arc<str>,
    /// The collection it is from.
    pub collection: Option<Arc<str>>,
    /// Its folder.
    pub path: PathBuf,
    /// `defaults/main.yml`.
    pub(super) defaults: Vars,
    /// `vars/main.yml`.
    pub(super) vars: Vars,
    /// `vars` of its entry.
    pub(super) entry: Vars,
    /// Its parameters.
    pub(super) params: Vars,
    /// The role that depends on it, or whose task imports or includes it.
    pub above: Option<Arc<Link>>,
}

impl Link {
    /// The role's name without its collection's.
    #[must_use]
    pub fn short(&self) -> &str {
        let prefix = self.collection.as_deref().and_then(|c| self.name.strip_prefix(c)?.strip_prefix('.'));
        prefix.unwrap_or(&self.name)
    }

    /// This role, then the roles that depend on it, nearest first.
    pub fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Link>> {
        std::iter::successors(Some(self), |link| link.above.as_ref())
    }
}

/// A block or a task.
#[derive(Clone, Debug)]
pub enum Step {
    /// Steps with rescue and always.
    Block(Arc<Block>),
    /// A task.
    Task(Arc<Task>),
    /// `meta: flush_handlers` and the flushes between sections.
    FlushHandlers,
}

/// Steps run together.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its name.
    pub name: Option<Text>,
    /// Where it begins.
    pub span: Span,
    /// The steps.
    pub steps: Vec<Step>,
    /// Run for the hosts that failed in `steps`.
    pub rescue: Vec<Step>,
    /// Run for every host that began.
    pub always: Vec<Step>,
}

/// A task, with all that it inherits.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its identity: path of play, role and blocks with occurrence, and a hash of its content; stable against comments.
    pub id: Arc<str>,
    /// Its name, not rendered.
    pub name: Option<Text>,
    /// Where it begins.
    pub span: Span,
    /// What it does.
    pub action: Action,
    /// Everything inherited and its own, merged.
    pub keywords: Keywords,
    /// The role it belongs to.
    pub role: Option<Arc<Role>>,
    /// The file it is in, for relative paths.
    pub file: PathBuf,
    /// `register`.
    pub register: Option<Text>,
    /// `loop` or `with_*`.
    pub loops: Option<Loop>,
    /// `until`: expressions, all of which must hold.
    pub until: Vec<Value>,
    /// `retries`.
    pub retries: Option<Value>,
    /// `delay`, in seconds.
    pub delay: Option<Value>,
    /// `changed_when`: expressions, all of which must hold.
    pub changed_when: Vec<Value>,
    /// `failed_when`: expressions, all of which must hold.
    pub failed_when: Vec<Value>,
    /// `notify`: names of handlers, not rendered.
    pub notify: Vec<Text>,
    /// `listen`, of a handler.
    pub listen: Vec<Text>,
    /// `async`: the time limit in seconds.
    pub async_limit: Option<Value>,
    /// `poll`: seconds between looks, 0 for never.
    pub poll: Option<Value>,
    /// Whether it is a handler.
    pub handler: bool,
    /// For `include_tasks` and `include_role`: its own `vars`, which count for the included tasks above `set_fact` too.
    pub own_vars: Option<Arc<Vars>>,
    /// For `include_tasks` and `include_role`: what the included tasks inherit, which is not the include's own keywords.
    pub passes: Option<Arc<Inherited>>,
}

/// What a step inherits from what surrounds it.
#[derive(Clone, Debug, Default)]
pub struct Inherited {
    /// The keywords.
    pub keywords: Keywords,
    /// `notify` of the nearest block that has one.
    pub notify: Option<Vec<Text>>,
    /// A hash of what the blocks around it say: an edit of theirs is one of their tasks. Empty outside of blocks.
    pub blocks: Arc<str>,
    /// Whether a failure here ends the run: no condition, no rescue, no `ignore_errors` around it.
    pub unconditional: bool,
}

/// What a task does.
#[derive(Clone, Debug)]
pub struct Action {
    /// The module as written.
    pub written: Text,
    /// Its canonical short name, as in `Spec::name`.
    pub module: Arc<str>,
    /// Its full name: `ansible.builtin.copy`.
    pub full: Arc<str>,
    /// Who does it.
    pub doer: Doer,
    /// Its arguments as written, free form already under its argument's name. Not rendered.
    pub args: Vars,
    /// Arguments given as one template (`args: "{{ x }}"`, `copy: "{{ x }}"`), beneath `args`.
    pub variable_args: Option<Value>,
    /// Where the values of arguments stand that were written as a map.
    pub places: HashMap<Arc<str>, Span>,
}

/// A loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// What it goes over. Not rendered.
    pub over: Value,
    /// `loop` itself, or the lookup of `with_<lookup>`.
    pub lookup: Option<Arc<str>>,
    /// `loop_control.loop_var`, else `item`. Not rendered.
    pub var: Text,
    /// `loop_control.index_var`. Not rendered.
    pub index_var: Option<Text>,
    /// `loop_control.label`.
    pub label: Option<Value>,
    /// `loop_control.pause`, in seconds.
    pub pause: Option<Value>,
    /// `loop_control.extended`.
    pub extended: Option<Value>,
    /// `loop_control.extended_allitems`.
    pub extended_allitems: Option<Value>,
    /// `loop_control.break_when`: expressions; the loop ends after an item for which all of them hold.
    pub break_when: Vec<Value>,
    /// Where it is written.
    pub span: Option<Span>,
}

/// An entry of `module_defaults`.
#[derive(Debug)]
pub struct ModuleDefaults {
    /// A module's full name, or `group/` and a group. An inner entry replaces the outer of the same name.
    pub key: Arc<str>,
    /// Whether it is a group's: what is said of a module itself goes above that.
    pub group: bool,
    /// The full names of the modules that it is for.
    pub modules: Vec<Arc<str>>,
    /// The arguments, not rendered.
    pub args: Value,
}

/// The keywords that blocks, roles and plays pass on. `None` and empty mean: nobody said.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// Conditions, outermost first; all must hold. Texts (expressions without braces) or booleans.
    pub when: Vec<Value>,
    /// Tags: the union of all levels. May hold templates.
    pub tags: Vec<Value>,
    /// `vars` of imports, includes, blocks and the task, outermost first.
    pub vars: Vec<Arc<Vars>>,
    /// `vars` of the dynamic includes that brought the task in, outermost first; these count above `set_fact` too.
    pub include_params: Vec<Arc<Vars>>,
    /// `module_defaults` of play, blocks and task, outermost first.
    pub module_defaults: Vec<Arc<ModuleDefaults>>,
    /// `collections`: where modules and roles without a collection's name are looked for.
    pub collections: Option<Arc<Vec<Text>>>,
    /// `environment` of play, blocks and task, outermost first; each a map or a template giving one.
    pub environment: Vec<Value>,
    /// `become`.
    pub become_: Option<Value>,
    /// `become_user`.
    pub become_user: Option<Value>,
    /// `become_method`.
    pub become_method: Option<Value>,
    /// `become_flags`.
    pub become_flags: Option<Value>,
    /// `become_exe`.
    pub become_exe: Option<Value>,
    /// `connection`.
    pub connection: Option<Value>,
    /// `remote_user`.
    pub remote_user: Option<Value>,
    /// `port`.
    pub port: Option<Value>,
    /// `delegate_to`.
    pub delegate_to: Option<Value>,
    /// `delegate_facts`.
    pub delegate_facts: Option<Value>,
    /// `run_once`.
    pub run_once: Option<Value>,
    /// `ignore_errors`.
    pub ignore_errors: Option<Value>,
    /// `ignore_unreachable`.
    pub ignore_unreachable: Option<Value>,
    /// `no_log`.
    pub no_log: Option<Value>,
    /// `check_mode`.
    pub check_mode: Option<Value>,
    /// `diff`.
    pub diff: Option<Value>,
    /// `any_errors_fatal` of blocks and tasks.
    pub any_errors_fatal: Option<Value>,
    /// `throttle`.
    pub throttle: Option<Value>,
    /// `timeout`, in seconds.
    pub timeout: Option<Value>,
    /// `debugger`: always, never, on_failed, on_unreachable or on_skipped.
    pub debugger: Option<Value>,
}
