//! Templates and expressions, by minijinja with Python's and Ansible's ways.

use crate::error::Result;
use crate::value::{Text, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// Where a template finds its variables. Values may hold `Source` text: the engine renders it on access, recursively.
pub trait Scope: Send + Sync {
    /// The raw value of a variable.
    fn get(&self, name: &str) -> Option<Value>;
    /// The names of all variables, for did-you-mean, `vars` and `varnames`.
    fn names(&self) -> Vec<Arc<str>>;
    /// The folders in which lookups, `include` and `template` search, nearest first: each is searched with the
    /// sub-folder of the kind of file (`files`, `templates`, `vars`) and then itself.
    fn search_path(&self) -> Vec<PathBuf>;
    /// The names of the hosts that `hostvars` knows.
    fn hosts(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
    /// A host's own variables.
    fn host(&self, _name: &str) -> Option<Arc<dyn Scope>> {
        None
    }
}

/// `omit`.
#[must_use]
pub fn omit() -> Value {
    Value::Null
}

/// Whether a value is `omit`.
#[must_use]
pub fn is_omit(_value: &Value) -> bool {
    false
}

/// Renders. One for a run; cheap to share.
pub struct Engine {
    _private: (),
}

impl Engine {
    /// Renders a value: `Source` text as a template giving a native value, lists and maps in depth, all else as it is.
    /// What comes out is final: every string in it is `Data`.
    ///
    /// # Errors
    /// Undefined variables (`'x' is undefined`), errors of filters and lookups, with the place of the text.
    pub fn render(&self, _value: &Value, _scope: &Arc<dyn Scope>) -> Result<Value> {
        Err(crate::error::Error::other("not built"))
    }

    /// Evaluates a conditional: an expression without braces, or a boolean.
    ///
    /// # Errors
    /// As `render`.
    pub fn test(&self, _condition: &Value, _scope: &Arc<dyn Scope>) -> Result<bool> {
        Err(crate::error::Error::other("not built"))
    }

    /// Renders a template file's text to characters, keeping its final newline, as the template module does.
    ///
    /// # Errors
    /// As `render`, placed in the template's file.
    pub fn render_file(&self, _text: &Text, _scope: &Arc<dyn Scope>) -> Result<String> {
        Err(crate::error::Error::other("not built"))
    }
}
