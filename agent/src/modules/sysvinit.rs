//! `sysvinit`: services by init scripts, with all that the scripts said.

use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::shlex;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The module.
pub struct Sysvinit;

static SPEC: Spec = Spec {
    required_one_of: &[&["state", "enabled"]],
    ..Spec::new("sysvinit", "Starts, stops and enables services by their init scripts", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str)
        .required()
        .aliases(&["service"])
        .help("The script in /etc/init.d, or a path."),
    Arg::new("state", Kind::Str)
        .choices(&["started", "stopped", "restarted", "reloaded"])
        .help("What the service is to be."),
    Arg::new("enabled", Kind::Bool).help("Whether it starts with the machine."),
    Arg::new("sleep", Kind::Int).default("1").help("Seconds after the stop and the start of a restart."),
    Arg::new("pattern", Kind::Str)
        .help("What tells it in the list of processes, for scripts without status."),
    Arg::new("arguments", Kind::Str).aliases(&["args"]).help("Further arguments for the script."),
    Arg::new("runlevels", Kind::List).elements(Kind::Str).help("The runlevels to enable it in."),
    Arg::new("daemonize", Kind::Bool)
        .default("false")
        .help("Without effect: what the script leaves running is never waited for."),
];

/// What was done to one of the things asked for.
#[derive(Default)]
struct Done {
    changed: bool,
    output: Option<Output>,
}

impl Done {
    fn told(&self, runlevels: Option<&Value>) -> Value {
        let output = self.output.as_ref();
        let mut told = Map::from_iter([
            ("changed".to_owned(), self.changed.into()),
            ("rc".to_owned(), output.map_or(Value::Null, |output| output.rc.into())),
            ("stdout".to_owned(), output.map_or(Value::Null, |output| output.stdout_text().into())),
            ("stderr".to_owned(), output.map_or(Value::Null, |output| output.stderr_text().into())),
        ]);
        told.extend(runlevels.map(|levels| ("runlevels".to_owned(), levels.clone())));
        told.into()
    }
}

impl Module for Sysvinit {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let name = args.text("name");
        let script = if name.starts_with('/') { name.to_owned() } else { format!("/etc/init.d/{name}") };
        if !Path::new(&script).exists() {
            return Err(Failed::new(format!("Could not find the requested service {name}: ")));
        }
        let service = Service { name, script, args };
        let running = service.runs(cx)?;
        let enabled = service.enable(cx)?;
        let state = args.str("state");
        let done = match state {
            Some(state) => service.bring(cx, state, running)?,
            None => Done::default(),
        };
        let levels = Some(args.get("runlevels")).filter(|_| args.strings("runlevels").next().is_some());
        let status = Map::from_iter([
            ("enabled".to_owned(), enabled.told(levels)),
            // As in Ansible: a state that was not asked for is told of under the name of Python's None in JSON.
            (state.unwrap_or("null").to_owned(), done.told(None)),
        ]);
        let changed = enabled.changed || done.changed;
        Ok(Outcome::changed(changed).with("name", name).with("status", status))
    }
}

struct Service<'a> {
    name: &'a str,
    script: String,
    args: &'a Args,
}

