//! `service`: a service by whatever manages services here. `systemd` and `systemd_service`: by systemd.

mod systemd;
mod sysv;

use super::setup;
use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use std::path::Path;

pub use systemd::{Systemd, SystemdService};

/// The module.
pub struct Service;

static SPEC: Spec = Spec::new("service", "Start, stop and enable a service", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().help("The service."),
    Arg::new("state", Kind::Str)
        .choices(&["started", "stopped", "reloaded", "restarted"])
        .help("Whether it is to run; reloaded and restarted always do something."),
    Arg::new("sleep", Kind::Int).help("Seconds between stop and start of a restart."),
    Arg::new("pattern", Kind::Str)
        .help("Text in the process list that tells that it runs, where no status does."),
    Arg::new("enabled", Kind::Bool).help("Whether it is to start with the machine."),
    Arg::new("runlevel", Kind::Str).default("default").help("Only OpenRC has it; not used."),
    Arg::new("arguments", Kind::Str).default("").aliases(&["args"]).help("Further arguments for its script."),
    Arg::new("use", Kind::Str)
        .default("auto")
        .help("What manages services, instead of what the machine has."),
];

impl Module for Service {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let manager = args.text("use").to_lowercase();
        let by_systemd = match manager.trim_start_matches("ansible.builtin.") {
            "" | "auto" => setup::systemd_runs(cx),
            "systemd" | "systemd_service" => true,
            "service" | "sysvinit" => false,
            other => {
                return Err(Failed::new(format!(
                    "services by {other} are not supported; systemd and sysvinit are"
                )));
            }
        };
        if by_systemd {
            let mut outcome = systemd::manage(&Wanted::from_args(args), cx)?;
            for unused in ["pattern", "sleep", "arguments"] {
                if args.has(unused) && args.str(unused) != Some("") {
                    let warning = format!("Ignoring \"{unused}\" as it is not used in \"systemd\"");
                    outcome.warnings.push(warning);
                }
            }
            return Ok(outcome);
        }
        sysv::manage(args, cx)
    }
}

/// What is asked of a service, in either module's words.
struct Wanted<'a> {
    name: Option<&'a str>,
    state: Option<&'a str>,
    enabled: Option<bool>,
    masked: Option<bool>,
    daemon_reload: bool,
    daemon_reexec: bool,
    force: bool,
    no_block: bool,
    scope: &'a str,
}

impl<'a> Wanted<'a> {
    fn from_args(args: &'a Args) -> Self {
        Wanted {
            name: args.str("name"),
            state: args.str("state"),
            enabled: args.bool("enabled"),
            masked: args.bool("masked"),
            daemon_reload: args.flag("daemon_reload"),
            daemon_reexec: args.flag("daemon_reexec"),
            force: args.flag("force"),
            no_block: args.flag("no_block"),
            scope: args.str("scope").unwrap_or("system"),
        }
    }
}

fn missing(name: &str) -> Failed {
    Failed::new(format!("Could not find the requested service {name}: host"))
}

/// Whether there is an init script of this name.
fn has_script(name: &str) -> bool {
    let script = Path::new("/etc/init.d").join(name);
    std::fs::metadata(script).is_ok_and(|meta| {
        use std::os::unix::fs::PermissionsExt;
        meta.is_file() && meta.permissions().mode() & 0o111 != 0
    })
}

/// Whether a runlevel has a link of this kind (`S` starts, `K` stops) to the script.
fn has_link(name: &str, kind: char) -> bool {
    let pattern = format!("rc?.d/{kind}??{name}");
    crate::glob::any(Path::new("/etc"), &pattern)
}
