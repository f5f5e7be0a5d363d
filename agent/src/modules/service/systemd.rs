//! Services by systemd.

use super::{Wanted, has_link, has_script, missing};
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;

/// The module, under its old name.
pub struct Systemd;

/// The module.
pub struct SystemdService;

const fn spec(name: &'static str) -> Spec {
    Spec {
        required_one_of: &[&["state", "enabled", "masked", "daemon_reload", "daemon_reexec"]],
        ..Spec::new(name, "Start, stop, enable and mask a unit of systemd", ARGS)
    }
}

static OLD: Spec = spec("systemd");
static NEW: Spec = spec("systemd_service");

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).aliases(&["service", "unit"]).help("The unit."),
    Arg::new("state", Kind::Str)
        .choices(&["reloaded", "restarted", "started", "stopped"])
        .help("Whether it is to run; reloaded and restarted always do something."),
    Arg::new("enabled", Kind::Bool).help("Whether it is to start with the machine."),
    Arg::new("force", Kind::Bool).help("Replace links that are in the way."),
    Arg::new("masked", Kind::Bool).help("Whether it is to be impossible to start."),
    Arg::new("daemon_reload", Kind::Bool)
        .default("false")
        .aliases(&["daemon-reload"])
        .help("Have systemd read its units again first."),
    Arg::new("daemon_reexec", Kind::Bool)
        .default("false")
        .aliases(&["daemon-reexec"])
        .help("Have systemd start itself again first."),
    Arg::new("scope", Kind::Str)
        .default("system")
        .choices(&["system", "user", "global"])
        .help("Whose units: the machine's, the account's, or all accounts'."),
    Arg::new("no_block", Kind::Bool).default("false").help("Do not wait for the unit."),
];

impl Module for Systemd {
    fn spec(&self) -> &'static Spec {
        &OLD
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        run(args, cx)
    }
}

impl Module for SystemdService {
    fn spec(&self) -> &'static Spec {
        &NEW
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        run(args, cx)
    }
}

fn run(args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    for name in ["state", "enabled", "masked"] {
        if args.has(name) && !args.has("name") {
            return Err(Failed::new(format!("missing parameter(s) required by '{name}': name")));
        }
    }
    manage(&Wanted::from_args(args), cx)
}

/// systemctl, with the options that every call takes.
struct Systemctl {
    argv: Vec<OsString>,
    runtime: Option<String>,
}

impl Systemctl {
    fn new(wanted: &Wanted<'_>, cx: &Context<'_>) -> Result<Self, Failed> {
        let mut argv = vec![program::require(cx, "systemctl")?.into_os_string()];
        if wanted.scope != "system" {
            argv.push(format!("--{}", wanted.scope).into());
        }
        if wanted.no_block {
            argv.push("--no-block".into());
        }
        if wanted.force {
            argv.push("--force".into());
        }
        let unset = program::variable(cx, "XDG_RUNTIME_DIR").is_none();
        let runtime = unset.then(|| format!("/run/user/{}", crate::accounts::effective_uid()));
        Ok(Systemctl { argv, runtime })
    }

    fn call(&self, cx: &mut Context<'_>, words: &[&str]) -> Result<Output, Failed> {
        let argv = self.argv.iter().cloned().chain(words.iter().map(OsString::from));
        let command = Command::new(argv);
        cx.run(&match &self.runtime {
            Some(dir) => command.env("XDG_RUNTIME_DIR", dir),
            None => command,
        })
    }
}

/// Whether systemd cannot be expected to answer: in a chroot, or told to be offline.
fn offline(cx: &Context<'_>) -> bool {
    let place = |path: &str| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let told = program::variable(cx, "SYSTEMD_OFFLINE").as_deref() == Some("1");
    let chroot = place("/proc/1/root/.").is_some_and(|init| place("/") != Some(init));
    told || chroot || program::variable(cx, "debian_chroot").is_some_and(|v| !v.is_empty())
}

/// A unit as systemd sees it.
#[derive(Default)]
struct Unit {
    status: Map,
    known: bool,
    script: bool,
}

impl Unit {
    fn found(&self) -> bool {
        self.known || self.script
    }

    fn is(&self, states: &[&str]) -> bool {
        self.status.get("ActiveState").and_then(Value::as_str).is_some_and(|state| states.contains(&state))
    }
}

