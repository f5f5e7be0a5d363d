//! Filters by regular expression.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python::{self, regex};
use crate::template::val::Val;

pub(super) const TABLE: &[Filter] = &[
    Filter::new(
        "regex_replace",
        &["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"],
        replace,
    ),
    Filter::new("regex_search", &["regex", "*args", "**kwargs"], search),
    Filter::new("regex_findall", &["regex", "multiline", "ignorecase"], find_all),
    Filter::new("regex_escape", &["re_type"], escape),
];

fn replace(_: &Env, v: Val, b: Bound) -> R {
    let text = python::to_str(&v)?;
    let pattern = b.text("pattern", "")?;
    let regex = regex::compile(&pattern, b.flag("ignorecase", false)?, b.flag("multiline", false)?)?;
    if let Some(other) = b.get("replacement").filter(|given| given.as_str().is_none()) {
        let kind = other.type_name();
        return Err(Fail::new(format!("decoding to str: need a bytes-like object, {kind} found")));
    }
    let limit = usize::try_from(b.int("count", 0)?).unwrap_or(0);
    let (out, count) = regex::replace(&regex, &text, &b.text("replacement", "")?, limit)?;
    let wanted = b.int("mandatory_count", 0)?;
    if wanted != 0 && wanted != count as i128 {
        return Err(Fail::new(format!(
            "'{pattern}' should match {wanted} times, but matches {limit} times in '{text}'"
        )));
    }
    Ok(out.into())
}

fn search(_: &Env, v: Val, b: Bound) -> R {
    let text = python::to_str(&v)?;
    let flag = |name: &str| match b.extra.iter().find(|(k, _)| &**k == name) {
        Some((_, v)) => v.truthy(),
        None => Ok(false),
    };
    let regex = regex::compile(&b.need_text("regex")?, flag("ignorecase")?, flag("multiline")?)?;
    let found = regex::search(&regex, &text)?;
    let mut groups = Vec::new();
    for arg in &b.rest {
        let arg = python::to_str(arg)?;
        let unknown = || Fail::new("Unknown argument");
        let reference = arg.strip_prefix('\\').ok_or_else(unknown)?;
        let name = match reference.strip_prefix("g<").and_then(|r| r.strip_suffix('>')) {
            Some(name) => name,
            None if reference.starts_with(|c: char| c.is_ascii_digit()) => {
                reference.trim_end_matches(|c: char| !c.is_ascii_digit())
            }
            // Python's words for a reference that is none.
            None => return Err(Fail::new("'NoneType' object has no attribute 'group'")),
        };
        let Some(found) = &found else { continue };
        let group = match name.parse::<usize>() {
            Ok(n) if n < found.len() => found.get(n),
            Ok(_) => return Err(Fail::new("no such group")),
            Err(_) => found.name(name),
        };
        groups.push(group.map_or(Val::None, |m| m.as_str().into()));
    }
    let Some(found) = found else { return Ok(Val::None) };
    if groups.is_empty() {
        return Ok(found.get(0).map_or(Val::None, |m| m.as_str().into()));
    }
    Ok(Val::list(groups))
}

fn find_all(_: &Env, v: Val, b: Bound) -> R {
    let text = python::to_str(&v)?;
    let regex =
        regex::compile(&b.need_text("regex")?, b.flag("ignorecase", false)?, b.flag("multiline", false)?)?;
    let all = regex::matches(&regex, &text)?.into_iter().map(|captures| {
        let group = |i: usize| Val::from(captures.get(i).map_or("", |m| m.as_str()));
        match captures.len() {
            0 | 1 => group(0),
            2 => group(1),
            n => Val::tuple((1..n).map(group).collect()),
        }
    });
    Ok(Val::list(all.collect()))
}

fn escape(_: &Env, v: Val, b: Bound) -> R {
    let text = python::to_str(&v)?;
    let special = match b.text("re_type", "python")?.as_str() {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c",
        "posix_basic" => "].[^$*\\",
        other @ "posix_extended" => {
            return Err(Fail::new(format!("Regex type ({other}) not yet implemented")));
        }
        other => return Err(Fail::new(format!("Invalid regex type ({other})"))),
    };
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out.into())
}
