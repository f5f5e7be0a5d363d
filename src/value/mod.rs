//! Values of plays and variables, with where they came from.

mod convert;
pub mod json;
mod key;
pub mod literal;
mod moment;
mod place;
mod scalar;
pub mod split;
mod surrogates;
mod tags;
mod text;
mod vars;
pub mod vault;
pub mod yaml;
mod yaml_error;

pub use convert::{from_wire_map, python_repr, python_str};
pub use key::Key;
pub use moment::{Moment, zone_suffix};
pub use place::{place_in, place_near, place_of};
pub use scalar::is_plain_string;
pub use tags::{Origin, Sealing, Tags};
pub use text::Text;
pub use vars::{
    extend, find_vars_files, is_variable_name, merged, merges, normal, parse_vars, read_source, read_vars,
    read_vars_file, set_merge, vars_of,
};

use crate::error::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// An ordered map; YAML allows keys that are not strings.
pub type Map = IndexMap<Key, Value>;

/// Variables by name.
pub type Vars = IndexMap<Arc<str>, Value>;

/// A value. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Python's `None`, YAML's null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// A date, a time or both.
    Moment(Moment),
    /// A string; only one with the origin `Source` may be rendered as a template.
    Text(Text),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A map.
    Map(Arc<Map>),
}

impl Value {
    /// A list of these.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Self {
        Value::List(Arc::new(items))
    }

    /// A map of these.
    #[must_use]
    pub fn map(entries: Map) -> Self {
        Value::Map(Arc::new(entries))
    }

    /// A string that came back from a target or was computed: never rendered.
    #[must_use]
    pub fn data(s: impl Into<Arc<str>>) -> Self {
        Value::Text(Text::data(s))
    }

    /// The characters of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(t) => Some(t.as_str()),
            _ => None,
        }
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The value of an integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// The entries of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The entry of a map under a string key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map().and_then(|m| m.get(key))
    }

    /// Whether this is `Null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Where it was written, if it is a string that an author wrote.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        match self {
            Value::Text(t) => t.span(),
            _ => None,
        }
    }

    /// The name of its type as Python has it: `str`, `int`, `dict` ...
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Moment(m) => m.type_name(),
            Value::Text(_) => "str",
            Value::List(_) => "list",
            Value::Map(_) => "dict",
        }
    }

    /// Whether Python holds it for true.
    #[must_use]
    pub fn truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Float(f) => *f != 0.0,
            Value::Moment(_) => true,
            Value::Text(t) => !t.as_str().is_empty(),
            Value::List(l) => !l.is_empty(),
            Value::Map(m) => !m.is_empty(),
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

impl From<i128> for Value {
    fn from(i: i128) -> Self {
        Value::Int(i)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Value::Int(i128::from(i))
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Value::Float(f)
    }
}

impl From<Text> for Value {
    fn from(t: Text) -> Self {
        Value::Text(t)
    }
}

impl From<Vec<Value>> for Value {
    fn from(l: Vec<Value>) -> Self {
        Value::list(l)
    }
}

impl From<Map> for Value {
    fn from(m: Map) -> Self {
        Value::map(m)
    }
}
