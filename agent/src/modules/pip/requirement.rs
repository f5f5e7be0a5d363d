//! Names of packages with their versions. What they mean is asked of the target's Python, whose pip brings the library
//! that knows.

use crate::command::Command;
use crate::module::{Context, Failed};
use crate::python;
use crate::value::Value;
use std::path::Path;

/// What Python is asked: packages as text and version, what is installed; and answers for each.
const SCRIPT: &str = r#"
import json, re, sys
try:
    from packaging.requirements import Requirement
except Exception:
    from pip._vendor.packaging.requirements import Requirement
def canonical(name):
    return re.sub(r'[-_.]+', '-', name).lower()
def look(text, version):
    if version:
        version = version.lstrip()
        whole = text + ('==' if version[0].isdigit() else ' ') + version
    else:
        whole = text
    try:
        requirement = Requirement(whole)
    except ValueError:
        return {'text': text, 'specified': False, 'present': False}
    present = any(canonical(name) == canonical(requirement.name)
                  and requirement.specifier.contains(found, prereleases=True) for name, found in installed)
    return {'text': str(requirement), 'specified': bool(requirement.specifier), 'present': present}
asked = json.load(sys.stdin)
installed = asked['installed']
json.dump([look(*package) for package in asked['packages']], sys.stdout)
"#;

/// A package as pip takes it.
#[derive(Clone, Debug)]
pub(super) struct Package {
    /// With its version, as Python writes it.
    pub text: String,
    /// Whether a version is asked for.
    pub specified: bool,
    /// Whether it is installed, in such a version.
    pub present: bool,
}

/// Reads packages with the versions that are given beside them.
///
/// # Errors
/// Python does not know.
pub(super) fn read(
    cx: &mut Context<'_>,
    python: &Path,
    packages: &[(&str, Option<&str>)],
    installed: &[(&str, &str)],
) -> Result<Vec<Package>, Failed> {
    let asked = serde_json::json!({ "packages": packages, "installed": installed });
    let command = Command::new([python.as_os_str(), "-c".as_ref(), SCRIPT.as_ref()]).stdin(asked.to_string());
    let output = cx.run(&command)?;
    let unknown = || {
        Failed::new(format!("{} does not tell what packages are meant", python.display()))
            .with("rc", output.rc)
            .with("stderr", output.stderr_text())
    };
    let answer = serde_json::from_slice(&output.stdout).map(python::from_json).map_err(|_| unknown())?;
    let read = |answer: &Value| {
        let answer = answer.as_map()?;
        let flag = |name: &str| answer.get(name).and_then(Value::as_bool);
        let text = answer.get("text")?.as_str()?.to_owned();
        Some(Package { text, specified: flag("specified")?, present: flag("present")? })
    };
    answer.as_list().and_then(|answers| answers.iter().map(read).collect()).ok_or_else(unknown)
}

/// Packages, each with all of its versions: commas part both packages and versions.
pub(super) fn split<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut packages: Vec<String> = Vec::new();
    let mut in_brackets = false;
    for part in names.flat_map(|name| name.split(',')) {
        let starts = ["<", ">", "==", "!=", "~="].iter().any(|sign| part.trim_start().starts_with(sign));
        match packages.last_mut() {
            Some(package) if starts || in_brackets => *package += &format!(",{part}"),
            _ => packages.push(part.to_owned()),
        }
        in_brackets = (in_brackets || part.contains('[')) && !part.contains(']');
    }
    packages
}
