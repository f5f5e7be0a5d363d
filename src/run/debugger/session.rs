//! A debugger's session: the task as the user changes it, and expressions over it.

use super::super::end::HostEnd;
use super::super::keyword::Rendered;
use super::super::{Shared, args};
use super::Next;
use super::command::{Command, HELP};
use super::names::{Changed, Names, plain};
use super::pretty::pretty;
use crate::error::{Error, Result};
use crate::event::StepInfo;
use crate::play::{Action, Task};
use crate::template::Scope;
use crate::value::{Key, Map, Text, Value, Vars};
use std::sync::Arc;

/// One visit to the debugger.
pub(super) struct Session<'a> {
    run: &'a Shared,
    written: &'a Task,
    task: Arc<Task>,
    name: String,
    host: String,
    scope: Arc<dyn Scope>,
    result: Value,
    /// The task's arguments: rendered where they could be.
    args: Map,
    /// Whether they are no longer those of the task.
    changed: bool,
    /// Variables that the user set in `task_vars`.
    task_vars: Vars,
    /// Names that the user set.
    own: Vars,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        run: &'a Shared,
        written: &'a Task,
        task: &Arc<Task>,
        step: &StepInfo,
        end: &HostEnd,
        scope: Arc<dyn Scope>,
    ) -> Self {
        let raw = || task.action.args.iter().map(|(k, v)| (Key::from(Arc::clone(k)), plain(v))).collect();
        let r = Rendered { engine: &run.engine, scope: &scope };
        // What an item of a loop had is not the task's.
        let rendered = if task.loops.is_none() { args::render(run, task, r).ok() } else { None };
        Session {
            run,
            written,
            task: Arc::clone(task),
            name: step.name.to_string(),
            host: end.host.to_string(),
            result: plain(&Value::map(end.result.clone())),
            args: rendered.unwrap_or_else(raw),
            changed: false,
            task_vars: Vars::new(),
            own: Vars::new(),
            scope,
        }
    }

    /// The task as it is to run again.
    pub(super) fn task(&self) -> Arc<Task> {
        if !self.changed {
            return Arc::clone(&self.task);
        }
        let own = self.args.iter().map(|(k, v)| (Arc::from(k.to_string()), v.clone())).collect();
        let action = Action { args: own, variable_args: None, ..self.task.action.clone() };
        Arc::new(Task { action, ..Task::clone(&self.task) })
    }

    /// Does what the user said, and says what is to be said.
    pub(super) fn run(&mut self, command: &Command<'_>) -> Next {
        let done = match *command {
            Command::Continue | Command::Quit => return Next::Continue,
            Command::Redo => return Next::Redo,
            Command::Help(topic) => {
                help(topic);
                Ok(())
            }
            Command::Print("task") => {
                anstream::println!("TASK: {}", self.name);
                Ok(())
            }
            Command::Print("host") => {
                anstream::println!("{}", self.host);
                Ok(())
            }
            Command::Print(expression) => {
                self.evaluate(expression).map(|value| anstream::println!("{}", pretty(&value)))
            }
            Command::Evaluate(expression) => self.evaluate(expression).map(|value| {
                if !value.is_null() {
                    anstream::println!("{}", pretty(&value));
                }
            }),
            Command::Assign(target, expression) => {
                self.evaluate(expression).and_then(|value| self.assign(target, Some(value)))
            }
            Command::Delete(target) => self.assign(target, None),
            Command::Update => self.update(),
        };
        if let Err(error) = done {
            anstream::println!("***{}", error.message());
        }
        Next::Stay
    }

    fn evaluate(&self, expression: &str) -> Result<Value> {
        let names = Names {
            scope: Arc::clone(&self.scope),
            task: self.described(),
            host: Value::data(self.host.as_str()),
            result: self.result.clone(),
            task_vars: self.task_vars.clone(),
            own: self.own.clone(),
        };
        let names: Arc<dyn Scope> = Arc::new(names);
        self.run.engine.evaluate(&Text::source(expression, None), &names)
    }

    /// What `task` is in expressions.
    fn described(&self) -> Value {
        let task = &self.task;
        let listed = |values: &[Value]| Value::list(values.iter().map(plain).collect());
        let keyword = |value: &Option<Value>| value.as_ref().map(plain).unwrap_or_default();
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(Key::from(key), value);
        put("name", Value::data(self.name.as_str()));
        put("action", Value::data(task.action.written.shared()));
        put("args", Value::map(self.args.clone()));
        put("when", listed(&task.keywords.when));
        put("tags", listed(&task.keywords.tags));
        put("register", task.register.as_ref().map(|r| Value::data(r.shared())).unwrap_or_default());
        put("until", listed(&task.until));
        put("retries", keyword(&task.retries));
        put("delay", keyword(&task.delay));
        put("ignore_errors", keyword(&task.keywords.ignore_errors));
        put("delegate_to", keyword(&task.keywords.delegate_to));
        put("become", keyword(&task.keywords.become_));
        put("check_mode", keyword(&task.keywords.check_mode));
        Value::map(map)
    }

    /// Sets what an expression names to a value, or removes it.
    fn assign(&mut self, target: &str, value: Option<Value>) -> Result<()> {
        let (root, keys) = self.place(target)?;
        match (root.as_str(), keys.as_slice()) {
            ("task.args", keys) => {
                self.changed = true;
                let args = put(&Value::map(self.args.clone()), keys, value)?;
                let Value::Map(args) = args else {
                    return Err(Error::input("the arguments must be a map"));
                };
                self.args = Map::clone(&args);
            }
            ("task_vars", [Key::Str(name), keys @ ..]) => {
                let old = self.task_vars.get(name).cloned().or_else(|| self.scope.get(name));
                match (keys, value) {
                    ([], None) => drop(self.task_vars.shift_remove(name)),
                    (keys, value) => {
                        let new = put(&plain(&old.unwrap_or_default()), keys, value)?;
                        self.task_vars.insert(Arc::clone(name), new);
                    }
                }
            }
            ("task_vars" | "task" | "host" | "result", _) => {
                return Err(Error::input(format!("{target} cannot be set"))
                    .help("set task.args, entries of it, entries of task_vars, or names of your own"));
            }
            (name, keys) if !name.contains('.') => {
                let old = self.own.get(name).cloned().unwrap_or_default();
                match (keys, value) {
                    ([], None) => drop(self.own.shift_remove(name)),
                    (keys, value) => {
                        self.own.insert(Arc::from(name), put(&old, keys, value)?);
                    }
                }
            }
            _ => return Err(Error::input(format!("{target} cannot be set"))),
        }
        Ok(())
    }

    /// `task.args["a"][0]` as `task.args` and its keys.
    fn place(&self, target: &str) -> Result<(String, Vec<Key>)> {
        let (root, rest) =
            target.split_at_checked(target.find('[').unwrap_or(target.len())).unwrap_or_default();
        if rest.is_empty() {
            return Ok((root.trim().to_owned(), Vec::new()));
        }
        // Subscripts that follow one another read as a list of lists: `["a"][0]` is `["a"], [0]`.
        let keys = self.evaluate(&format!("[{}]", rest.replace("][", "],[")))?;
        let keys = keys.as_list().unwrap_or_default().iter().map(|key| match key.as_list() {
            Some([Value::Text(text)]) => Ok(Key::Str(text.shared())),
            Some([Value::Int(index)]) => Ok(Key::Int(*index)),
            _ => Err(Error::input(format!("{target} has a key that is neither text nor number"))),
        });
        Ok((root.trim().to_owned(), keys.collect::<Result<_>>()?))
    }

    /// Renders the arguments as written, with the changed variables.
    fn update(&mut self) -> Result<()> {
        let changed = Changed { scope: Arc::clone(&self.scope), vars: self.task_vars.clone() };
        let scope: Arc<dyn Scope> = Arc::new(changed);
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        self.args = args::render(self.run, self.written, r)?;
        self.changed = true;
        Ok(())
    }
}