/// Brings a unit to what is asked.
pub(super) fn manage(wanted: &Wanted<'_>, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok().with("name", wanted.name.map(str::to_owned)).with("status", Map::new());
    let unit_name = wanted.name.unwrap_or_default();
    if let Some(pattern) = ["*", "?", "["].iter().find(|pattern| unit_name.contains(**pattern)) {
        return Err(Failed::new(format!(
            "This module does not currently support using glob patterns, found '{pattern}' in service name: \
             {unit_name}"
        )));
    }
    let systemctl = Systemctl::new(wanted, cx)?;
    for (asked, verb) in [(wanted.daemon_reload, "daemon-reload"), (wanted.daemon_reexec, "daemon-reexec")] {
        if asked && !cx.mode.check {
            let output = systemctl.call(cx, &[verb])?;
            if output.rc != 0 {
                let why = output.stderr_text();
                if !offline(cx) {
                    return Err(Failed::new(format!("failure {} during {verb}: {why}", output.rc)));
                }
                outcome.warnings.push(format!(
                    "{verb} failed, but target is a chroot or systemd is offline. Continuing. Error was: {} / {why}",
                    output.rc
                ));
            }
        }
    }
    if unit_name.is_empty() {
        return Ok(outcome);
    }
    let unit = look(&systemctl, cx, unit_name)?;
    if unit.script && !unit.known {
        outcome.warnings.push(format!(
            "The service ({unit_name}) is actually an init script but the system is managed by systemd"
        ));
    }
    outcome = outcome.with("status", unit.status.clone());
    if let Some(masked) = wanted.masked {
        mask(&systemctl, cx, unit_name, &unit, masked, &mut outcome)?;
    }
    if let Some(enabled) = wanted.enabled {
        enable(&systemctl, cx, wanted, &unit, enabled, &mut outcome)?;
    }
    if let Some(state) = wanted.state {
        switch(&systemctl, cx, unit_name, &unit, state, &mut outcome)?;
    }
    Ok(outcome)
}

fn look(systemctl: &Systemctl, cx: &mut Context<'_>, name: &str) -> Result<Unit, Failed> {
    let mut unit = Unit { script: has_script(name), ..Unit::default() };
    let output = systemctl.call(cx, &["show", name])?;
    let (out, err) = (output.stdout_text(), output.stderr_text());
    let ignored = |text: &str| {
        !text.contains('=') && (text.contains("ignoring request") || text.contains("ignoring command"))
    };
    if output.rc == 0 && !ignored(&out) && !ignored(&err) {
        unit.status = properties(&out);
        let state = unit.status.get("LoadState").and_then(Value::as_str).map(str::to_owned);
        unit.known = state.as_deref().is_some_and(|state| state != "not-found");
        if let (true, Some(error)) = (
            unit.known && state.as_deref() != Some("masked"),
            unit.status.get("LoadError").and_then(Value::as_str),
        ) {
            return Err(Failed::new(format!("Error loading unit file '{name}': {error}")));
        }
        return Ok(unit);
    }
    if output.rc == 1 && err.contains("Failed to parse bus message") {
        unit.status = properties(&out);
        let base = match name.split_once('@') {
            Some((base, _)) => format!("{base}@"),
            None => name.to_owned(),
        };
        let files = systemctl.call(cx, &["list-unit-files", &format!("{base}*")])?;
        unit.known = files.stdout_text().contains(&base);
        let active = systemctl.call(cx, &["is-active", name])?;
        unit.status.insert("ActiveState".to_owned(), active.stdout_text().trim_end_matches('\n').into());
        return Ok(unit);
    }
    // systemd does not run here; what is on disk can still be looked at.
    let enabled = systemctl.call(cx, &["is-enabled", name])?.stdout_text();
    let states = [
        "enabled",
        "enabled-runtime",
        "linked",
        "linked-runtime",
        "masked",
        "masked-runtime",
        "static",
        "indirect",
        "disabled",
        "generated",
        "transient",
    ];
    unit.known = states.contains(&enabled.trim()) || systemctl.call(cx, &["list-unit-files", name])?.rc == 0;
    if !unit.known {
        let output = systemctl.call(cx, &[])?;
        if output.rc != 0 {
            return Err(Failed::new(output.stderr_text().trim().to_owned())
                .with("rc", output.rc)
                .with("stdout", output.stdout_text())
                .with("stderr", output.stderr_text()));
        }
    }
    Ok(unit)
}

