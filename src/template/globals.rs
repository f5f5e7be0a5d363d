//! Global functions and names.

use super::bind::Bound;
use super::env::Env;
use super::fail::{Fail, R};
use super::lookups;
use super::python::{self, dicts, methods};
use super::val::{Args, Object, Val};
use crate::value::Key;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// A function.
pub(crate) struct Function {
    name: &'static str,
    /// Whether it looks at failures itself.
    markers: bool,
    run: fn(&Env, Args) -> R,
}

const fn function(name: &'static str, run: fn(&Env, Args) -> R) -> Function {
    Function { name, markers: false, run }
}

static FUNCTIONS: &[Function] = &[
    Function { name: "lookup", markers: true, run: |env, args| lookups::from_template(env, args, false) },
    Function { name: "query", markers: true, run: |env, args| lookups::from_template(env, args, true) },
    Function { name: "q", markers: true, run: |env, args| lookups::from_template(env, args, true) },
    Function { name: "undef", markers: true, run: |_, args| undef(args) },
    function("range", |_, args| range(&args)),
    function("dict", |_, args| dict(args)),
    function("namespace", |_, args| {
        Ok(Val::object(Namespace(entries(args)?.into_iter().collect::<HashMap<_, _>>().into())))
    }),
    function("cycler", |_, args| Ok(Val::object(Cycler { items: args.pos, at: Cell::new(0) }))),
    function("joiner", |_, args| joiner(args)),
    function("now", |_, args| super::clock::now(args)),
    // Never one of Jinja's; roles of 2017 call it all the same.
    function("split", |_, args| split(args)),
];

/// A global by name.
pub(crate) fn find(name: &str) -> Option<Val> {
    if name == "omit" {
        return Some(Val::Omit);
    }
    FUNCTIONS.iter().find(|f| f.name == name).map(|f| Val::object(Global(f)))
}

struct Global(&'static Function);

impl Object for Global {
    fn type_name(&self) -> &'static str {
        "function"
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, env: &Env, args: Args) -> Option<R> {
        if !self.0.markers
            && let Some(f) = super::eval::first_marker(&args)
        {
            return Some(Err(f));
        }
        Some((self.0.run)(env, args))
    }
}

fn range(args: &Args) -> R {
    let mut numbers = Vec::new();
    for v in &args.pos {
        match v {
            Val::Int(i) => numbers.push(*i),
            other => {
                return Err(Fail::new(format!(
                    "'{}' object cannot be interpreted as an integer",
                    other.type_name()
                )));
            }
        }
    }
    match numbers.as_slice() {
        [stop] => Ok(Val::Range(0, *stop, 1)),
        [start, stop] => Ok(Val::Range(*start, *stop, 1)),
        [_, _, 0] => Err(Fail::new("range() arg 3 must not be zero")),
        [start, stop, step] => Ok(Val::Range(*start, *stop, *step)),
        [] => Err(Fail::new("range expected at least 1 argument, got 0")),
        other => Err(Fail::new(format!("range expected at most 3 arguments, got {}", other.len()))),
    }
}

fn entries(args: Args) -> R<Vec<(Key, Val)>> {
    let mut made = match args.pos.first() {
        Some(v) => dicts::pairs(v)?,
        None => Vec::new(),
    };
    made.extend(args.kw.into_iter().map(|(k, v)| (Key::Str(k), v)));
    Ok(made)
}

fn dict(args: Args) -> R {
    entries(args).map(Val::dict)
}

/// What `undef()` without a hint says.
pub(crate) const MANDATORY: &str = "Mandatory variable has not been overridden";

fn undef(args: Args) -> R {
    let bound = Bound::new("undef", &["hint"], args)?;
    Ok(Val::Marker(Fail::undefined(match bound.some("hint") {
        Some(hint) => python::to_str(hint)?,
        None => MANDATORY.to_owned(),
    })))
}

fn split(args: Args) -> R {
    let mut args = args;
    if args.pos.is_empty() {
        return Err(Fail::new("split() missing 1 required positional argument"));
    }
    let of = args.pos.remove(0);
    methods::call(&of, "split", &args)
        .unwrap_or_else(|| Err(Fail::new(format!("'{}' object has no attribute 'split'", of.type_name()))))
}

/// What `{% set ns.x = 1 %}` may change from inside a loop.
struct Namespace(RefCell<HashMap<Key, Val>>);

impl Object for Namespace {
    fn type_name(&self) -> &'static str {
        "Namespace"
    }

    fn attr(&self, name: &str) -> Option<Val> {
        self.0.borrow().get(&Key::from(name)).cloned()
    }

    fn set_attr(&self, name: &str, value: Val) -> bool {
        self.0.borrow_mut().insert(Key::from(name), value);
        true
    }
}

struct Cycler {
    items: Vec<Val>,
    at: Cell<usize>,
}

impl Cycler {
    fn current(&self) -> R {
        let at = self.at.get().checked_rem(self.items.len());
        at.and_then(|i| self.items.get(i)).cloned().ok_or_else(|| Fail::new("no items for cycling given"))
    }
}

impl Object for Cycler {
    fn type_name(&self) -> &'static str {
        "Cycler"
    }

    fn attr(&self, name: &str) -> Option<Val> {
        (name == "current").then(|| self.current().unwrap_or_else(Val::captured))
    }

    fn method(&self, name: &str, _args: &Args) -> Option<R> {
        match name {
            "next" => {
                let current = self.current();
                self.at.set(self.at.get() + 1);
                Some(current)
            }
            "reset" => {
                self.at.set(0);
                Some(Ok(Val::None))
            }
            _ => None,
        }
    }
}

fn joiner(args: Args) -> R {
    let bound = Bound::new("joiner", &["sep"], args)?;
    Ok(Val::object(Joiner { separator: bound.text("sep", ", ")?.into(), used: Cell::new(false) }))
}

struct Joiner {
    separator: Arc<str>,
    used: Cell<bool>,
}

impl Object for Joiner {
    fn type_name(&self) -> &'static str {
        "Joiner"
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, _env: &Env, _args: Args) -> Option<R> {
        let text = if self.used.replace(true) { Val::str(Arc::clone(&self.separator)) } else { Val::str("") };
        Some(Ok(text))
    }
}
