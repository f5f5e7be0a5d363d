//! The lookup `config`: which value a setting has.

use super::Lookup;
use crate::config::definitions::{ConfigFile, Definition, Undefined, resolve};
use crate::error::{Error, Source};
use crate::template::PROTOMATTER;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::notice::Notice;
use crate::template::python;
use crate::template::val::Val;
use crate::value::{Map, Value};
use std::path::PathBuf;

pub(super) const TABLE: &[Lookup] = &[
    Lookup::new("config", &["on_missing", "plugin_type", "plugin_name", "show_origin"], config),
    Lookup::new("config", &[], tracebacks).of(PROTOMATTER),
];

fn config(env: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let text = |name: &str| options.some(name).map(python::to_str).transpose();
    let missing = text("on_missing")?.unwrap_or_else(|| "error".to_owned());
    if !["error", "warn", "skip"].contains(&missing.as_str()) {
        return Err(Fail::new(format!(
            "Invalid value {} for config 'on_missing' for 'config' lookup plugin.",
            python::repr_str(&missing)
        ))
        .help(Some("Valid values are: error, warn, skip".to_owned())));
    }
    let plugin = match (text("plugin_type")?, text("plugin_name")?) {
        (None, None) => None,
        (Some(kind), Some(name)) => Some((kind, name)),
        _ => {
            return Err(Fail::new(
                "Both plugin_type and plugin_name are required, cannot use one without the other.",
            ));
        }
    };
    let show_origin = options.flag("show_origin", false)?;
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(name) = &term else {
            let (shown, kind) = (python::repr(&term)?, term.type_name());
            return Err(Fail::new(format!(
                "Invalid setting identifier, {shown} is not a <class 'str'>, its a <class '{kind}'>."
            )));
        };
        let name = name.as_str();
        let (definition, label) = match &plugin {
            None => (Definition::find(name), python::repr_str(name)),
            Some((kind, plugin)) => {
                let label =
                    format!("{} for {} {kind} plugin", python::repr_str(name), python::repr_str(plugin));
                (Definition::among(&options_of(env, kind, plugin)?, name), label)
            }
        };
        let Some(definition) = definition else {
            let why = format!("No config definition exists for {label}.");
            match missing.as_str() {
                "error" => return Err(Fail::new(why)),
                "warn" => env.tell(Notice::warning(format!("Skipping {name}: {why}"))),
                _ => {}
            }
            continue;
        };
        let variable = |name: &str| env.scope().get(name).and_then(|v| env.lift(&v).finish().ok());
        let resolved =
            resolve(&definition, &label, ConfigFile::of_process(), &variable).map_err(|undefined| {
                match undefined {
                    Undefined::Required => Fail::new(format!("Required config {label} not provided.")),
                    Undefined::Invalid(error) => {
                        Fail::new(error.message()).help(error.help_lines().first().cloned())
                    }
                }
            })?;
        let value = env.lift(&resolved.value);
        found.push(if show_origin { Val::list(vec![value, resolved.origin.into()]) } else { value });
    }
    Ok(found)
}

/// The settings of a plugin: one of ansible.builtin, or a file of the play's that documents them.
fn options_of(env: &Env, kind: &str, name: &str) -> R<Map> {
    if let Some(options) = Definition::of_plugin(kind, name) {
        return Ok(options);
    }
    let unknown = || Fail::new(format!("Unable to load {kind} plugin {}.", python::repr_str(name)));
    let path = plugin_file(env, kind, name).ok_or_else(unknown)?;
    let told = |e: Error| Fail::new(e.message().to_owned());
    let source = crate::value::read_source(&path).map_err(told)?;
    let documented = documentation(source.text()).unwrap_or_default();
    Definition::documented(&Source::new(path, documented)).map_err(told)
}

/// The file of a plugin beside the play, in a role, or in the folders that are configured for its kind.
fn plugin_file(env: &Env, kind: &str, name: &str) -> Option<PathBuf> {
    let beside = env.scope().search_path().into_iter().map(|folder| folder.join(format!("{kind}_plugins")));
    let setting = Definition::find(&format!("DEFAULT_{}_PLUGIN_PATH", kind.to_uppercase()));
    let configured =
        setting.and_then(|s| resolve(&s, "", ConfigFile::of_process(), &|_| None).ok()).map(|r| r.value);
    let folders = configured.as_ref().and_then(Value::as_list).unwrap_or_default();
    let configured = folders.iter().filter_map(Value::as_str).map(PathBuf::from);
    let mut files = beside.chain(configured).map(|folder| folder.join(format!("{name}.py")));
    files.find(|file| file.is_file())
}

/// The text that a Python file calls its documentation.
fn documentation(python: &str) -> Option<&str> {
    let after = python.lines().find(|line| line.starts_with("DOCUMENTATION"))?;
    let at = after.as_ptr().addr() - python.as_ptr().addr();
    let rest = python.get(at..)?;
    let quotes = ["\"\"\"", "'''"].into_iter().filter_map(|q| Some((rest.find(q)?, q)));
    let (_, quote) = quotes.min()?;
    rest.split(quote).nth(1)
}

/// `ansible._protomatter.config`: which events have a traceback. There are none without Python.
fn tracebacks(_: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    match terms.first().map(python::to_str).transpose()?.as_deref() {
        None | Some("") => Err(Fail::new("config name is required")),
        Some("DISPLAY_TRACEBACK") => Ok(Vec::new()),
        Some(other) => Err(Fail::new(format!("Unknown config name {}.", python::repr_str(other)))),
    }
}
