//! `service_facts`: the services that systemd and System V scripts know, as facts.

use super::setup::systemd_runs;
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Spec};
use crate::value::{Map, Value};
use std::ffi::OsString;
use std::path::Path;

/// The module.
pub struct ServiceFacts;

static SPEC: Spec = Spec::new("service_facts", "Lists services and their states, as facts", ARGS);

const ARGS: &[Arg] = &[];

/// States of a unit that count more than whether it is enabled.
const BAD: [&str; 3] = ["not-found", "masked", "failed"];

impl Module for ServiceFacts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, _args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut services = Map::new();
        if let Some(service) = program::find(cx, "service")
            && program::find(cx, "chkconfig").is_none()
            && program::find(cx, "rc-status").is_none()
        {
            scripts(cx, &service, &mut services)?;
        }
        if systemd_runs(cx)
            && let Some(systemctl) = program::find(cx, "systemctl")
        {
            units(cx, &systemctl, &mut services)?;
            unit_files(cx, &systemctl, &mut services)?;
        }
        if services.is_empty() {
            let msg = "Failed to find any services. This can be due to privileges or some other configuration issue.";
            return Ok(Outcome { skipped: true, ..Outcome::ok() }.with("msg", msg));
        }
        let facts: Map = [("services".to_owned(), Value::Map(services))].into();
        Ok(Outcome::ok().with("ansible_facts", facts))
    }
}

fn ask(cx: &mut Context<'_>, program: &Path, words: &[&str]) -> Result<Output, Failed> {
    let argv = std::iter::once(program.as_os_str().to_owned()).chain(words.iter().map(OsString::from));
    let mut command = Command::new(argv);
    command.env = ["LANG", "LC_ALL"].map(|name| (name.to_owned(), "C.UTF-8".to_owned())).into();
    cx.run(&command)
}

fn put(services: &mut Map, name: &str, fields: &[(&str, &str)]) {
    let entry: Map = std::iter::once(("name", name))
        .chain(fields.iter().copied())
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect();
    services.insert(name.to_owned(), entry.into());
}

/// What `service --status-all` lists: ` [ + ]  cron`.
fn scripts(cx: &mut Context<'_>, service: &Path, services: &mut Map) -> Result<(), Failed> {
    let output = ask(cx, service, &["--status-all"])?;
    if output.rc == 4 && !Path::new("/etc/init.d").exists() {
        return Ok(());
    }
    if output.rc != 0 {
        let warning = format!("Unable to query 'service' tool ({}): {}", output.rc, output.stderr_text());
        cx.warnings.push(warning);
    }
    for line in output.stdout_text().lines() {
        let line = line.trim_start();
        let (state, rest) = match (line.strip_prefix("[ + ]"), line.strip_prefix("[ - ]")) {
            (Some(rest), _) => ("running", rest),
            (_, Some(rest)) => ("stopped", rest),
            _ => continue,
        };
        let name = rest.trim_start();
        if rest.len() > name.len() && !name.is_empty() {
            put(services, name, &[("state", state), ("source", "sysv")]);
        }
    }
    Ok(())
}

/// Units that systemd has loaded.
fn units(cx: &mut Context<'_>, systemctl: &Path, services: &mut Map) -> Result<(), Failed> {
    let words = ["list-units", "--no-pager", "--type", "service", "--all", "--plain"];
    let output = ask(cx, systemctl, &words)?;
    if output.rc != 0 {
        cx.warnings.push(format!("Could not list units from systemd: {}", output.stderr_text()));
        return Ok(());
    }
    for line in output.stdout_text().lines().filter(|l| l.contains(".service")) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, _, active, sub, ..] = fields.as_slice() else { continue };
        let described = fields.split_last().map(|(_, before)| before).unwrap_or_default();
        let status = BAD.into_iter().find(|bad| described.contains(bad)).unwrap_or(active);
        let state = if *sub == "running" { "running" } else { "stopped" };
        put(services, name, &[("state", state), ("status", status), ("source", "systemd")]);
    }
    Ok(())
}

/// Unit files, loaded or not, and whether they are enabled.
fn unit_files(cx: &mut Context<'_>, systemctl: &Path, services: &mut Map) -> Result<(), Failed> {
    let output = ask(cx, systemctl, &["list-unit-files", "--no-pager", "--type", "service", "--all"])?;
    if output.rc != 0 {
        cx.warnings.push(format!("Could not get unit files data from systemd: {}", output.stderr_text()));
        return Ok(());
    }
    for line in output.stdout_text().lines().filter(|l| l.contains(".service")) {
        let mut fields = line.split_whitespace();
        let (Some(name), Some(status)) = (fields.next(), fields.next()) else {
            let msg = format!("Malformed output discovered from systemd list-unit-files: {line}");
            return Err(Failed::new(msg));
        };
        match services.get_mut(name) {
            Some(Value::Map(known)) => {
                let bad = known.get("status").and_then(Value::as_str).is_some_and(|s| BAD.contains(&s));
                if !bad {
                    known.insert("status".to_owned(), status.into());
                }
            }
            _ => {
                let shown = ask(cx, systemctl, &["show", name, "--property=ActiveState"])?;
                let text = shown.stdout_text();
                let state = text.trim_end().replace("ActiveState=", "");
                let state = if shown.rc == 0 && !text.is_empty() { state.as_str() } else { "unknown" };
                put(services, name, &[("state", state), ("status", status), ("source", "systemd")]);
            }
        }
    }
    Ok(())
}
