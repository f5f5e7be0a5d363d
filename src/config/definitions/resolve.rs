//! Which value a setting has, and what gave it.

use super::super::file::expand_home;
use super::Definition;
use super::convert::{convert, unquoted};
use super::given::ConfigFile;
use crate::error::Error;
use crate::value::{Origin, Tags, Text, Value};

/// A setting's value.
pub struct Resolved {
    /// The value, of the setting's type.
    pub value: Value,
    /// What gave it, as ansible-core names it: `default`, `env: NAME`, `var: NAME`, or the configuration file.
    pub origin: String,
}

/// Why there is none.
pub enum Undefined {
    /// Nothing gives a setting that must be given.
    Required,
    /// The value is not of the setting's type, or not one of its choices.
    Invalid(Error),
}

/// A setting's value: a variable's, the environment's, the configuration file's or the default, in this order. `label` is
/// the setting in messages.
///
/// # Errors
/// As [`Undefined`] says.
pub fn resolve(
    of: &Definition,
    label: &str,
    file: Option<&ConfigFile>,
    variable: &dyn Fn(&str) -> Option<Value>,
) -> std::result::Result<Resolved, Undefined> {
    let (value, origin) = match given(of, file, variable) {
        Some(given) => given,
        None if of.required() => return Err(Undefined::Required),
        None => (default(of), "default".to_owned()),
    };
    checked(of, label, file, value, origin)
}

/// What a plugin is told in its call, made what its setting's type says.
///
/// # Errors
/// As [`Undefined`] says.
pub fn direct(of: &Definition, label: &str, value: Value) -> std::result::Result<Resolved, Undefined> {
    checked(of, label, None, value, "Direct".to_owned())
}

fn given(
    of: &Definition,
    file: Option<&ConfigFile>,
    variable: &dyn Fn(&str) -> Option<Value>,
) -> Option<(Value, String)> {
    let known = |text: String, origin: Origin| {
        Value::Text(Text::tagged(text, Tags { trusted: true, origin: Some(origin), ..Tags::default() }))
    };
    let named = |name: String| Origin::Named(name.into());
    let variables = of.sources("vars").filter_map(|name| Some((variable(name)?, format!("var: {name}"))));
    if let Some(found) = variables.filter(|(value, _)| !value.is_null()).last() {
        return Some(found);
    }
    let environment = of.sources("env").filter_map(|name| Some((name, std::env::var(name).ok()?)));
    if let Some((name, text)) = environment.last() {
        let origin = format!("env: {name}");
        return Some((known(text, named(format!("<Config {origin}>"))), origin));
    }
    let file = file?;
    let entry = of.entries().filter_map(|(section, key)| file.entry(section, key)).last()?;
    let value = known(unquoted(&entry.text).to_owned(), Origin::At(entry.span.clone()));
    Some((value, file.path().to_string_lossy().into_owned()))
}

pub(super) fn default(of: &Definition) -> Value {
    let value = of.default();
    match value.as_str() {
        Some(text) if text.contains("{{ANSIBLE_HOME}}") => {
            let configured = || Some(ConfigFile::of_process()?.entry("defaults", "home")?.text.clone());
            let home = std::env::var("ANSIBLE_HOME").ok().or_else(configured);
            let home = home.unwrap_or_else(|| "~/.ansible".to_owned());
            let home = expand_home(&home, &|name| std::env::var(name).ok());
            Value::data(text.replace("{{ANSIBLE_HOME}}", &home.to_string_lossy()))
        }
        _ => value,
    }
}

fn checked(
    of: &Definition,
    label: &str,
    file: Option<&ConfigFile>,
    value: Value,
    origin: String,
) -> std::result::Result<Resolved, Undefined> {
    let cwd = std::env::current_dir().unwrap_or_default();
    let base = match file.map(ConfigFile::path) {
        Some(path) if path.to_string_lossy() == origin => path.parent().unwrap_or(&cwd),
        _ => &cwd,
    };
    let Some(converted) = convert(&value, of.kind(), base) else {
        // An environment variable that is empty counts as none.
        if origin.starts_with("env: ") && value.as_str() == Some("") {
            return checked(of, label, file, default(of), "default".to_owned());
        }
        let (kind, shown) = (of.kind().unwrap_or_default(), crate::value::python_repr(&value));
        let error = format!(
            "Config {label} from '{origin}' has an invalid value: Invalid value provided for '{kind}': {shown}"
        );
        return Err(Undefined::Invalid(Error::other(error)));
    };
    let allowed = |value: &Value| of.choices().contains(value);
    let fits = match &converted {
        Value::Null => true,
        _ if of.choices().is_empty() => true,
        Value::List(items) => items.iter().all(allowed),
        other => allowed(other),
    };
    if fits {
        return Ok(Resolved { value: converted, origin });
    }
    let words = of.choices().iter().map(crate::value::python_str).collect::<Vec<_>>().join(", ");
    let shown = crate::value::python_repr(&converted);
    let error = Error::other(format!("Invalid value {shown} for config {label}."));
    Err(Undefined::Invalid(error.help(format!("Valid values are: {words}"))))
}
