//! All settings looked at together, as Ansible's tools do it before anything else.

use super::{ConfigFile, Definition, Effect, Undefined, Verdict, resolve};
use crate::error::{Error, Exit, Result};
use crate::value::{Value, python_repr};

/// A setting that is given and deprecated.
pub struct Told {
    /// What is said of it.
    pub text: String,
    /// The version of ansible-core in which it goes.
    pub version: String,
}

/// Checks every setting; gives what there is to tell of them.
///
/// # Errors
/// A value that is not of its setting's type or not one of its choices, and a setting that warp cannot honour and that is
/// given another value than its default.
pub fn check() -> Result<Vec<Told>> {
    let file = ConfigFile::of_process();
    let mut told = Vec::new();
    for name in Definition::names() {
        let Some(definition) = Definition::find(name) else { continue };
        let label = python_repr(&Value::data(name));
        let found = match resolve(&definition, &label, file, &|_| None) {
            Ok(found) if found.origin != "default" => found,
            Ok(_) | Err(Undefined::Required) => continue,
            Err(Undefined::Invalid(error)) => return Err(error.with_exit(Exit::Usage)),
        };
        let given = &found.value;
        let is_default = resolve(&definition, &label, None, &|_| None)
            .is_ok_and(|without| without.origin == "default" && without.value == *given);
        if let Some(Verdict { effect: Effect::Refused, about }) = Verdict::of(name)
            && !is_default
            && definition.default() != *given
        {
            let error = Error::new(
                Exit::Usage,
                format!("The setting {label} from '{}' is not supported.", found.origin),
            );
            return Err(error.note(about).help("take it out"));
        }
        if let Some(deprecated) = definition.facts().get("deprecated") {
            told.push(deprecation(name, deprecated));
        }
    }
    Ok(told)
}

fn deprecation(name: &str, of: &Value) -> Told {
    let said = |key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default();
    let alternatives = if said("alternatives").is_empty() { "None" } else { said("alternatives") };
    Told {
        text: format!("{name} option. Reason: {}\nAlternatives: {alternatives}", said("why")),
        version: said("version").to_owned(),
    }
}
