//! The keywords of the language: where each may stand, whether warp does it, and how values pass down.

use super::plan::{Inherited, Keywords};
use crate::error::{Error, did_you_mean};
use crate::value::yaml::Node;
use crate::value::{Text, Value, Vars};
use std::sync::Arc;

/// Where a keyword may stand; the levels that a row of the table allows are or-ed.
pub(super) type Levels = u8;
pub(super) const PLAY: Levels = 1;
pub(super) const ROLE: Levels = 2;
pub(super) const BLOCK: Levels = 4;
pub(super) const TASK: Levels = 8;
pub(super) const HANDLER: Levels = 16;
/// `import_playbook`.
pub(super) const IMPORT: Levels = 32;
/// `include_tasks` and `include_role`, which take fewer keywords than tasks.
pub(super) const INCLUDE: Levels = 64;

const ALL: Levels = PLAY | INNER | IMPORT;
const INNER: Levels = ROLE | BLOCK | TASK | HANDLER;
const TASKS: Levels = TASK | HANDLER;

/// Every keyword of ansible-core 2.19, and where it may stand.
const TABLE: &[(&str, Levels)] = &[
    ("action", TASKS | INCLUDE),
    ("always", BLOCK),
    ("any_errors_fatal", ALL),
    ("args", TASKS | INCLUDE),
    ("async", TASKS),
    ("become", ALL),
    ("become_exe", ALL),
    ("become_flags", ALL),
    ("become_method", ALL),
    ("become_user", ALL),
    ("block", BLOCK),
    ("changed_when", TASKS),
    ("check_mode", ALL),
    ("collections", PLAY | INNER | INCLUDE),
    ("connection", ALL),
    ("debugger", ALL | INCLUDE),
    ("delay", TASKS),
    ("delegate_facts", INNER),
    ("delegate_to", INNER),
    ("diff", ALL),
    ("environment", ALL),
    ("fact_path", PLAY),
    ("failed_when", TASKS),
    ("force_handlers", PLAY),
    ("gather_facts", PLAY),
    ("gather_subset", PLAY),
    ("gather_timeout", PLAY),
    ("handlers", PLAY),
    ("hosts", PLAY),
    ("ignore_errors", ALL | INCLUDE),
    ("ignore_unreachable", ALL),
    ("import_playbook", IMPORT),
    ("listen", HANDLER),
    ("local_action", TASKS),
    ("loop", TASKS | INCLUDE),
    ("loop_control", TASKS | INCLUDE),
    ("max_fail_percentage", PLAY),
    ("module_defaults", ALL),
    ("name", ALL | INCLUDE),
    ("no_log", ALL | INCLUDE),
    ("notify", BLOCK | TASKS),
    ("order", PLAY),
    ("poll", TASKS),
    ("port", ALL),
    ("post_tasks", PLAY),
    ("pre_tasks", PLAY),
    ("register", TASKS | INCLUDE),
    ("remote_user", ALL),
    ("rescue", BLOCK),
    ("retries", TASKS),
    ("role", ROLE),
    ("roles", PLAY),
    ("run_once", ALL | INCLUDE),
    ("serial", PLAY),
    ("strategy", PLAY),
    ("tags", ALL | INCLUDE),
    ("tasks", PLAY),
    ("throttle", ALL),
    ("timeout", ALL | INCLUDE),
    ("until", TASKS),
    ("user", PLAY),
    ("vars", ALL | INCLUDE),
    ("vars_files", PLAY),
    ("vars_prompt", PLAY),
    ("when", INNER | IMPORT | INCLUDE),
];

/// Whether `name` is a keyword at one of these levels.
pub(super) fn is_keyword(name: &str, levels: Levels) -> bool {
    TABLE.iter().any(|(n, l)| *n == name && l & levels != 0)
}

/// The keywords that may stand at a level.
pub(super) fn names_at(level: Levels) -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter(move |(_, l)| l & level != 0).map(|(n, _)| *n)
}

