//! Services by init scripts, where no systemd runs.

use super::{has_link, missing};
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::program;
use crate::shlex;
use std::path::Path;
use std::time::Duration;

/// Brings a service to what is asked.
pub(super) fn manage(args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    let name = args.text("name");
    // systemd would still tell of the unit; of a script there is nothing to tell.
    if !args.has("state") && !args.has("enabled") {
        return Err(Failed::new("one of the following is required: state, enabled"));
    }
    // With these its state is kept elsewhere than in runlevel links.
    for (manager, sign) in [("OpenRC", "rc-service"), ("upstart", "initctl")] {
        let here = program::find(cx, sign).is_some();
        if here && (manager == "OpenRC" || Path::new(&format!("/etc/init/{name}.conf")).exists()) {
            return Err(Failed::new(format!(
                "services by {manager} are not supported; systemd and sysvinit are"
            )));
        }
    }
    if !Path::new("/etc/init.d").join(name).is_file() || program::find(cx, "update-rc.d").is_none() {
        return Err(missing(name));
    }
    let mut outcome = Outcome::ok().with("name", name);
    if let Some(enabled) = args.bool("enabled") {
        outcome.changed = enable(cx, name, enabled)?;
        outcome = outcome.with("enabled", enabled);
    }
    let Some(state) = args.str("state") else { return Ok(outcome) };
    let script = Script { name, args };
    let running = match args.str("pattern").filter(|pattern| !pattern.is_empty()) {
        Some(pattern) => Some(script.in_process_list(cx, pattern)?),
        None => script.status(cx)?,
    };
    let Some(running) = running else {
        return Err(Failed::new("failed determining service state, possible typo of service name?"));
    };
    let verb = match (state, running) {
        ("started", false) | ("reloaded", false) => Some("start"),
        ("stopped", true) => Some("stop"),
        ("reloaded", true) => Some("reload"),
        ("restarted", _) => Some("restart"),
        _ => None,
    };
    if let Some(verb) = verb {
        if !cx.effects.other() {
            return Ok(Outcome::changed(true).with("msg", "service state changed"));
        }
        outcome.changed = true;
        let (rc, out, err) = script.control(cx, verb)?;
        if rc != 0 && !err.contains("Job is already running") {
            return Err(Failed::new(if err.is_empty() { out } else { err }));
        }
    }
    Ok(outcome.with("state", if state == "stopped" { "stopped" } else { "started" }))
}

/// Brings the runlevel links to what is asked; whether that changed them.
fn enable(cx: &mut Context<'_>, name: &str, enabled: bool) -> Result<bool, Failed> {
    if has_link(name, 'S') == enabled {
        return Ok(false);
    }
    if !cx.effects.other() {
        return Ok(true);
    }
    let mut verbs = vec![if enabled { "enable" } else { "disable" }];
    // Only a script that has links can be enabled.
    if enabled && !has_link(name, 'K') {
        verbs.insert(0, "defaults");
    }
    for verb in verbs {
        let output = cx.run(&Command::new(["update-rc.d", name, verb]))?;
        if output.rc != 0 {
            let err = output.stderr_text();
            return Err(Failed::new(if err.is_empty() { output.stdout_text() } else { err }));
        }
    }
    Ok(true)
}

struct Script<'a> {
    name: &'a str,
    args: &'a Args,
}

impl Script<'_> {
    /// Runs the script with a verb, by `service` where that is, which cleans its environment.
    fn call(&self, cx: &mut Context<'_>, verb: &str) -> Result<Output, Failed> {
        let mut argv = match program::find(cx, "service") {
            Some(service) => vec![service.to_string_lossy().into_owned(), self.name.to_owned()],
            None => vec![format!("/etc/init.d/{}", self.name)],
        };
        argv.push(verb.to_owned());
        let more = shlex::split(self.args.text("arguments"));
        argv.extend(more.map_err(|e| Failed::new(format!("arguments: {e}")))?);
        let command = Command::new(argv).cwd("/").env("LANG", "C").env("LC_ALL", "C").env("LC_MESSAGES", "C");
        cx.run(&command)
    }

    /// Whether it runs, as its script says; nothing where that cannot be told.
    fn status(&self, cx: &mut Context<'_>) -> Result<Option<bool>, Failed> {
        let output = self.call(cx, "status")?;
        if matches!(output.rc, 1 | 2 | 3 | 4 | 69) {
            return Ok(Some(false));
        }
        let text = output.stdout_text();
        if text.matches('\n').count() <= 1 {
            let said = text.to_lowercase().replace(&self.name.to_lowercase(), "");
            let dead = [
                "could not access pid file",
                "is dead and pid file exists",
                "dead but subsys locked",
                "dead but pid file exists",
            ];
            if said.contains("stop") {
                return Ok(Some(false));
            }
            if said.contains("run") {
                return Ok(Some(!said.contains("not ")));
            }
            if said.contains("start") && !said.contains("not ") {
                return Ok(Some(true));
            }
            if dead.iter().any(|words| said.contains(words)) {
                return Ok(Some(false));
            }
        }
        Ok((output.rc == 0).then_some(true))
    }

    fn in_process_list(&self, cx: &mut Context<'_>, pattern: &str) -> Result<bool, Failed> {
        let ps = program::require(cx, "ps")?;
        let output = cx.run(&Command::new([ps.into_os_string(), "auxww".into()]))?;
        Ok(output.rc == 0 && output.stdout_text().lines().any(|line| line.contains(pattern)))
    }

    /// Runs a verb; a restart is a stop, a pause and a start.
    fn control(&self, cx: &mut Context<'_>, verb: &str) -> Result<(i32, String, String), Failed> {
        let texts = |output: &Output| (output.rc, output.stdout_text(), output.stderr_text());
        if verb != "restart" {
            return Ok(texts(&self.call(cx, verb)?));
        }
        let stop = texts(&self.call(cx, "stop")?);
        std::thread::sleep(Duration::from_secs(self.args.int("sleep").unwrap_or_default()));
        let start = texts(&self.call(cx, "start")?);
        if stop.0 != 0 && start.0 == 0 {
            return Ok(start);
        }
        Ok((stop.0 + start.0, stop.1 + &start.1, stop.2 + &start.2))
    }
}
