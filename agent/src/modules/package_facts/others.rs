//! rpm, apk and pacman.

use super::{package, printed};
use crate::module::{Context, Failed};
use crate::value::{Map, Value};

/// An epoch that is not there is Python's `None` as text, as Ansible has it.
pub(super) fn rpm(cx: &mut Context<'_>) -> Result<Vec<Map>, Failed> {
    let format = "%{NAME}\t%{VERSION}\t%{RELEASE}\t%|EPOCH?{%{EPOCH}}:{None}|\t%{ARCH}\n";
    let text = printed(cx, ["rpm", "--query", "--all", "--queryformat", format])?;
    let one = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, version, release, epoch, arch] = fields.as_slice() else { return None };
        Some(package(&[
            ("name", name),
            ("version", version),
            ("release", release),
            ("epoch", epoch),
            ("arch", arch),
        ]))
    };
    Ok(text.lines().filter_map(one).collect())
}

/// `NAME-VERSION-RELEASE` a line.
pub(super) fn apk(cx: &mut Context<'_>) -> Result<Vec<Map>, Failed> {
    let text = printed(cx, ["apk", "info", "-v"])?;
    let one = |line: &str| {
        let mut parts = line.rsplitn(3, '-');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(release), Some(version), Some(name)) => {
                package(&[("name", name), ("version", version), ("release", release)])
            }
            _ => package(&[("name", line), ("version", ""), ("release", "")]),
        }
    };
    Ok(text.lines().map(one).collect())
}

/// Blocks of `Field : value`, a value going on in lines that begin with blanks.
pub(super) fn pacman(cx: &mut Context<'_>) -> Result<Vec<Map>, Failed> {
    let text = printed(cx, ["pacman", "-Qi"])?;
    let mut packages = Vec::new();
    for block in text.split("\n\n").filter(|b| !b.trim().is_empty()) {
        let mut fields: indexmap::IndexMap<&str, String> = indexmap::IndexMap::new();
        for line in block.lines() {
            match line.split_once(" : ").filter(|_| !line.starts_with(' ')) {
                Some((name, value)) => drop(fields.insert(name.trim(), value.to_owned())),
                None => {
                    if let Some((_, value)) = fields.last_mut() {
                        value.push_str("  ");
                        value.push_str(line.trim_start());
                    }
                }
            }
        }
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let mut facts = package(&[
            ("name", field("Name")),
            ("version", field("Version")),
            ("arch", field("Architecture")),
        ]);
        let provides: Vec<&str> =
            field("Provides").split("  ").map(|p| p.split('=').next().unwrap_or_default()).collect();
        let provides = if field("Provides") == "None" { Value::Null } else { provides.into() };
        facts.insert("provides".to_owned(), provides);
        packages.push(facts);
    }
    Ok(packages)
}
