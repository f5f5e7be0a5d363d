//! `dpkg_selections`: what dpkg is to do with a package.

use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};

/// The module.
pub struct DpkgSelections;

static SPEC: Spec = Spec::new("dpkg_selections", "Sets what dpkg is to do with a package", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().help("The package."),
    Arg::new("selection", Kind::Str)
        .required()
        .choices(&["install", "hold", "deinstall", "purge"])
        .help("What dpkg is to do with it."),
];

impl Module for DpkgSelections {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let (name, selection) = (args.text("name"), args.text("selection"));
        let dpkg = program::require(cx, "dpkg")?;
        let command = |words: &[&str]| {
            let words = std::iter::once(dpkg.as_os_str()).chain(words.iter().map(AsRef::as_ref));
            Command::new(words).english()
        };
        let output = cx.run_checked(&command(&["--get-selections", name]))?;
        if output.stderr_text().contains("no packages found matching") {
            let msg = format!("Failed to find package '{name}' to perform selection '{selection}'.");
            return Err(Failed::new(msg));
        }
        let text = output.stdout_text();
        let before = text.split_whitespace().nth(1).unwrap_or("not present");
        let changed = before != selection;
        if changed && cx.effects.other() {
            let set = command(&["--set-selections"]).stdin(format!("{name} {selection}\n"));
            cx.run_checked(&set)?;
        }
        Ok(Outcome::changed(changed).with("before", before).with("after", selection))
    }
}