/// What `systemctl show` prints; the values of `Exec...` may go over several lines, to a closing brace.
fn properties(text: &str) -> Map {
    let mut properties = Map::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in text.split('\n') {
        if let Some((key, mut lines)) = open.take() {
            lines.push(line);
            if line.trim_end().ends_with('}') {
                properties.insert(key, lines.join("\n").trim().into());
            } else {
                open = Some((key, lines));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if key.starts_with("Exec") && value.trim_start().starts_with('{') && !value.trim_end().ends_with('}')
        {
            open = Some((key.to_owned(), vec![value]));
        } else {
            properties.insert(key.to_owned(), value.trim().into());
        }
    }
    properties
}

fn mask(
    systemctl: &Systemctl,
    cx: &mut Context<'_>,
    name: &str,
    unit: &Unit,
    masked: bool,
    outcome: &mut Outcome,
) -> Result<(), Failed> {
    let now = systemctl.call(cx, &["is-enabled", name])?.stdout_text();
    if (now.trim() == "masked") == masked {
        return Ok(());
    }
    outcome.changed = true;
    let verb = if masked { "mask" } else { "unmask" };
    if cx.effects.other() {
        let output = systemctl.call(cx, &[verb, name])?;
        if output.rc != 0 {
            if !unit.found() {
                return Err(missing(name));
            }
            let why = output.stderr_text();
            return Err(Failed::new(format!("Failed to {verb} the service ({name}): {}", why.trim())));
        }
    }
    Ok(())
}

fn enable(
    systemctl: &Systemctl,
    cx: &mut Context<'_>,
    wanted: &Wanted<'_>,
    unit: &Unit,
    enabled: bool,
    outcome: &mut Outcome,
) -> Result<(), Failed> {
    let name = wanted.name.unwrap_or_default();
    if !unit.found() {
        return Err(missing(name));
    }
    let output = systemctl.call(cx, &["is-enabled", name, "-l"])?;
    let said = output.stdout_text();
    let now = match output.rc {
        // Enabled until the next boot only, or by another name: systemctl is to do what it does then.
        0 => !matches!(said.trim_end(), "enabled-runtime" | "indirect" | "alias"),
        1 => {
            wanted.scope == "system"
                && unit.script
                && !said.trim().ends_with("disabled")
                && has_link(name, 'S')
        }
        _ => false,
    };
    let verb = if enabled { "enable" } else { "disable" };
    if now != enabled {
        outcome.changed = true;
        if cx.effects.other() {
            let output = systemctl.call(cx, &[verb, name])?;
            if output.rc != 0 {
                let why = output.stdout_text() + &output.stderr_text();
                return Err(Failed::new(format!("Unable to {verb} service {name}: {why}")));
            }
        }
    }
    outcome.values.insert("enabled".to_owned(), enabled.into());
    Ok(())
}

fn switch(
    systemctl: &Systemctl,
    cx: &mut Context<'_>,
    name: &str,
    unit: &Unit,
    state: &str,
    outcome: &mut Outcome,
) -> Result<(), Failed> {
    if !unit.found() {
        return Err(missing(name));
    }
    let end = if state == "stopped" { "stopped" } else { "started" };
    if !unit.status.contains_key("ActiveState") {
        if !offline(cx) {
            return Err(Failed::new("Service is in unknown state").with("status", unit.status.clone()));
        }
        outcome.values.insert("state".to_owned(), state.into());
        outcome.warnings.push(
            "Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system \
             tools from working."
                .to_owned(),
        );
        return Ok(());
    }
    outcome.values.insert("state".to_owned(), end.into());
    let runs = unit.is(&["active", "activating"]);
    let verb = match state {
        "stopped" if runs || unit.is(&["deactivating"]) => Some("stop"),
        "started" | "stopped" if runs || state == "stopped" => None,
        "restarted" if runs => Some("restart"),
        "reloaded" if runs => Some("reload"),
        _ => Some("start"),
    };
    if let Some(verb) = verb {
        outcome.changed = true;
        if cx.effects.other() {
            let output = systemctl.call(cx, &[verb, name])?;
            if output.rc != 0 {
                return Err(Failed::new(format!(
                    "Unable to {verb} service {name}: {}",
                    output.stderr_text()
                )));
            }
        }
    }
    Ok(())
}
