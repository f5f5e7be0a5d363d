//! Lookups that read: the environment, files, templates, commands.

use super::Lookup;
use crate::process;
use crate::template::bind::Bound;
use crate::template::env::{Env, Layered};
use crate::template::fail::{Fail, R};
use crate::template::globals::MANDATORY;
use crate::template::options::FileOptions;
use crate::template::val::Val;
use crate::template::{Notice, files, python};
use crate::value::{Origin, Tags, Text, Value};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use warp_agent::utf8;

pub(super) const TABLE: &[Lookup] = &[
    Lookup::new("env", &["default"], env).takes_markers(),
    Lookup::new("file", &["lstrip", "rstrip"], file),
    Lookup::new(
        "template",
        &[
            "template_vars",
            "convert_data",
            "variable_start_string",
            "variable_end_string",
            "comment_start_string",
            "comment_end_string",
            "jinja2_native",
            "trim_blocks",
            "lstrip_blocks",
        ],
        template,
    ),
    Lookup::new("pipe", &[], pipe),
    Lookup::new("lines", &[], lines),
    Lookup::new("unvault", &[], unvault),
];

fn env(_: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let mut found = Vec::new();
    for term in terms {
        let name = python::to_str(&term.ok()?)?;
        let name = name.split_whitespace().next().unwrap_or_default();
        found.push(match std::env::var_os(name) {
            Some(value) => of_environment(name, &value.to_string_lossy()),
            None => match options.get("default") {
                Some(Val::Marker(f)) if f.message() == MANDATORY => {
                    let why = format!("The environment variable {} is not set.", python::repr_str(name));
                    Val::Marker(Fail::undefined(why))
                }
                Some(Val::Str(default)) => of_environment(name, default),
                Some(default) => default.clone(),
                None => of_environment(name, ""),
            },
        });
    }
    Ok(found)
}

/// A text that an environment variable gives.
fn of_environment(name: &str, value: &str) -> Val {
    let origin = Origin::Named(format!("<environment variable {}>", python::repr_str(name)).into());
    Val::Str(Text::tagged(value, Tags { origin: Some(origin), ..Tags::default() }))
}

fn file(env: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let (left, right) = (options.flag("lstrip", false)?, options.flag("rstrip", true)?);
    let mut found = Vec::new();
    for term in terms {
        let name = python::to_str(&term)?;
        let path = files::find(env, "files", &name).ok_or_else(|| {
            Fail::new(format!(
                "Unable to access the file '{name}': File not found. Use -vvvvv to see paths searched."
            ))
        })?;
        env.tell(Notice::Verbose(4, format!("File lookup using {} as file", path.display())));
        found.push(Val::str(python::strings::strip(&files::read_any(env, &path)?, None, left, right)));
    }
    Ok(found)
}

fn unvault(env: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let text = |term: &Val| {
        let name = python::to_str(term)?;
        let path = files::find(env, "files", &name)
            .ok_or_else(|| Fail::new(format!("Unable to find file matching \"{name}\" ")))?;
        env.tell(Notice::Verbose(4, format!("Unvault lookup found {}", path.display())));
        files::read_any(env, &path).map(Val::from)
    };
    terms.iter().map(text).collect()
}

fn template(env: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let mut syntax = FileOptions::default();
    let texts = [
        ("variable_start_string", &mut syntax.variable_start_string),
        ("variable_end_string", &mut syntax.variable_end_string),
        ("comment_start_string", &mut syntax.comment_start_string),
        ("comment_end_string", &mut syntax.comment_end_string),
    ];
    for (name, place) in texts {
        if let Some(v) = options.some(name) {
            *place = python::to_str(v)?;
        }
    }
    syntax.trim_blocks = options.flag("trim_blocks", true)?;
    syntax.lstrip_blocks = options.flag("lstrip_blocks", false)?;
    let extra = match options.some("template_vars") {
        Some(v) => match v.finish()? {
            Value::Map(m) => m,
            _ => return Err(Fail::new("template_vars must be a dict")),
        },
        None => Arc::default(),
    };
    let mut extra = Arc::unwrap_or_clone(extra);
    if env.scope().get("ansible_managed").is_none() {
        extra.entry("ansible_managed".into()).or_insert_with(|| Value::data("Ansible managed"));
    }
    let env = Layered::over(env, &Arc::new(extra));
    let mut found = Vec::new();
    for term in terms {
        let name = python::to_str(&term)?;
        let path = files::find(&env, "templates", &name).ok_or_else(|| {
            Fail::new(format!("the template file {name} could not be found for the lookup"))
        })?;
        env.tell(Notice::Verbose(4, format!("File lookup using {} as file", path.display())));
        let whole = files::whole(&path)?;
        let text = Text::source(whole.source.text(), whole.clone());
        // An empty file is no template; one that emits nothing gives None.
        found.push(if text.as_str().is_empty() {
            Val::str("")
        } else {
            files::native(&env, &text, &syntax)?
        });
    }
    Ok(found)
}

fn pipe(env: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let outputs = terms.iter().map(|term| output("pipe", env, term));
    outputs.map(|printed| Ok(Val::str(decoded(printed?)?.trim_end()))).collect()
}

fn lines(env: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let mut found = Vec::new();
    for term in &terms {
        let text = utf8::text(&output("lines", env, term)?);
        found.extend(python::splitlines(&text).into_iter().map(Val::from));
    }
    Ok(found)
}

/// What a shell command prints, run in the playbook's folder.
fn output(lookup: &str, env: &Env, term: &Val) -> R<Vec<u8>> {
    let command = python::to_str(term)?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(&command).stdin(Stdio::null());
    // The playbook's folder is the last of the search path.
    if let Some(folder) = env.scope().search_path().pop() {
        shell.current_dir(folder);
    }
    let output = process::output(&mut shell).map_err(|e| Fail::new(format!("cannot run {command}: {e}")))?;
    if !output.status.success() {
        // As Python tells of a signal.
        let signal = || output.status.signal().map_or(-1, |signal| -signal);
        let code = output.status.code().unwrap_or_else(signal);
        return Err(Fail::new(format!("lookup_plugin.{lookup}({command}) returned {code}")));
    }
    Ok(output.stdout)
}

/// The text of these bytes, or what Python says of the first that are none.
fn decoded(bytes: Vec<u8>) -> R<String> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let byte = e.as_bytes().get(at).copied().unwrap_or_default();
        let count = e.utf8_error().error_len().unwrap_or(e.as_bytes().len() - at);
        let why = match e.utf8_error().error_len() {
            None => "unexpected end of data",
            Some(_) if matches!(byte, 0x80..=0xc1 | 0xf5..) => "invalid start byte",
            Some(_) => "invalid continuation byte",
        };
        let which = match count {
            1 => format!("byte 0x{byte:02x} in position {at}"),
            _ => format!("bytes in position {at}-{}", at + count - 1),
        };
        Fail::new(format!("'utf-8' codec can't decode {which}: {why}"))
    })
}
