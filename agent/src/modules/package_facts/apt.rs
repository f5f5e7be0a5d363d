//! What dpkg has installed, and where apt says that it comes from.

use super::{package, printed};
use crate::module::{Context, Failed};
use crate::program;
use crate::value::{Map, Value};
use std::collections::HashMap;

pub(super) fn list(cx: &mut Context<'_>) -> Result<Vec<Map>, Failed> {
    let native = printed(cx, ["dpkg", "--print-architecture"])?;
    let native = native.trim();
    let format = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${Section}\n";
    let text = printed(cx, ["dpkg-query", "--show", "--showformat", format])?;
    let mut packages = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let ["installed", name, version, arch, section] = fields.as_slice() else { continue };
        let foreign = *arch != native && *arch != "all";
        let name = if foreign { format!("{name}:{arch}") } else { (*name).to_owned() };
        packages.push(package(&[
            ("name", &name),
            ("version", version),
            ("arch", arch),
            ("category", section),
            ("origin", ""),
        ]));
    }
    // Without apt's indexes nothing is known of origins.
    if program::find(cx, "apt-cache").is_some() {
        let origins = origins(cx, &packages)?;
        for package in &mut packages {
            let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
            if let Some(origin) = origins.get(name) {
                package.insert("origin".to_owned(), origin.as_str().into());
            }
        }
    }
    Ok(packages)
}

/// The origin of the index that has the installed version of each package.
fn origins(cx: &mut Context<'_>, packages: &[Map]) -> Result<HashMap<String, String>, Failed> {
    let indexes = printed(cx, ["apt-cache", "policy"])?;
    let releases = releases(&indexes);
    let names = packages.iter().filter_map(|p| p.get("name").and_then(Value::as_str));
    let text = printed(cx, ["apt-cache", "policy"].into_iter().chain(names))?;
    let mut origins = HashMap::new();
    let (mut name, mut installed) = ("", false);
    for line in text.lines() {
        if let Some(header) = line.strip_suffix(':').filter(|h| !h.starts_with(' ')) {
            (name, installed) = (header, false);
        } else if line.starts_with(" *** ") {
            installed = true;
        } else if line.starts_with("     ") && !line.starts_with("        ") {
            installed = false;
        } else if installed && line.starts_with("        ") {
            installed = false;
            if let Some(origin) = source(line).and_then(|s| releases.get(s)) {
                origins.insert(name.to_owned(), origin.clone());
            }
        }
    }
    Ok(origins)
}

/// The origins of apt's indexes, by index.
fn releases(text: &str) -> HashMap<&str, String> {
    let mut releases = HashMap::new();
    let mut index = None;
    for line in text.lines() {
        if let Some(release) = line.trim_start().strip_prefix("release ") {
            let origin = release.split(',').find_map(|part| part.strip_prefix("o=")).unwrap_or_default();
            if let Some(index) = index.take() {
                releases.insert(index, origin.to_owned());
            }
        } else if let Some(named) = source(line) {
            index = Some(named);
        }
    }
    releases
}

/// What stands after the priority in `500 http://deb.debian.org/debian bookworm/main amd64 Packages`.
fn source(line: &str) -> Option<&str> {
    let (priority, source) = line.trim_start().split_once(' ')?;
    priority.parse::<i32>().ok().map(|_| source.trim())
}
