//! What expressions in the debugger can name.

use crate::template::Scope;
use crate::value::{Key, Map, Text, Value, Vars};
use std::path::PathBuf;
use std::sync::Arc;

/// The task's variables, the debugger's objects, and names that the user set.
pub(super) struct Names {
    pub scope: Arc<dyn Scope>,
    /// The task's name, action, arguments and keywords.
    pub task: Value,
    /// The host's name.
    pub host: Value,
    /// The task's result.
    pub result: Value,
    /// Variables that the user set in `task_vars`.
    pub task_vars: Vars,
    /// Names that the user set.
    pub own: Vars,
}

impl Names {
    /// Every variable as it is written, under those that the user set.
    fn all(&self) -> Value {
        let mut all = Map::new();
        for name in self.scope.names() {
            let value = self.scope.get(&name).unwrap_or_default();
            all.insert(Key::Str(name), plain(&value));
        }
        all.extend(self.task_vars.iter().map(|(name, value)| (Key::Str(Arc::clone(name)), value.clone())));
        Value::map(all)
    }
}

impl Scope for Names {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "task" => Some(self.task.clone()),
            "host" => Some(self.host.clone()),
            "result" => {
                let inner = [(Key::from("_return_data"), self.result.clone())];
                Some(Value::map(inner.into_iter().collect()))
            }
            "task_vars" => Some(self.all()),
            own => self.own.get(own).cloned(),
        }
    }

    fn names(&self) -> Vec<Arc<str>> {
        let objects = ["task", "host", "result", "task_vars"].map(Arc::from);
        self.own.keys().cloned().chain(objects).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.scope.search_path()
    }
}

/// The task's variables, with some of them changed.
pub(super) struct Changed {
    pub scope: Arc<dyn Scope>,
    /// Those that the user set.
    pub vars: Vars,
}

impl Scope for Changed {
    fn get(&self, name: &str) -> Option<Value> {
        self.vars.get(name).cloned().or_else(|| self.scope.get(name))
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.scope.names().into_iter().chain(self.vars.keys().cloned()).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.scope.search_path()
    }

    fn hosts(&self) -> Option<Vec<Arc<str>>> {
        self.scope.hosts()
    }

    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        self.scope.host(name)
    }
}

/// A value in which no text is a template any more: it is shown, not rendered.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(Text::data(text.shared())),
        Value::List(items) => Value::list(items.iter().map(plain).collect()),
        Value::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), plain(v))).collect()),
        other => other.clone(),
    }
}
