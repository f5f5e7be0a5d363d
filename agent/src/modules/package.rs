//! `package`: packages by whatever manager this machine has.

use super::apt;
use super::setup;
use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use crate::validate;

/// The module.
pub struct Package;

static SPEC: Spec = Spec {
    open: true,
    ..Spec::new("package", "Install and remove packages with the machine's own manager", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Raw).help("The packages, as the manager names them."),
    Arg::new("state", Kind::Raw).help("Whether they are to be there: present, absent or latest."),
    Arg::new("use", Kind::Str).default("auto").help("The manager, instead of the one that the machine has."),
];

impl Module for Package {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let manager = match args.text("use") {
            "" | "auto" => setup::package_manager(cx)?,
            named => named.to_owned(),
        };
        let module: &dyn Module = match manager.trim_start_matches("ansible.builtin.") {
            "apt" => &apt::AptModule,
            "unknown" => {
                return Err(Failed::new("Could not detect a package manager. Try using the \"use\" option."));
            }
            other => {
                return Err(Failed::new(format!("the package manager {other} is not supported; apt is")));
            }
        };
        let mut raw = args.map().clone();
        raw.retain(|name, value| name != "use" && !value.is_null());
        let checked = validate::check(module.spec(), &raw).map_err(Failed::new)?;
        let args = Args::new(module.spec(), checked.args, cx.environment);
        let mut outcome = module.run(&args, cx)?;
        outcome.warnings.extend(checked.warnings);
        outcome.values.extend(module.invocation(&args).map(|told| ("invocation".to_owned(), told)));
        Ok(outcome)
    }
}
