//! Checked arguments, read by type.

use crate::convert;
use crate::expand;
use crate::spec::{Kind, Spec};
use crate::value::{Map, Value};
use std::path::{Path, PathBuf};

/// Whether ANSIBLE_UNSAFE_WRITES allows to write in place.
fn unsafe_by_environment(environment: &[(String, String)]) -> bool {
    const NAME: &str = "ANSIBLE_UNSAFE_WRITES";
    let given = environment.iter().rev().find(|(name, _)| name == NAME).map(|(_, value)| value.clone());
    let given = given.or_else(|| std::env::var(NAME).ok()).unwrap_or_default();
    convert::TRUE.contains(&given.trim().to_lowercase().as_str())
}

/// A module's arguments under their canonical names, already checked against its table (see `validate`).
#[derive(Clone, Debug, Default)]
pub struct Args {
    map: Map,
}

impl Args {
    /// Takes a checked map and expands `~` and `$VAR` in its paths, as seen with `environment` added to the process's
    /// own.
    #[must_use]
    pub fn new(spec: &Spec, mut map: Map, environment: &[(String, String)]) -> Self {
        for arg in spec.arguments() {
            let Some(value) = map.get_mut(arg.name) else { continue };
            match (arg.kind, arg.elements, value) {
                (Kind::Path, _, Value::Str(s)) => *s = expand::path(s, environment),
                (Kind::List, Some(Kind::Path), Value::List(items)) => {
                    for item in items {
                        if let Value::Str(s) = item {
                            *s = expand::path(s, environment);
                        }
                    }
                }
                _ => {}
            }
        }
        if spec.file_args && map.get("unsafe_writes").is_none_or(Value::is_null) {
            map.insert("unsafe_writes".to_owned(), unsafe_by_environment(environment).into());
        }
        Args { map }
    }

    /// The argument's value; `Null` when absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        self.map.get(name).unwrap_or(&Value::Null)
    }

    /// Whether it is there and not `Null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !self.get(name).is_null()
    }

    /// A text.
    #[must_use]
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// A text that the table requires or gives a default; empty when absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.str(name).unwrap_or_default()
    }

    /// A boolean; false when absent.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.bool(name).unwrap_or_default()
    }

    /// A boolean that may be absent.
    #[must_use]
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.get(name).as_bool()
    }

    /// An integer, if it is one and within range.
    #[must_use]
    pub fn int<T: TryFrom<i128>>(&self, name: &str) -> Option<T> {
        self.get(name).as_int().and_then(|i| T::try_from(i).ok())
    }

    /// A float; an integer is taken as one.
    #[must_use]
    pub fn float(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Value::Float(f) => Some(*f),
            Value::Int(i) => Some(*i as f64),
            _ => None,
        }
    }

    /// A path.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.str(name).map(Path::new)
    }

    /// A path that the table requires; empty when absent.
    #[must_use]
    pub fn path_buf(&self, name: &str) -> PathBuf {
        PathBuf::from(self.text(name))
    }

    /// A list; empty when absent.
    #[must_use]
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).as_list().unwrap_or_default()
    }

    /// The texts of a list; items of other types are left out.
    pub fn strings(&self, name: &str) -> impl Iterator<Item = &str> {
        self.list(name).iter().filter_map(Value::as_str)
    }

    /// All of them.
    #[must_use]
    pub fn map(&self) -> &Map {
        &self.map
    }
}
