//! What expressions compute with: Python's values, containers shared and mutable as Python's are.
//!
//! A container made from a variable keeps its elements raw until somebody looks at them; then an author's text is
//! rendered, once. Nothing here leaves the room: `Val::finish` makes the final `Value`.

use super::clock::Time;
use super::depth::Nested;
use super::env::Env;
use super::fail::{Fail, Kind, R};
use crate::value::{Key, Map, Moment, Text, Value};
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A value inside a template.
#[derive(Clone)]
pub(crate) enum Val {
    /// A failure that nobody has touched yet.
    Marker(Fail),
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Text),
    List(Rc<List>),
    Tuple(Rc<Vec<Val>>),
    Dict(Rc<Dict>),
    /// `range(start, stop, step)`.
    Range(i128, i128, i128),
    /// `omit`.
    Omit,
    /// Everything with behaviour of its own: functions, macros, `loop`, namespaces.
    Object(Rc<dyn Object>),
}

/// A thing with attributes or a call.
pub(crate) trait Object {
    /// Its Python type's name.
    fn type_name(&self) -> &'static str;
    /// An attribute.
    fn attr(&self, _name: &str) -> Option<Val> {
        None
    }
    /// Sets an attribute; only namespaces can.
    fn set_attr(&self, _name: &str, _value: Val) -> bool {
        false
    }
    /// Calls it; `None` when it is not callable.
    fn call(&self, _env: &Env, _args: Args) -> Option<R> {
        None
    }
    /// Calls a method of its own.
    fn method(&self, _name: &str, _args: &Args) -> Option<R> {
        None
    }
    /// The date or time that it is.
    fn moment(&self) -> Option<Moment> {
        None
    }
    /// The time that it is, for arithmetic.
    fn time(&self) -> Option<Time> {
        None
    }
    /// Whether it can be called.
    fn callable(&self) -> bool {
        false
    }
    /// Its entries, when it is a mapping.
    fn entry(&self, _key: &Key) -> Option<Val> {
        None
    }
    /// Its keys, when it is a mapping.
    fn keys(&self) -> Option<Vec<Key>> {
        None
    }
    /// As `str()` shows it.
    fn show(&self) -> String {
        format!("<{}>", self.type_name())
    }
}

/// The arguments of a call.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) pos: Vec<Val>,
    pub(crate) kw: Vec<(Arc<str>, Val)>,
}

/// An element of a container.
#[derive(Clone)]
pub(crate) enum Slot {
    Ready(Val),
    Raw(Value, Env),
}

impl Slot {
    fn force(&mut self) -> Val {
        if let Slot::Raw(value, env) = self {
            let made = env.lift(value);
            *self = Slot::Ready(made);
        }
        match self {
            Slot::Ready(val) => val.clone(),
            Slot::Raw(..) => Val::None,
        }
    }
}

impl Slot {
    /// The final value.
    fn finish(mut self) -> R<Value> {
        self.force().finish()
    }
}

impl From<Val> for Slot {
    fn from(v: Val) -> Self {
        Slot::Ready(v)
    }
}

/// A list.
#[derive(Default)]
pub(crate) struct List(pub(crate) RefCell<Vec<Slot>>);

impl List {
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The element at this index.
    pub(crate) fn get(&self, index: usize) -> Option<Val> {
        // Taken out while it renders: rendering may look at this list again.
        let mut slot = self.0.borrow().get(index)?.clone();
        let val = slot.force();
        if let Some(place) = self.0.borrow_mut().get_mut(index) {
            *place = slot;
        }
        Some(val)
    }

    /// All elements.
    pub(crate) fn items(&self) -> Vec<Val> {
        (0..self.len()).filter_map(|i| self.get(i)).collect()
    }
}

/// A dict.
#[derive(Default)]
pub(crate) struct Dict(pub(crate) RefCell<IndexMap<Key, Slot>>);

impl Dict {
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &Key) -> Option<Val> {
        let mut slot = self.0.borrow().get(key)?.clone();
        let pending = matches!(slot, Slot::Raw(..));
        let val = slot.force();
        if pending && let Some(place) = self.0.borrow_mut().get_mut(key) {
            *place = slot;
        }
        Some(val)
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.0.borrow().keys().cloned().collect()
    }

    /// All entries.
    pub(crate) fn items(&self) -> Vec<(Key, Val)> {
        self.keys()
            .into_iter()
            .filter_map(|k| {
                let v = self.get(&k)?;
                Some((k, v))
            })
            .collect()
    }

    pub(crate) fn insert(&self, key: Key, value: Val) {
        self.0.borrow_mut().insert(key, Slot::Ready(value));
    }
}

