//! The machine's own facts: `*.fact` files, programs or data, JSON or INI.

use super::platform::one;
use super::{Gather, read};
use crate::command::Command;
use crate::configparser::{Form, Ini};
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

/// Sections with their values, those of `[DEFAULT]` in every one.
///
/// Nothing where it has another form; the inner error is why a value in it cannot be replaced.
fn ini(text: &str) -> Option<Result<Value, String>> {
    let ini = Ini::parse(text, Form::default()).ok()?;
    let section = |name: &str| {
        let option = |key: &str| {
            let value = ini.get(name, key, true)?.flatten();
            Ok((key.to_owned(), value.map_or(Value::Null, Value::from)))
        };
        let options: Result<Map, String> = ini.options(name).map(option).collect();
        Ok((name.to_owned(), Value::Map(options?)))
    };
    let facts: Result<Map, String> = ini.sections().map(section).collect();
    Some(facts.map(Value::Map))
}
