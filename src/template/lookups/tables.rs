//! Lookups in tables: CSV and INI files.

use super::Lookup;
use super::terms::{Options, pairs};
use crate::template::bind::{Bound, Params};
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::files;
use crate::template::python::{self, regex};
use crate::template::val::Val;
use std::path::PathBuf;
use warp_agent::configparser::{Form, Ini, Misread};
use warp_agent::encoding::Encoding;

const CSV: Params = &["file", "delimiter", "col", "keycol", "default", "encoding"];
const INI: Params = &[
    "file",
    "section",
    "type",
    "re",
    "default",
    "encoding",
    "case_sensitive",
    "allow_no_value",
    "allow_none",
    "interpolation",
];

pub(super) const TABLE: &[Lookup] = &[Lookup::new("csvfile", CSV, csvfile), Lookup::new("ini", INI, ini)];

/// A file's text in an encoding.
fn read(path: Option<PathBuf>, name: &str, encoding: &str) -> R<String> {
    let path = path.ok_or_else(|| {
        // Python's words come after the name that they lack.
        Fail::new(format!("'{name}' was not found: expected str, bytes or os.PathLike object, not NoneType"))
    })?;
    let encoding = Encoding::named(encoding).map_err(Fail::new)?;
    let bytes =
        std::fs::read(&path).map_err(|e| Fail::new(format!("Unable to read '{}': {e}", path.display())))?;
    Ok(encoding.decode(&bytes))
}

/// `lookup('csvfile', KEY, file=...)`: a cell of the first row whose key column is KEY.
fn csvfile(env: &Env, terms: Vec<Val>, bound: &Bound) -> R<Vec<Val>> {
    if terms.is_empty() {
        return Err(Fail::new("Search key is required but was not found"));
    }
    let mut options = Options::of("csvfile", bound);
    let mut found = Vec::new();
    for term in terms {
        let parts = pairs(&python::to_str(&term)?)?;
        let key = parts.rest.ok_or_else(|| Fail::new("Search key is required but was not found"))?;
        options.write(CSV, parts.pairs)?;
        let file = options.text("file", "ansible.csv")?;
        let text = read(files::find(env, "files", &file), &file, &options.text("encoding", "utf-8")?)?;
        let delimiter = match options.text("delimiter", "TAB")?.as_str() {
            "TAB" | "\t" => b'\t',
            one if one.len() == 1 => one.bytes().next().unwrap_or(b','),
            _ => return Err(Fail::new("\"delimiter\" must be a 1-character string")),
        };
        let column =
            |name: &str, default| Ok(usize::try_from(options.int(name, default)?).unwrap_or(usize::MAX));
        let (column, key_column) = (column("col", 1)?, column("keycol", 0)?);
        match cell(&text, delimiter, &key, key_column, column)? {
            Some(cell) => found.push(Val::from(cell)),
            None => match options.get("default") {
                Some(default) if default.as_seq().is_some() => found.extend(default.iter()?),
                Some(default) => found.push(default),
                None => {}
            },
        }
    }
    Ok(found)
}

fn cell(text: &str, delimiter: u8, key: &str, key_column: usize, column: usize) -> R<Option<String>> {
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let short = || Fail::new("list index out of range");
    for row in rows.records() {
        let row = row.map_err(|e| Fail::new(e.to_string()))?;
        if row.get(key_column).ok_or_else(short)? == key {
            return row.get(column).map(|cell| Some(cell.to_owned())).ok_or_else(short);
        }
    }
    Ok(None)
}

/// `lookup('ini', KEY, section=..., file=...)`: the value of a key, or with `re` of all keys that match.
fn ini(env: &Env, terms: Vec<Val>, bound: &Bound) -> R<Vec<Val>> {
    let mut options = Options::of("ini", bound);
    let mut found = Vec::new();
    for term in terms {
        let term = python::to_str(&term)?;
        let key =
            if term.contains('=') || term.trim().contains(' ') { inline(&term, &mut options)? } else { term };
        let file = options.text("file", "ansible.ini")?;
        let mut text = read(files::find(env, "files", &file), &file, &options.text("encoding", "utf-8")?)?;
        let mut section = options.text("section", "global")?;
        if options.text("type", "ini")? == "properties" {
            text.insert_str(0, "[java_properties]\n");
            "java_properties".clone_into(&mut section);
        }
        let no_value = options.flag("allow_no_value", options.flag("allow_none", false)?)?;
        let form = Form { case_sensitive: options.flag("case_sensitive", false)?, no_value };
        let ini = Ini::parse(&text, form).map_err(|misread| {
            Fail::new(match misread {
                Misread::Twice(why) => format!("Duplicate option in {}: {why}", python::repr_str(&file)),
                Misread::Other(why) => why,
            })
        })?;
        let no_section = || {
            let (section, file) = (python::repr_str(&section), python::repr_str(&file));
            Fail::new(format!("No section {section} in {file}."))
        };
        let interpolate = options.flag("interpolation", true)?;
        if options.flag("re", false)? {
            let pattern = regex::compile(&key, false, false)?;
            for (name, value) in
                ini.items(&section, interpolate).ok_or_else(no_section)?.map_err(Fail::new)?
            {
                if regex::search(&pattern, &name)?.is_some_and(|m| m.get(0).is_some_and(|m| m.start() == 0))
                    && let Some(value) = value
                {
                    found.push(Val::from(value));
                }
            }
            continue;
        }
        if !ini.sections().any(|known| known == section) {
            return Err(no_section());
        }
        match ini.get(&section, &key, interpolate).map_err(Fail::new)? {
            Some(value) => found.extend(value.map(Val::from)),
            None => match options.get("default") {
                Some(default) if default.as_seq().is_some() => found.extend(default.iter()?),
                Some(default) => found.push(default),
                None => found.push(Val::str("")),
            },
        }
    }
    Ok(found)
}

/// `KEY section=NAME file=NAME ...` in one term; words after a value that has no `=` belong to it.
fn inline(term: &str, options: &mut Options<'_>) -> R<String> {
    let mut words: Vec<String> = Vec::new();
    for word in term.split_whitespace() {
        let starts = INI.iter().any(|name| word.contains(&format!("{name}=")));
        match words.last_mut() {
            Some(last) if !starts && !word.contains('=') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    let mut key = None;
    let mut pairs = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) => pairs.push((name.to_owned(), value.to_owned())),
            None => key = key.or(Some(word)),
        }
    }
    if let Some((name, _)) = pairs.iter().find(|(name, _)| !INI.contains(&name.as_str())) {
        return Err(Fail::new(format!("'{name}' is not a valid option.")));
    }
    options.write(INI, pairs)?;
    key.ok_or_else(|| {
        Fail::new(format!(
            "No key to look up was provided as first term within string inline options: {term}"
        ))
    })
}
