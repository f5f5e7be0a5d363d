//! Host names and addresses, asked of `getent`: in a static binary the C library would load its name services at run
//! time.

use crate::command::Command;
use crate::module::{Context, Failed};
use crate::program;
use std::fs;
use std::net::IpAddr;

/// The addresses of a host, best first; none where it is unknown.
///
/// # Errors
/// The step was cancelled.
pub fn addresses(cx: &mut Context<'_>, host: &str) -> Result<Vec<IpAddr>, Failed> {
    if let Ok(address) = host.trim_matches(['[', ']']).parse() {
        return Ok(vec![address]);
    }
    let lines = match getent(cx, "ahosts", host)? {
        Some(text) => text,
        None => hosts_file(|names| names.contains(&host)),
    };
    let mut found: Vec<IpAddr> = Vec::new();
    for line in lines.lines() {
        let address = line.split_whitespace().next().and_then(|a| a.parse().ok());
        if let Some(address) = address.filter(|a| !found.contains(a)) {
            found.push(address);
        }
    }
    Ok(found)
}

/// The full name of the host called `name`: the first of its names with a dot, else its canonical one; `name` itself
/// where nothing is known of it.
///
/// # Errors
/// The step was cancelled.
pub fn fqdn(cx: &mut Context<'_>, name: &str) -> Result<String, Failed> {
    let Some(address) = addresses(cx, name)?.first().map(IpAddr::to_string) else {
        return Ok(name.to_owned());
    };
    let line = match getent(cx, "hosts", &address)? {
        Some(text) => text,
        None => hosts_file(|names| names.contains(&name)),
    };
    let names: Vec<&str> = line.lines().next().unwrap_or_default().split_whitespace().skip(1).collect();
    let full = names.iter().find(|n| n.contains('.')).or(names.first());
    Ok(full.copied().unwrap_or(name).to_owned())
}

/// What `getent` finds; `None` on a machine without it.
fn getent(cx: &mut Context<'_>, database: &str, key: &str) -> Result<Option<String>, Failed> {
    let Some(getent) = program::find(cx, "getent") else {
        return Ok(None);
    };
    if key.starts_with('-') {
        return Ok(Some(String::new()));
    }
    let output = cx.run(&Command::new([getent.into_os_string(), database.into(), key.into()]))?;
    Ok(Some(output.stdout_text()))
}

/// The lines of /etc/hosts whose names are meant.
fn hosts_file(meant: impl Fn(&[&str]) -> bool) -> String {
    let text = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let kept = lines.filter(|line| meant(&line.split_whitespace().skip(1).collect::<Vec<_>>()));
    kept.collect::<Vec<_>>().join("\n")
}