impl Service<'_> {
    /// Whether it runs; down where nothing tells.
    fn runs(&self, cx: &mut Context<'_>) -> Result<bool, Failed> {
        if let Some(pattern) = self.args.str("pattern").filter(|pattern| !pattern.is_empty()) {
            let found = in_process_list(cx, pattern)?;
            if !found {
                cx.warnings.push(UNSURE.to_owned());
            }
            return Ok(found);
        }
        let words = match program::find(cx, "service") {
            Some(service) => vec![service.display().to_string(), self.name.to_owned()],
            None => vec![self.script.clone()],
        };
        let output = cx.run(&Command::new(words.into_iter().chain(["status".to_owned()])))?;
        let text = output.stdout_text();
        if self.name == "iptables" && text.contains("ACCEPT") {
            return Ok(true);
        }
        if text.matches('\n').count() <= 1 {
            let said = text.to_lowercase().replace(&self.name.to_lowercase(), "");
            let down = ["stop", "is dead ", "dead but ", "could not access pid file", "inactive"];
            if down.iter().any(|words| said.contains(words)) {
                return Ok(false);
            }
            if ["run", "start", "active"].iter().any(|word| said.contains(word)) && !said.contains("not ") {
                return Ok(true);
            }
        }
        match output.rc {
            1 | 2 | 3 | 4 | 69 => Ok(false),
            0 => Ok(true),
            _ if in_process_list(cx, self.name)? => {
                let warning =
                    "Used ps output to match service name and determine it is up, this is very unreliable";
                cx.warnings.push(warning.to_owned());
                Ok(true)
            }
            _ => {
                cx.warnings.push(UNSURE.to_owned());
                Ok(false)
            }
        }
    }

    /// Whether it starts with the machine, in a runlevel or in any.
    fn is_enabled(&self, runlevel: Option<&str>) -> bool {
        let base = if Path::new("/etc/rc0.d").is_dir() { "/etc" } else { "/etc/init.d" };
        let folders = fs::read_dir(base).into_iter().flatten().flatten();
        let name = self.name;
        folders.filter(|folder| is_runlevel(&folder.file_name().to_string_lossy(), runlevel)).any(|folder| {
            let links = fs::read_dir(folder.path()).into_iter().flatten().flatten();
            links.map(|link| link.file_name().to_string_lossy().into_owned()).any(|link| {
                link.strip_suffix(name)
                    .is_some_and(|start| start.starts_with('S') && start.chars().count() == 3)
            })
        })
    }

    fn enable(&self, cx: &mut Context<'_>) -> Result<Done, Failed> {
        let levels: Vec<&str> = self.args.strings("runlevels").collect();
        let wanted = self.args.bool("enabled");
        let changed = if levels.is_empty() {
            wanted.is_some_and(|wanted| wanted != self.is_enabled(None))
        } else {
            levels.iter().any(|level| wanted != Some(self.is_enabled(Some(level))))
        };
        if !changed || !cx.effects.other() {
            return Ok(Done { changed, output: None });
        }
        let wanted = wanted.unwrap_or_default();
        let mut words = Vec::new();
        if let Some(program) = program::find(cx, "update-rc.d") {
            let verb = match (wanted, levels.is_empty()) {
                (true, true) => "defaults",
                (true, false) => "enable",
                (false, _) => "disable",
            };
            words.extend([program.display().to_string(), self.name.to_owned(), verb.to_owned()]);
            words.extend(levels.iter().map(|level| (*level).to_owned()));
        } else {
            words.push(program::require(cx, "chkconfig")?.display().to_string());
            if !levels.is_empty() {
                words.extend(["--level".to_owned(), levels.concat()]);
            }
            words.extend([self.name.to_owned(), if wanted { "on" } else { "off" }.to_owned()]);
        }
        let output = cx.run(&Command::new(words))?;
        if output.stderr_text().contains("illegal runlevel specified") {
            let msg = format!("Illegal runlevel specified for enable operation on service {}", self.name);
            return Err(Failed::new(msg));
        }
        Ok(Done { changed, output: Some(output) })
    }

    /// Brings it to a state.
    fn bring(&self, cx: &mut Context<'_>, state: &str, running: bool) -> Result<Done, Failed> {
        let verbs: &[&str] = match (state, running) {
            ("restarted", _) => &["stop", "start"],
            ("started", false) => &["start"],
            ("stopped", true) => &["stop"],
            ("reloaded", _) => &["reload"],
            _ => &[],
        };
        if verbs.is_empty() || !cx.effects.other() {
            return Ok(Done { changed: !verbs.is_empty(), output: None });
        }
        let pause = self.args.int("sleep").map_or(Duration::ZERO, Duration::from_secs);
        let mut output = None;
        for verb in verbs {
            output = Some(self.call(cx, verb, state)?);
            if state == "restarted" {
                cx.sleep(pause)?;
            }
        }
        Ok(Done { changed: true, output })
    }

    fn call(&self, cx: &mut Context<'_>, verb: &str, state: &str) -> Result<Output, Failed> {
        let more = shlex::split(self.args.text("arguments"));
        let more = more.map_err(|e| Failed::new(format!("arguments: {e}")))?;
        let words = [self.script.clone(), verb.to_owned()].into_iter().chain(more);
        let output = cx.run(&Command::new(words))?;
        if output.rc == 0 {
            return Ok(output);
        }
        let action = state.trim_end_matches("ped").trim_end_matches("ed");
        let failed = Failed::new(format!("Failed to {action} service: {}", self.name)).with("rc", output.rc);
        Err(failed.with("stdout", output.stdout_text()).with("stderr", output.stderr_text()))
    }
}

const UNSURE: &str = "Unable to determine if service is up, assuming it is down";

/// Whether this is the folder of a runlevel, or of any.
fn is_runlevel(folder: &str, wanted: Option<&str>) -> bool {
    let level = folder.strip_prefix("rc").and_then(|rest| rest.strip_suffix(".d"));
    level.is_some_and(|level| wanted.map_or(level.chars().count() == 1, |wanted| wanted == level))
}

fn in_process_list(cx: &mut Context<'_>, pattern: &str) -> Result<bool, Failed> {
    let ps = program::require(cx, "ps")?;
    let output = cx.run(&Command::new([ps.into_os_string(), "auxww".into()]))?;
    Ok(output.rc == 0 && output.stdout_text().lines().any(|line| line.contains(pattern)))
}
