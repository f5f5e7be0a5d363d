//! `package_facts`: the packages that are installed, as facts.

mod apt;
mod others;

use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::ffi::OsString;

/// The module.
pub struct PackageFacts;

static SPEC: Spec = Spec::new("package_facts", "Lists installed packages, as facts", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("manager", Kind::List)
        .elements(Kind::Str)
        .default("auto")
        .help("The package managers to ask: apt, rpm, apk, pacman; auto tries them all."),
    Arg::new("strategy", Kind::Str)
        .default("first")
        .choices(&["first", "all"])
        .help("Whether to stop at the first manager that has packages."),
];

/// Asks one manager for its packages.
type List = fn(&mut Context<'_>) -> Result<Vec<Map>, Failed>;

/// The managers by name, and the program that tells that one is there.
const MANAGERS: [(&str, &str, List); 4] = [
    ("apk", "apk", others::apk),
    ("apt", "dpkg-query", apt::list),
    ("pacman", "pacman", others::pacman),
    ("rpm", "rpm", others::rpm),
];

/// Other names for rpm.
const ALIASES: [&str; 4] = ["dnf", "dnf5", "yum", "zypper"];

/// Managers of other systems that Ansible knows.
const ELSEWHERE: [&str; 7] = ["openbsd_pkg", "pkg", "pkg5", "pkg_info", "pkgng", "portage", "qlist"];

impl Module for PackageFacts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let asked: Vec<String> = args.strings("manager").map(str::to_lowercase).collect();
        let auto = asked.iter().any(|m| m == "auto");
        let mut names: Vec<&str> = asked.iter().map(String::as_str).filter(|m| *m != "auto").collect();
        if auto {
            names.extend(MANAGERS.map(|(name, _, _)| name));
        }
        let known = |name: &str| MANAGERS.iter().any(|m| m.0 == name) || ALIASES.contains(&name);
        let unknown: Vec<&str> =
            names.iter().copied().filter(|n| !known(n) && !ELSEWHERE.contains(n)).collect();
        if !unknown.is_empty() {
            return Err(Failed::new(if auto {
                "Could not auto detect a usable package manager, check warnings for details.".to_owned()
            } else {
                format!("Unsupported package managers requested: {}", unknown.join(", "))
            }));
        }
        let mut packages: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
        let (mut found, mut seen) = (0, Vec::new());
        for name in &names {
            if args.text("strategy") == "first" && found > 0 {
                break;
            }
            let name = if ALIASES.contains(name) { "rpm" } else { *name };
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match installed(cx, name) {
                Ok(list) if list.is_empty() => {
                    cx.warnings.push(format!("Found \"{name}\" but no associated packages"));
                }
                Ok(list) => {
                    found += 1;
                    for mut package in list {
                        package.insert("source".to_owned(), name.into());
                        let key = package.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                        packages.entry(key).or_default().push(package.into());
                    }
                }
                Err(why) if asked.iter().any(|a| a == name) => cx.warnings.push(format!(
                    "Requested package manager {name} was not usable by this module: {}",
                    why.msg()
                )),
                Err(_) => {}
            }
        }
        if found == 0 {
            let list: Vec<Value> = names.into_iter().map(Value::from).collect();
            return Err(Failed::new(format!(
                "Could not detect a supported package manager from the following list: {}, or the required Python \
                 library is not installed. Check warnings for details.",
                crate::python::repr(&list.into())
            )));
        }
        let packages: Map = packages.into_iter().map(|(name, list)| (name, list.into())).collect();
        let facts: Map = [("packages".to_owned(), Value::Map(packages))].into();
        Ok(Outcome::ok().with("ansible_facts", facts))
    }
}

fn installed(cx: &mut Context<'_>, name: &str) -> Result<Vec<Map>, Failed> {
    let Some((_, program, list)) = MANAGERS.iter().find(|m| m.0 == name) else {
        return Err(Failed::new(format!("packages of {name} are not supported")));
    };
    program::require(cx, program)?;
    list(cx)
}

/// What a manager's program prints.
fn printed<S: Into<OsString>>(
    cx: &mut Context<'_>,
    words: impl IntoIterator<Item = S>,
) -> Result<String, Failed> {
    let mut command = Command::new(words);
    command.env = vec![("LC_ALL".to_owned(), "C.UTF-8".to_owned())];
    let output = cx.run(&command)?;
    if output.rc != 0 {
        let msg = format!("Unable to list packages rc={} : {}", output.rc, output.stderr_text());
        return Err(Failed::new(msg));
    }
    Ok(output.stdout_text())
}

/// A package's facts.
fn package(fields: &[(&str, &str)]) -> Map {
    fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}
