//! Tests on results of tasks, on lists and on truth.

use super::Test;
use crate::template::bind::Bound;
use crate::template::fail::{Fail, R};
use crate::template::filters::to_boolean;
use crate::template::python::{self, ops, regex};
use crate::template::val::Val;
use crate::value::Key;

pub(super) const TABLE: &[Test] = &[
    Test::new("failed", &[], |_, v, _| flag(&v, "failed", "failed")),
    Test::new("failure", &[], |_, v, _| flag(&v, "failed", "failed")),
    Test::new("success", &[], |_, v, _| flag(&v, "failed", "failed").map(|f| !f)),
    Test::new("succeeded", &[], |_, v, _| flag(&v, "failed", "failed").map(|f| !f)),
    Test::new("successful", &[], |_, v, _| flag(&v, "failed", "failed").map(|f| !f)),
    Test::new("unreachable", &[], |_, v, _| flag(&v, "unreachable", "unreachable")),
    Test::new("reachable", &[], |_, v, _| flag(&v, "unreachable", "unreachable").map(|f| !f)),
    Test::new("skipped", &[], |_, v, _| flag(&v, "skipped", "skipped")),
    Test::new("skip", &[], |_, v, _| flag(&v, "skipped", "skipped")),
    Test::new("changed", &[], |_, v, _| changed(&v)),
    Test::new("change", &[], |_, v, _| changed(&v)),
    Test::new("started", &[], |_, v, _| asynchronous(&v, "started")),
    Test::new("finished", &[], |_, v, _| asynchronous(&v, "finished")),
    Test::new("timedout", &[], |_, v, _| {
        let timeout = field(&v, "timedout", "timedout")?;
        timeout.map_or(Ok(false), |t| t.truthy().map(|truth| truth && has_period(&t)))
    }),
    Test::new("match", PATTERN, |_, v, b| matches(&v, &b, Some("match"))),
    Test::new("search", PATTERN, |_, v, b| matches(&v, &b, Some("search"))),
    Test::new("regex", &["pattern", "ignorecase", "multiline", "match_type"], |_, v, b| {
        matches(&v, &b, None)
    }),
    Test::new("any", &[], |_, v, _| any(&v)),
    Test::new("all", &[], |_, v, _| {
        for item in v.each()? {
            if !item.truthy()? {
                return Ok(false);
            }
        }
        Ok(true)
    }),
    Test::new("subset", &["b"], |_, v, b| subset(&v, &b.need("b")?)),
    Test::new("issubset", &["b"], |_, v, b| subset(&v, &b.need("b")?)),
    Test::new("superset", &["b"], |_, v, b| superset(&v, &b.need("b")?)),
    Test::new("issuperset", &["b"], |_, v, b| superset(&v, &b.need("b")?)),
    Test::new("contains", &["value"], |_, v, b| {
        if v.as_seq().is_some() {
            v.iter()?;
        }
        ops::contains(&v, &b.need("value")?)
    }),
    Test::new("truthy", &["convert_bool"], |_, v, b| truth(&v, &b)),
    Test::new("falsy", &["convert_bool"], |_, v, b| truth(&v, &b).map(|t| !t)),
    Test::new("nan", &[], |_, v, _| Ok(matches!(v, Val::Float(f) if f.is_nan()))),
    Test::new("isnan", &[], |_, v, _| Ok(matches!(v, Val::Float(f) if f.is_nan()))),
];

const PATTERN: &[&str] = &["pattern", "ignorecase", "multiline"];

/// A result's field; what is no result is refused as Ansible does.
fn field(v: &Val, name: &str, test: &str) -> R<Option<Val>> {
    if !v.is_mapping() {
        return Err(Fail::new(format!("The '{test}' test expects a dictionary")));
    }
    python::access::by_key(v, &Key::from(name)).map(Val::ok).transpose()
}

fn flag(v: &Val, name: &str, test: &str) -> R<bool> {
    field(v, name, test)?.map_or(Ok(false), |f| f.truthy())
}

fn changed(v: &Val) -> R<bool> {
    if let Some(changed) = field(v, "changed", "changed")? {
        return changed.truthy();
    }
    let Some(Val::List(results)) = field(v, "results", "changed")? else { return Ok(false) };
    for result in results.items() {
        if !result.is_mapping() {
            return Ok(false);
        }
        if flag(&result, "changed", "changed")? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is not asynchronous counts as started and finished.
fn asynchronous(v: &Val, name: &str) -> R<bool> {
    field(v, name, name)?.map_or(Ok(true), |f| f.truthy())
}

fn has_period(timeout: &Val) -> bool {
    python::access::by_key(timeout, &Key::from("period")).is_some_and(|p| p.truthy().unwrap_or(false))
}

fn matches(v: &Val, b: &Bound, how: Option<&str>) -> R<bool> {
    let how = how.map_or_else(|| b.text("match_type", "search"), |h| Ok(h.to_owned()))?;
    if b.get("pattern").is_some_and(|pattern| pattern.as_str().is_none()) {
        return Err(Fail::new("first argument must be string or compiled pattern"));
    }
    let pattern = b.text("pattern", "")?;
    let pattern = match how.as_str() {
        "match" => format!("\\A(?:{pattern})"),
        "fullmatch" => format!("\\A(?:{pattern})\\Z"),
        _ => pattern,
    };
    let regex = regex::compile(&pattern, b.flag("ignorecase", false)?, b.flag("multiline", false)?)?;
    Ok(regex::search(&regex, &python::to_str(v)?)?.is_some())
}

fn any(v: &Val) -> R<bool> {
    for item in v.each()? {
        if item.truthy()? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn subset(a: &Val, b: &Val) -> R<bool> {
    let part = set(a)?;
    within(&part, &set(b)?)
}

fn superset(a: &Val, b: &Val) -> R<bool> {
    let all = set(a)?;
    within(&set(b)?, &all)
}

/// What Python would make a set of.
fn set(v: &Val) -> R<Vec<Val>> {
    let items = v.iter()?;
    items.iter().try_for_each(hashable)?;
    Ok(items)
}

fn within(part: &[Val], all: &[Val]) -> R<bool> {
    for item in part {
        if ops::position(all, item)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A tuple is as hashable as what it holds.
fn hashable(v: &Val) -> R<()> {
    match v {
        Val::Tuple(items) => items.iter().try_for_each(hashable),
        other => other.key().map(drop),
    }
}

fn truth(v: &Val, b: &Bound) -> R<bool> {
    if b.flag("convert_bool", false)?
        && let Some(converted) = to_boolean(v)
    {
        return Ok(converted);
    }
    v.truthy()
}