/// Checks that `key` may stand at this level; `class` is Ansible's name for what it stands in (`Task`).
pub(super) fn check(key: &Node, level: Levels, class: &str) -> Result<(), Error> {
    let Some(name) = key.as_str() else {
        return Err(Error::input(format!("a keyword of a {class} must be a string, not {}", key.describe()))
            .at(key.span.clone()));
    };
    if is_keyword(name, level) {
        return Ok(());
    }
    let error = Error::input(format!("'{name}' is not a valid attribute for a {class}")).at(key.span.clone());
    let places = [(PLAY, "plays"), (ROLE, "roles"), (BLOCK, "blocks"), (TASK, "tasks")];
    let places: Vec<_> =
        places.iter().filter(|(l, _)| is_keyword(name, *l)).map(|(_, place)| *place).collect();
    Err(match did_you_mean(name, names_at(level)) {
        _ if !places.is_empty() => error.hint(format!("it is a keyword of {}", places.join(", "))),
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// A value as a list: a list's items, or the value alone; nothing gives none.
pub(super) fn listed(node: Option<&Node>) -> Vec<Value> {
    match node {
        None => Vec::new(),
        Some(node) if node.is_null() => Vec::new(),
        Some(node) => match node.as_list() {
            Some(items) => items.iter().map(Node::to_value).collect(),
            None => vec![node.to_value()],
        },
    }
}

/// Names as a list of texts; other scalars are taken as their text.
pub(super) fn names(node: Option<&Node>) -> Vec<Text> {
    listed(node)
        .into_iter()
        .filter_map(|value| match value {
            Value::Text(text) => Some(text),
            Value::Int(i) => Some(Text::data(i.to_string())),
            Value::Bool(b) => Some(Text::data(if b { "True" } else { "False" })),
            _ => None,
        })
        .collect()
}

/// Tags: a list, or a string split at commas.
pub(super) fn tags(node: Option<&Node>) -> Vec<Value> {
    listed(node)
        .into_iter()
        .flat_map(|value| match &value {
            Value::Text(text) if text.as_str().contains(',') && !text.is_template() => text
                .as_str()
                .split(',')
                .map(|part| Value::Text(Text::source(part.trim(), text.span().cloned())))
                .collect(),
            Value::Text(_) => vec![value],
            _ => vec![Value::data(serde_json::Value::from(&value).to_string())],
        })
        .collect()
}

/// The keywords that `node` itself says; `vars` only where the level layers them with its tasks'.
pub(super) fn own(node: &Node, vars: Option<Arc<Vars>>) -> Keywords {
    let one = |name: &str| node.get(name).filter(|n| !n.is_null()).map(Node::to_value);
    Keywords {
        when: listed(node.get("when")),
        tags: tags(node.get("tags")),
        vars: vars.into_iter().filter(|v| !v.is_empty()).collect(),
        include_params: Vec::new(),
        environment: listed(node.get("environment")),
        module_defaults: Vec::new(),
        collections: node.get("collections").map(|n| Arc::new(names(Some(n)))),
        become_: one("become"),
        become_user: one("become_user"),
        become_method: one("become_method"),
        become_flags: one("become_flags"),
        become_exe: one("become_exe"),
        connection: one("connection"),
        remote_user: one("remote_user"),
        port: one("port"),
        delegate_to: one("delegate_to"),
        delegate_facts: one("delegate_facts"),
        run_once: one("run_once"),
        ignore_errors: one("ignore_errors"),
        ignore_unreachable: one("ignore_unreachable"),
        no_log: one("no_log"),
        check_mode: one("check_mode"),
        diff: one("diff"),
        any_errors_fatal: one("any_errors_fatal"),
        throttle: one("throttle"),
        timeout: one("timeout"),
        debugger: one("debugger"),
    }
}

impl Keywords {
    /// These keywords inside of `outer`: conditions, variables and environments add up, tags unite, and of all else the
    /// nearest wins.
    #[must_use]
    pub fn within(self, outer: &Keywords) -> Keywords {
        let chain = |above: &[Value], own: Vec<Value>| above.iter().cloned().chain(own).collect::<Vec<_>>();
        let mut tags = outer.tags.clone();
        for tag in self.tags {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        macro_rules! nearest {
            ($($name:ident),*) => {
                Keywords {
                    when: chain(&outer.when, self.when),
                    tags,
                    vars: outer.vars.iter().cloned().chain(self.vars).collect(),
                    include_params: outer.include_params.iter().cloned().chain(self.include_params).collect(),
                    environment: chain(&outer.environment, self.environment),
                    module_defaults: outer.module_defaults.iter().cloned().chain(self.module_defaults).collect(),
                    $($name: self.$name.or_else(|| outer.$name.clone()),)*
                }
            };
        }
        nearest!(
            become_,
            become_user,
            become_method,
            become_flags,
            become_exe,
            connection,
            remote_user,
            port,
            delegate_to,
            delegate_facts,
            run_once,
            ignore_errors,
            ignore_unreachable,
            no_log,
            check_mode,
            diff,
            any_errors_fatal,
            throttle,
            timeout,
            debugger,
            collections
        )
    }

    /// Whether a failure with these keywords surely ends the run.
    fn surely_runs(&self) -> bool {
        self.when.is_empty()
            && matches!(self.ignore_errors, None | Some(Value::Bool(false)))
            && !self
                .tags
                .iter()
                .any(|t| t.as_str() == Some("never") || matches!(t, Value::Text(t) if t.is_template()))
    }
}

impl Inherited {
    /// What the steps inside a level with these keywords inherit.
    #[must_use]
    pub fn inner(&self, own: Keywords, notify: Option<Vec<Text>>) -> Inherited {
        let unconditional = self.unconditional && own.surely_runs();
        Inherited {
            keywords: own.within(&self.keywords),
            notify: notify.or_else(|| self.notify.clone()),
            blocks: Arc::clone(&self.blocks),
            unconditional,
        }
    }
}