impl Val {
    pub(crate) fn str(s: impl Into<Arc<str>>) -> Val {
        Val::Str(Text::data(s))
    }

    pub(crate) fn list(items: Vec<Val>) -> Val {
        Val::List(Rc::new(List(RefCell::new(items.into_iter().map(Slot::Ready).collect()))))
    }

    pub(crate) fn tuple(items: Vec<Val>) -> Val {
        Val::Tuple(Rc::new(items))
    }

    pub(crate) fn dict(entries: impl IntoIterator<Item = (Key, Val)>) -> Val {
        Val::Dict(Rc::new(Dict(RefCell::new(
            entries.into_iter().map(|(k, v)| (k, Slot::Ready(v))).collect(),
        ))))
    }

    /// A dict under string keys.
    pub(crate) fn record<'a>(entries: impl IntoIterator<Item = (&'a str, Val)>) -> Val {
        Val::dict(entries.into_iter().map(|(k, v)| (Key::from(k), v)))
    }

    pub(crate) fn object(object: impl Object + 'static) -> Val {
        Val::Object(Rc::new(object))
    }

    /// Python's name of its type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Val::Marker(f) if f.kind() == Kind::Undefined => "UndefinedMarker",
            Val::Marker(_) => "CapturedExceptionMarker",
            Val::None => "NoneType",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int",
            Val::Float(_) => "float",
            Val::Str(_) => "str",
            Val::List(_) => "list",
            Val::Tuple(_) => "tuple",
            Val::Dict(_) => "dict",
            Val::Range(..) => "range",
            Val::Omit => "Omit",
            Val::Object(o) => o.type_name(),
        }
    }

    /// A failure as a value.
    pub(crate) fn captured(fail: Fail) -> Val {
        Val::Marker(fail.captured())
    }

    /// The value, unless it is a failure.
    pub(crate) fn ok(self) -> R {
        match self {
            Val::Marker(fail) => Err(fail),
            other => Ok(other),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Val::Str(s) => Some(s),
            _ => None,
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Val::None)
    }

    /// The time that it is, if it is one.
    pub(crate) fn time(&self) -> Option<Time> {
        match self {
            Val::Object(o) => o.time(),
            _ => None,
        }
    }

    /// The date or time that it is, if it is one.
    pub(crate) fn moment(&self) -> Option<Moment> {
        match self {
            Val::Object(o) => o.moment(),
            _ => None,
        }
    }

    /// The elements of a list or tuple, and nothing else.
    pub(crate) fn as_seq(&self) -> Option<Vec<Val>> {
        match self {
            Val::List(l) => Some(l.items()),
            Val::Tuple(t) => Some(t.to_vec()),
            // More would be a mistake, or an attack on the controller's memory.
            Val::Range(a, b, c) if range_len(*a, *b, *c) <= 1 << 24 => Some(range_items(*a, *b, *c)),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<Vec<(Key, Val)>> {
        match self {
            Val::Dict(d) => Some(d.items()),
            Val::Object(o) => Some(
                o.keys()?
                    .into_iter()
                    .filter_map(|k| {
                        let v = o.entry(&k)?;
                        Some((k, v))
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    pub(crate) fn is_mapping(&self) -> bool {
        match self {
            Val::Dict(_) => true,
            Val::Object(o) => o.keys().is_some(),
            _ => false,
        }
    }

    /// The elements, none of them a failure.
    pub(crate) fn iter(&self) -> R<Vec<Val>> {
        self.each()?.into_iter().map(Val::ok).collect()
    }

    /// What `for x in` goes over; a failure among it is nobody's matter until somebody looks.
    pub(crate) fn each(&self) -> R<Vec<Val>> {
        match self {
            Val::Marker(f) => Err(f.clone()),
            Val::Str(s) => Ok(s.chars().map(|c| Val::str(c.to_string())).collect()),
            Val::Dict(d) => Ok(d.keys().into_iter().map(Val::from).collect()),
            Val::Object(o) if o.keys().is_some() => {
                Ok(o.keys().unwrap_or_default().into_iter().map(Val::from).collect())
            }
            other => other
                .as_seq()
                .ok_or_else(|| Fail::new(format!("'{}' object is not iterable", other.type_name()))),
        }
    }

    /// As a dict's key.
    pub(crate) fn key(&self) -> R<Key> {
        Ok(match self {
            Val::None => Key::Null,
            Val::Bool(b) => Key::Bool(*b),
            Val::Int(i) => Key::Int(*i),
            Val::Float(f) => Key::Float(f.to_bits()),
            Val::Str(s) => Key::Str(s.shared()),
            Val::Marker(f) => return Err(f.clone()),
            Val::Object(o) if let Some(moment) = o.moment() => Key::from(moment.to_string()),
            other => return Err(Fail::new(format!("unhashable type: '{}'", other.type_name()))),
        })
    }

    /// Whether Python holds it for true.
    pub(crate) fn truthy(&self) -> R<bool> {
        Ok(match self {
            Val::Marker(f) => return Err(f.clone()),
            Val::None => false,
            Val::Bool(b) => *b,
            Val::Int(i) => *i != 0,
            Val::Float(f) => *f != 0.0,
            Val::Str(s) => !s.is_empty(),
            Val::List(l) => l.len() != 0,
            Val::Tuple(t) => !t.is_empty(),
            Val::Dict(d) => d.len() != 0,
            Val::Range(a, b, c) => range_len(*a, *b, *c) != 0,
            Val::Omit => true,
            Val::Object(o) => o.keys().is_none_or(|k| !k.is_empty()),
        })
    }

    /// The final value: everything rendered; a text is an author's only where it passed through as it was; `omit` drops out of containers.
    pub(crate) fn finish(&self) -> R<Value> {
        let _nested = Nested::enter()?;
        Ok(match self {
            Val::Marker(f) => return Err(f.clone()),
            Val::None => Value::Null,
            Val::Bool(b) => Value::Bool(*b),
            Val::Int(i) => Value::Int(*i),
            Val::Float(f) => Value::Float(*f),
            Val::Str(s) => Value::Text(s.clone()),
            Val::List(l) => {
                let slots = l.0.borrow().clone();
                let items = slots.into_iter().map(Slot::finish);
                Value::list(items.filter(|v| !v.as_ref().is_ok_and(super::is_omit)).collect::<R<_>>()?)
            }
            Val::Tuple(_) => Value::list(
                self.as_seq()
                    .unwrap_or_default()
                    .iter()
                    .filter(|v| !matches!(v, Val::Omit))
                    .map(Val::finish)
                    .collect::<R<_>>()?,
            ),
            Val::Omit => super::omit(),
            Val::Dict(d) => {
                let slots = d.0.borrow().clone();
                let mut map = Map::new();
                for (k, slot) in slots {
                    let value = slot.finish()?;
                    if !super::is_omit(&value) {
                        map.insert(k, value);
                    }
                }
                Value::map(map)
            }
            Val::Object(_) if self.is_mapping() => {
                let mut map = Map::new();
                for (k, v) in self.entries().unwrap_or_default() {
                    if !matches!(v, Val::Omit) {
                        map.insert(k, v.finish()?);
                    }
                }
                Value::map(map)
            }
            Val::Object(o) if let Some(moment) = o.moment() => Value::Moment(moment),
            other => {
                return Err(Fail::new(format!(
                    "Type '{}' is unsupported for variable storage.",
                    other.type_name()
                )));
            }
        })
    }
}

/// The length of a range.
pub(crate) fn range_len(start: i128, stop: i128, step: i128) -> usize {
    let span = if step > 0 { stop.saturating_sub(start) } else { start.saturating_sub(stop) };
    let step = step.unsigned_abs().max(1);
    if span <= 0 { 0 } else { usize::try_from(span.unsigned_abs().div_ceil(step)).unwrap_or(usize::MAX) }
}

fn range_items(start: i128, stop: i128, step: i128) -> Vec<Val> {
    (0..range_len(start, stop, step)).map(|i| Val::Int(start + step * i as i128)).collect()
}

impl From<Key> for Val {
    fn from(k: Key) -> Self {
        match k {
            Key::Null => Val::None,
            Key::Bool(b) => Val::Bool(b),
            Key::Int(i) => Val::Int(i),
            Key::Float(bits) => Val::Float(f64::from_bits(bits)),
            Key::Str(s) => Val::str(s),
        }
    }
}

impl From<bool> for Val {
    fn from(b: bool) -> Self {
        Val::Bool(b)
    }
}

impl From<usize> for Val {
    fn from(i: usize) -> Self {
        Val::Int(i as i128)
    }
}

impl From<i64> for Val {
    fn from(i: i64) -> Self {
        Val::Int(i128::from(i))
    }
}

impl From<f64> for Val {
    fn from(f: f64) -> Self {
        Val::Float(f)
    }
}

impl From<&str> for Val {
    fn from(s: &str) -> Self {
        Val::str(s)
    }
}

impl From<String> for Val {
    fn from(s: String) -> Self {
        Val::str(s)
    }
}

impl From<Vec<Val>> for Val {
    fn from(l: Vec<Val>) -> Self {
        Val::list(l)
    }
}
