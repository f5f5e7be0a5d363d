//! Jinja's own tests.

use super::{Test, find};
use crate::template::ast::Cmp;
use crate::template::bind::Bound;
use crate::template::depth::Nested;
use crate::template::fail::{Fail, Kind, R};
use crate::template::filters;
use crate::template::python::ops;
use crate::template::val::Val;
use std::rc::Rc;

const OTHER: &[&str] = &["other"];

pub(super) const TABLE: &[Test] = &[
    Test::new("defined", &[], |_, v, _| undefined(v).map(|u| !u)).takes_markers(),
    Test::new("undefined", &[], |_, v, _| undefined(v)).takes_markers(),
    Test::new("none", &[], |_, v, _| Ok(v.is_none())),
    Test::new("boolean", &[], |_, v, _| Ok(matches!(v, Val::Bool(_)))),
    Test::new("true", &[], |_, v, _| Ok(matches!(v, Val::Bool(true)))),
    Test::new("false", &[], |_, v, _| Ok(matches!(v, Val::Bool(false)))),
    Test::new("integer", &[], |_, v, _| Ok(matches!(v, Val::Int(_)))),
    Test::new("float", &[], |_, v, _| Ok(matches!(v, Val::Float(_)))),
    Test::new("number", &[], |_, v, _| Ok(matches!(v, Val::Int(_) | Val::Float(_) | Val::Bool(_)))),
    Test::new("string", &[], |_, v, _| Ok(matches!(v, Val::Str(_)))),
    Test::new("mapping", &[], |_, v, _| Ok(v.is_mapping())),
    Test::new("iterable", &[], |_, v, _| Ok(v.iter().is_ok())),
    Test::new("sequence", &[], |_, v, _| {
        Ok(matches!(v, Val::Str(_) | Val::List(_) | Val::Tuple(_) | Val::Range(..)) || v.is_mapping())
    }),
    Test::new("callable", &[], |_, v, _| Ok(matches!(&v, Val::Object(o) if o.callable()))),
    Test::new("sameas", OTHER, |_, v, b| same(&v, &b.need("other")?)),
    Test::new("escaped", &[], |_, _, _| Ok(false)),
    Test::new("lower", &[], |_, v, _| cased(&v, char::is_uppercase, char::is_lowercase)),
    Test::new("upper", &[], |_, v, _| cased(&v, char::is_lowercase, char::is_uppercase)),
    Test::new("even", &[], |_, v, _| remainder(&v, 2).map(|r| r == 0)),
    Test::new("odd", &[], |_, v, _| remainder(&v, 2).map(|r| r == 1)),
    Test::new("divisibleby", &["num"], |_, v, b| remainder(&v, b.int("num", 0)?).map(|r| r == 0)),
    Test::new("in", &["seq"], |_, v, b| ops::contains(&b.need("seq")?, &v)),
    Test::new("filter", &[], |_, v, _| Ok(v.as_str().is_some_and(|n| filters::find(n).is_some()))),
    Test::new("test", &[], |_, v, _| Ok(v.as_str().is_some_and(|n| find(n).is_some()))),
    Test::new("eq", OTHER, |_, v, b| compare(Cmp::Eq, &v, &b)),
    Test::new("equalto", OTHER, |_, v, b| compare(Cmp::Eq, &v, &b)),
    Test::new("==", OTHER, |_, v, b| compare(Cmp::Eq, &v, &b)),
    Test::new("ne", OTHER, |_, v, b| compare(Cmp::Ne, &v, &b)),
    Test::new("!=", OTHER, |_, v, b| compare(Cmp::Ne, &v, &b)),
    Test::new("lt", OTHER, |_, v, b| compare(Cmp::Lt, &v, &b)),
    Test::new("lessthan", OTHER, |_, v, b| compare(Cmp::Lt, &v, &b)),
    Test::new("<", OTHER, |_, v, b| compare(Cmp::Lt, &v, &b)),
    Test::new("le", OTHER, |_, v, b| compare(Cmp::Le, &v, &b)),
    Test::new("<=", OTHER, |_, v, b| compare(Cmp::Le, &v, &b)),
    Test::new("gt", OTHER, |_, v, b| compare(Cmp::Gt, &v, &b)),
    Test::new("greaterthan", OTHER, |_, v, b| compare(Cmp::Gt, &v, &b)),
    Test::new(">", OTHER, |_, v, b| compare(Cmp::Gt, &v, &b)),
    Test::new("ge", OTHER, |_, v, b| compare(Cmp::Ge, &v, &b)),
    Test::new(">=", OTHER, |_, v, b| compare(Cmp::Ge, &v, &b)),
];

/// Whether it is not there; a failure of another kind is neither there nor not.
fn undefined(v: Val) -> R<bool> {
    match v {
        Val::Marker(f) if f.kind() == Kind::Undefined => Ok(true),
        other => other.ok().map(|_| false),
    }
}

fn compare(op: Cmp, v: &Val, b: &Bound) -> R<bool> {
    let other = b.need("other")?;
    if matches!(op, Cmp::Eq | Cmp::Ne) {
        whole(v)?;
        whole(&other)?;
    }
    ops::compare(op, v, &other)
}

/// Fails where anything inside has failed: whoever compares whole containers looks at all of them.
fn whole(v: &Val) -> R<()> {
    let _nested = Nested::enter()?;
    match v.entries() {
        Some(entries) => entries.iter().try_for_each(|(_, v)| whole(v)),
        None => match v {
            Val::Marker(f) => Err(f.clone()),
            Val::Range(..) => Ok(()),
            v => v.as_seq().unwrap_or_default().iter().try_for_each(whole),
        },
    }
}

/// `a is b`: the one `None`, the same small values, the same container.
fn same(a: &Val, b: &Val) -> R<bool> {
    match (a, b) {
        (Val::List(x), Val::List(y)) => Ok(Rc::ptr_eq(x, y)),
        (Val::Dict(x), Val::Dict(y)) => Ok(Rc::ptr_eq(x, y)),
        _ => Ok(a.type_name() == b.type_name() && ops::eq(a, b)?),
    }
}

fn cased(v: &Val, not: fn(char) -> bool, some: fn(char) -> bool) -> R<bool> {
    let s = crate::template::python::to_str(v)?;
    Ok(s.chars().any(some) && !s.chars().any(not))
}

fn remainder(v: &Val, by: i128) -> R<i128> {
    match v {
        Val::Int(i) if by != 0 => Ok(i.rem_euclid(by)),
        Val::Bool(b) if by != 0 => Ok(i128::from(*b).rem_euclid(by)),
        Val::Float(f) if by != 0 && f.fract() == 0.0 => Ok((*f as i128).rem_euclid(by)),
        Val::Float(_) => Ok(-1),
        Val::Int(_) | Val::Bool(_) => Err(Fail::new("integer modulo by zero")),
        other => {
            Err(Fail::new(format!("unsupported operand type(s) for %: '{}' and 'int'", other.type_name())))
        }
    }
}
