//! The machine's own facts: `*.fact` files, programs or data, JSON or INI.

use super::platform::one;
use super::{Gather, read};
use crate::command::Command;
use crate::module::Failed;
use crate::python;
use crate::value::{Map, Value};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let dir = gather.fact_path.clone();
    let mut names: Vec<String> = read::names(&dir);
    names.retain(|name| name.ends_with(".fact") && !name.starts_with('.'));
    names.sort();
    let mut facts = Map::new();
    for name in names {
        let path = Path::new(&dir).join(&name);
        let value = match one_file(gather, &path) {
            Ok(value) => value,
            Err(problem) => {
                gather.warnings.push(problem.clone());
                problem.into()
            }
        };
        facts.insert(name.replace(".fact", ""), value);
    }
    Ok(one("local", facts))
}

/// What a file says; the error is both the warning and the fact's value.
fn one_file(gather: &mut Gather<'_, '_>, path: &Path) -> Result<Value, String> {
    let shown = path.display();
    let mode =
        path.metadata().map_err(|e| format!("Could not stat fact ({shown}): {e}"))?.permissions().mode();
    let bytes = if mode & 0o100 != 0 {
        let output = gather
            .cx
            .run(&Command::new([path]))
            .map_err(|e| format!("Could not execute fact script ({shown}): {}", e.msg()))?;
        if output.rc != 0 {
            return Err(format!(
                "Failure executing fact script ({shown}), rc: {}, err: {}",
                output.rc,
                output.stderr_text()
            ));
        }
        output.stdout
    } else {
        std::fs::read(path).unwrap_or_default()
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("error loading fact - output of running \"{shown}\" was not utf-8"))?;
    match serde_json::from_str(&text) {
        Ok(json) => Ok(python::from_json(json)),
        Err(_) => match ini(&text) {
            Some(Ok(facts)) => Ok(facts),
            Some(Err(why)) => {
                Err(format!("error loading facts as ini - please check content: {shown} ({why})"))
            }
            None => Err(format!("error loading facts as JSON or ini - please check content: {shown}")),
        },
    }
}

/// Python's `configparser`: sections of `key = value` or `key: value`, continued by indented lines, with the values
/// of `[DEFAULT]` in every section and `%(key)s` replaced.
///
/// Nothing where it has another form; the inner error is why a value in it cannot be replaced.
fn ini(text: &str) -> Option<Result<Value, String>> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let last = sections.last_mut().and_then(|(_, options)| options.last_mut());
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), last) {
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            if sections.iter().any(|(known, _)| known == name.0) {
                return None;
            }
            sections.push((name.0.to_owned(), Vec::new()));
            continue;
        }
        let at = trimmed.find(['=', ':'])?;
        let (key, value) = trimmed.split_at_checked(at)?;
        let value = value.trim_start_matches(['=', ':']);
        let key = key.trim().to_lowercase();
        let (_, options) = sections.last_mut()?;
        if key.is_empty() || options.iter().any(|(known, _)| *known == key) {
            return None;
        }
        options.push((key, value.trim().to_owned()));
    }
    let defaults: Vec<(String, String)> =
        sections.iter().filter(|(name, _)| name == "DEFAULT").flat_map(|(_, o)| o.clone()).collect();
    let mut facts = Map::new();
    for (name, mut options) in sections {
        if name == "DEFAULT" {
            continue;
        }
        for (key, value) in &defaults {
            if !options.iter().any(|(known, _)| known == key) {
                options.push((key.clone(), value.clone()));
            }
        }
        let mut section = Map::new();
        for (key, value) in &options {
            match interpolate(value, &options, 10) {
                Ok(value) => drop(section.insert(key.clone(), value.into())),
                Err(why) => return Some(Err(why)),
            }
        }
        facts.insert(name, section.into());
    }
    Some(Ok(facts.into()))
}

/// Replaces `%(key)s` and `%%`.
fn interpolate(value: &str, options: &[(String, String)], depth: u8) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let Some(named) = after.strip_prefix('(') else {
            return Err(format!("'%' must be followed by '%' or '(', found: '%{after}'"));
        };
        let (key, after) = named
            .split_once(")s")
            .ok_or_else(|| format!("bad interpolation variable reference '%({named}'"))?;
        let found = options.iter().find(|(known, _)| *known == key.to_lowercase());
        let (_, found) = found.ok_or_else(|| format!("bad value substitution: '{key}' is not there"))?;
        let depth = depth.checked_sub(1).ok_or("values that need each other")?;
        out.push_str(&interpolate(found, options, depth)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
