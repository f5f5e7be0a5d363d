//! Filters on paths.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::val::Val;
use crate::template::{files, glob, python};
use std::path::Path;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("basename", &[], |_, v, _| on(&v, |p| p.rsplit('/').next().unwrap_or_default().to_owned())),
    Filter::new("dirname", &[], |_, v, _| on(&v, dirname)),
    Filter::new("splitext", &[], splitext),
    Filter::new("expanduser", &[], |_, v, _| on(&v, |p| files::expand_user(p).display().to_string())),
    Filter::new("expandvars", &[], |_, v, _| on(&v, expand_vars)),
    Filter::new("realpath", &[], |_, v, _| on(&v, realpath)),
    Filter::new("relpath", &["start"], relpath),
    Filter::new("normpath", &[], |_, v, _| on(&v, normal)),
    Filter::new("path_join", &[], |_, v, _| match &v {
        Val::Str(_) => Ok(v),
        other if other.as_seq().is_some_and(|parts| parts.is_empty()) => {
            Err(Fail::new("join() missing 1 required positional argument: 'a'"))
        }
        other => Ok(join(&texts(other, "|path_join expects string or sequence")?).into()),
    }),
    Filter::new("commonpath", &[], commonpath),
    Filter::new("fileglob", &[], |_, v, _| {
        let found = glob::files(&python::to_str(&v)?);
        Ok(Val::list(found.into_iter().map(|p| p.display().to_string().into()).collect()))
    }),
    Filter::new("win_basename", &[], |_, v, _| {
        on(&v, |p| p.rsplit(['\\', '/']).next().unwrap_or_default().to_owned())
    }),
    Filter::new("win_dirname", &[], |_, v, _| {
        on(&v, |p| {
            let head = p.rfind(['\\', '/']).and_then(|i| p.get(..=i)).unwrap_or_default();
            let trimmed = head.trim_end_matches(['\\', '/']);
            if trimmed.is_empty() || trimmed.ends_with(':') { head.to_owned() } else { trimmed.to_owned() }
        })
    }),
    Filter::new("win_splitdrive", &[], |_, v, _| {
        let path = python::to_str(&v)?;
        let drive = if path.get(1..2) == Some(":") { 2 } else { 0 };
        let (drive, rest) = path.split_at(drive);
        Ok(Val::tuple(vec![drive.into(), rest.into()]))
    }),
];

fn on(v: &Val, f: impl Fn(&str) -> String) -> R {
    Ok(f(path(v)?).into())
}

/// What Python's functions on paths take.
fn path(v: &Val) -> R<&str> {
    v.as_str()
        .ok_or_else(|| Fail::new(format!("expected str, bytes or os.PathLike object, not {}", v.type_name())))
}

fn dirname(p: &str) -> String {
    let head = p.rfind('/').and_then(|i| p.get(..=i)).unwrap_or_default();
    let trimmed = head.trim_end_matches('/');
    if trimmed.is_empty() { head.to_owned() } else { trimmed.to_owned() }
}

fn splitext(_: &Env, v: Val, _: Bound) -> R {
    let path = path(&v)?;
    let name_at = path.rfind('/').map_or(0, |i| i + 1);
    let name = path.get(name_at..).unwrap_or_default();
    let leading = name.len() - name.trim_start_matches('.').len();
    let dot = name.rfind('.').filter(|i| *i >= leading && *i > 0);
    let (root, ext) = path.split_at(dot.map_or(path.len(), |i| name_at + i));
    Ok(Val::tuple(vec![root.into(), ext.into()]))
}

fn expand_vars(p: &str) -> String {
    let mut out = String::new();
    let mut rest = p;
    while let Some((head, tail)) = rest.split_once('$') {
        out.push_str(head);
        let braced = tail.strip_prefix('{').and_then(|t| t.split_once('}'));
        let (name, written, after) = match braced {
            Some((name, after)) => (name, format!("${{{name}}}"), after),
            None => {
                let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
                let (name, after) = tail.split_at(end);
                (name, format!("${name}"), after)
            }
        };
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => out.push_str(&value),
            _ => out.push_str(&written),
        }
        rest = after;
    }
    out + rest
}

/// `os.path.normpath`.
pub(crate) fn normal(p: &str) -> String {
    let lead = match p.len() - p.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in p.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|l| *l != "..") => drop(parts.pop()),
            ".." if !lead.is_empty() => {}
            other => parts.push(other),
        }
    }
    match format!("{lead}{}", parts.join("/")) {
        s if s.is_empty() => ".".to_owned(),
        s => s,
    }
}

fn absolute(p: &str) -> String {
    if p.starts_with('/') {
        return normal(p);
    }
    let here = std::env::current_dir().map(|d| d.display().to_string()).unwrap_or_default();
    normal(&format!("{here}/{p}"))
}

/// As far as the path exists, without symbolic links; the rest as it stands.
fn realpath(p: &str) -> String {
    let whole = absolute(p);
    let mut head = Path::new(&whole);
    let mut tail = Vec::new();
    loop {
        if let Ok(real) = head.canonicalize() {
            let mut real = real;
            real.extend(tail.iter().rev());
            return real.display().to_string();
        }
        match (head.parent(), head.file_name()) {
            (Some(parent), Some(name)) => {
                tail.push(name.to_owned());
                head = parent;
            }
            _ => return whole,
        }
    }
}

fn relpath(_: &Env, v: Val, b: Bound) -> R {
    let (path, start) = (absolute(path(&v)?), absolute(&b.text("start", ".")?));
    let parts = |p: &str| p.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, start) = (parts(&path), parts(&start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let mut made = vec!["..".to_owned(); start.len() - common];
    made.extend(path.into_iter().skip(common));
    Ok(if made.is_empty() { ".".to_owned() } else { made.join("/") }.into())
}

fn texts(v: &Val, expected: &str) -> R<Vec<String>> {
    let items = v
        .as_seq()
        .ok_or_else(|| Fail::new(format!("{expected}, got <class '{}'> instead.", v.type_name())))?;
    items.iter().map(|item| path(item).map(str::to_owned)).collect()
}

/// `os.path.join`.
pub(crate) fn join(parts: &[String]) -> String {
    let mut path = String::new();
    for part in parts {
        if part.starts_with('/') {
            path.clear();
        } else if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(part);
    }
    path
}

fn commonpath(_: &Env, v: Val, _: Bound) -> R {
    let paths = texts(&v, "|commonpath expects sequence")?;
    let rooted = paths.iter().filter(|p| p.starts_with('/')).count();
    if paths.is_empty() {
        return Err(Fail::new("commonpath() arg is an empty sequence"));
    }
    if rooted != 0 && rooted != paths.len() {
        return Err(Fail::new("Can't mix absolute and relative paths"));
    }
    let split: Vec<Vec<&str>> =
        paths.iter().map(|p| p.split('/').filter(|s| !s.is_empty() && *s != ".").collect()).collect();
    let mut common = split.first().cloned().unwrap_or_default();
    for parts in &split {
        let same = common.iter().zip(parts).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    Ok(format!("{}{}", if rooted > 0 { "/" } else { "" }, common.join("/")).into())
}