/// A value with what lies under these keys set, or removed.
fn put(value: &Value, keys: &[Key], new: Option<Value>) -> Result<Value> {
    let missing = |key: &Key| Error::input(format!("KeyError: there is no {key}"));
    let Some((key, rest)) = keys.split_first() else {
        return new.ok_or_else(|| Error::input("this cannot be removed"));
    };
    match (value, key) {
        (Value::List(items), Key::Int(index)) => {
            let mut items = items.to_vec();
            let at = if *index < 0 { index + items.len() as i128 } else { *index };
            let at = usize::try_from(at).ok().filter(|at| *at < items.len()).ok_or_else(|| missing(key))?;
            if rest.is_empty() && new.is_none() {
                items.remove(at);
            } else if let Some(item) = items.get_mut(at) {
                *item = put(item, rest, new)?;
            }
            Ok(Value::list(items))
        }
        (Value::Map(map), key) => {
            let mut map = Map::clone(map);
            if rest.is_empty() && new.is_none() {
                map.shift_remove(key).ok_or_else(|| missing(key))?;
            } else if rest.is_empty() {
                map.insert(key.clone(), new.unwrap_or_default());
            } else {
                let inner = map.get(key).ok_or_else(|| missing(key))?;
                let inner = put(inner, rest, new)?;
                map.insert(key.clone(), inner);
            }
            Ok(Value::map(map))
        }
        (other, _) => Err(Error::input(format!("a value of type '{}' has no entries", other.type_name()))),
    }
}

/// As Python's cmd lists and explains commands.
fn help(topic: &str) {
    match HELP.iter().find(|(name, _)| *name == topic) {
        Some((_, text)) => anstream::println!("{text}"),
        None if topic.is_empty() => {
            let mut names: Vec<&str> = HELP.iter().map(|(name, _)| *name).collect();
            names.push("update_task");
            let title = "Documented commands (type help <topic>):";
            anstream::println!("\n{title}\n{}\n{}\n", "=".repeat(title.len()), names.join("  "));
        }
        None => anstream::println!("*** No help on {topic}"),
    }
}
