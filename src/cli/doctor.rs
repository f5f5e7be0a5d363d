//! `warp doctor`: what is wrong with this machine for a lab, and mending it.

use super::{consent, output};
use crate::deploy::{Content, Settings, needs};
use crate::error::{Error, Exit, Result};
use crate::lab::Lab;
use crate::lab::doctor::{self, Finding, Host, Level, Mend};
use crate::play::Errors;
use crate::report::terminal::{visible, visible_line};
use crate::run;
use crate::template::Engine;
use crate::value::{self, Vars, extend};
use serde_json::json;
use similar::TextDiff;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mend what commands can: each is shown first, with what it changes in a file, and asked for.
    #[arg(long)]
    fix: bool,
    /// Do not ask.
    #[arg(short, long, requires = "fix")]
    yes: bool,
    /// Print one JSON object: checks (their names) and findings (check, level, what, where, why, mend: commands, advice:
    /// what no command does, mended: whether --fix did).
    #[arg(long)]
    json: bool,
    /// Variables of the deployment: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(doctor(args))
}

fn doctor(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let mut vars = Vars::new();
    for file in settings.variable_files() {
        extend(&mut vars, &value::read_vars(&file)?);
    }
    extend(&mut vars, &run::extra_vars(&args.extra_vars)?);
    vars.extend(settings.variables());
    let lab = Lab::find(&settings.local_working_dir)?;
    // A lab that is not there yet is not made: the plays are only read.
    let folder = tempfile::tempdir().map_err(Error::from)?;
    let content = Content::lay_out(folder.path())?;
    let look = |vars: &Vars| -> Result<Vec<Finding>> {
        let needs = needs(&Engine::new(), &content, &settings, vars)?;
        Ok(doctor::examine(&Host::new(needs, lab.as_ref())?))
    };
    let found = look(&vars)?;
    if !args.fix {
        tell(args, &found, &[]);
        return Ok(exit(&found));
    }
    for finding in &found {
        if !args.json {
            print(finding);
        }
        for mend in &finding.mends {
            allowed(mend, args)?;
            mend.apply()?;
        }
    }
    // A mend may have set variables of the deployment.
    for file in settings.variable_files() {
        extend(&mut vars, &value::read_vars(&file)?);
    }
    let left = look(&vars)?;
    tell(args, &found, &left);
    Ok(exit(&left))
}

fn exit(found: &[Finding]) -> Exit {
    match found.iter().any(|finding| finding.level == Level::Error) {
        true => Exit::HostsFailed,
        false => Exit::Ok,
    }
}

fn tell(args: &Args, found: &[Finding], left: &[Finding]) {
    if args.json {
        let findings: Vec<_> =
            found.iter().map(|finding| as_json(finding, args.fix && !is_in(finding, left))).collect();
        let all = json!({"checks": doctor::names().collect::<Vec<_>>(), "findings": findings});
        anstream::println!("{all}");
        return;
    }
    let checks = doctor::names().count();
    if args.fix {
        anstream::println!("{checks} checks: {} found, {} left", found.len(), left.len());
        for finding in left {
            anstream::println!("left: {}", visible_line(&finding.what));
        }
    } else {
        found.iter().for_each(print);
        anstream::println!("{checks} checks: {} found", found.len());
    }
}

fn is_in(finding: &Finding, all: &[Finding]) -> bool {
    all.iter().any(|other| (other.check, &other.place) == (finding.check, &finding.place))
}

fn print(finding: &Finding) {
    anstream::println!("{}: {} [{}]", finding.level.as_str(), visible_line(&finding.what), finding.check);
    anstream::println!("  where: {}", visible_line(&finding.place));
    anstream::println!("  why:   {}", visible_line(&finding.why));
    for mend in &finding.mends {
        anstream::println!("  mend:  {}", visible_line(&mend.shell()));
    }
    for advice in &finding.advice {
        anstream::println!("  help:  {}", visible_line(advice));
    }
}

fn as_json(finding: &Finding, mended: bool) -> serde_json::Value {
    json!({
        "check": finding.check,
        "level": finding.level.as_str(),
        "what": finding.what,
        "where": finding.place,
        "why": finding.why,
        "mend": finding.mends.iter().map(Mend::shell).collect::<Vec<_>>(),
        "advice": finding.advice,
        "mended": mended,
    })
}

/// Shows a change, on standard error, and asks for it unless that was said already.
fn allowed(mend: &Mend, args: &Args) -> Result<()> {
    anstream::eprintln!("+ {}", visible_line(&mend.shell()));
    if let Some((path, before, after)) = mend.rewrites() {
        let name = path.display().to_string();
        let diff = TextDiff::from_lines(before.as_str(), after);
        anstream::eprint!("{}", visible(&diff.unified_diff().header(&name, &name).to_string()));
    }
    if args.yes {
        return Ok(());
    }
    consent::agreed("Do it?", &format!("not done: {}", mend.shell()), "say so with --yes")
}
