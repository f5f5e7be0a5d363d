//! `apt`: packages of Debian and its kin, by apt-get.

mod cache;
mod install;
mod policy_rcd;
mod query;
mod remove;
mod run;
mod upgrade;

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use run::Apt;

/// The module.
pub struct AptModule;

/// Its table, which `package` hands arguments on to.
pub static SPEC: Spec = Spec {
    mutually_exclusive: &[&["deb", "package", "upgrade"]],
    required_one_of: &[&["autoremove", "deb", "package", "update_cache", "upgrade"]],
    ..Spec::new("apt", "Install, upgrade and remove packages with apt-get", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "build-dep", "fixed", "latest", "present"])
        .help("Whether the packages are to be there."),
    Arg::new("update_cache", Kind::Bool)
        .aliases(&["update-cache"])
        .help("Fetch the lists of packages first."),
    Arg::new("update_cache_retries", Kind::Int).default("5").help("How often to try to fetch them."),
    Arg::new("update_cache_retry_max_delay", Kind::Int)
        .default("12")
        .help("The longest pause between tries, in seconds."),
    Arg::new("cache_valid_time", Kind::Int)
        .default("0")
        .help("Seconds for which fetched lists are new enough."),
    Arg::new("purge", Kind::Bool).default("false").help("Remove configuration files with a package."),
    Arg::new("package", Kind::List).elements(Kind::Str).aliases(&["pkg", "name"]).help(
        "The packages: NAME, NAME=VERSION, NAME>=VERSION, shell patterns; * for all with state=latest.",
    ),
    Arg::new("deb", Kind::Path).help("Package files on this machine, separated by commas."),
    Arg::new("default_release", Kind::Str).aliases(&["default-release"]).help("The release to prefer."),
    Arg::new("install_recommends", Kind::Bool)
        .aliases(&["install-recommends"])
        .help("Whether recommended packages come too; by default as apt is configured."),
    Arg::new("force", Kind::Bool).default("false").help("Hand --force-yes to apt-get."),
    Arg::new("upgrade", Kind::Str)
        .default("no")
        .choices(&["dist", "full", "no", "safe", "yes"])
        .help("Upgrade all that is installed."),
    Arg::new("dpkg_options", Kind::Str).default("force-confdef,force-confold").help("Options for dpkg."),
    Arg::new("autoremove", Kind::Bool).default("false").help("Remove what nothing needs any more."),
    Arg::new("autoclean", Kind::Bool)
        .default("false")
        .help("Remove fetched package files that can be fetched no more."),
    Arg::new("fail_on_autoremove", Kind::Bool).default("false").help("Fail rather than remove a package."),
    Arg::new("policy_rc_d", Kind::Int)
        .help("What /usr/sbin/policy-rc.d answers meanwhile: 101 keeps services stopped."),
    Arg::new("only_upgrade", Kind::Bool).default("false").help("Install nothing that is not installed."),
    Arg::new("force_apt_get", Kind::Bool).default("false").help("Upgrade by apt-get also where aptitude is."),
    Arg::new("clean", Kind::Bool).default("false").help("Remove all fetched package files."),
    Arg::new("allow_unauthenticated", Kind::Bool)
        .default("false")
        .aliases(&["allow-unauthenticated"])
        .help("Install what nobody has signed."),
    Arg::new("allow_downgrade", Kind::Bool)
        .default("false")
        .aliases(&["allow-downgrade", "allow_downgrades", "allow-downgrades"])
        .help("Install an older version over a newer."),
    Arg::new("allow_change_held_packages", Kind::Bool)
        .default("false")
        .help("Change packages that are held."),
    Arg::new("lock_timeout", Kind::Int)
        .default("60")
        .help("Seconds to wait for another package manager to end."),
    Arg::new("auto_install_module_deps", Kind::Bool)
        .default("true")
        .help("Nothing has to be installed for this module; accepted and not used."),
];

/// Fetches apt's lists of packages, as often as the arguments say.
///
/// # Errors
/// They cannot be fetched.
pub fn fetch_lists(args: &Args, cx: &mut Context<'_>) -> Result<(), Failed> {
    let mut apt = Apt::new(args, cx)?;
    let fetched = cache::fetch(&mut apt);
    let warnings = std::mem::take(&mut apt.warnings);
    cx.warnings.extend(warnings);
    fetched
}

impl Module for AptModule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut apt = Apt::new(args, cx)?;
        let mut outcome = work(&mut apt)?;
        outcome.warnings.extend(apt.warnings);
        Ok(outcome)
    }
}

fn work(apt: &mut Apt<'_, '_>) -> Result<Outcome, Failed> {
    let args = apt.args;
    let upgrade = match args.text("upgrade") {
        "no" => None,
        mode => Some(mode.to_owned()),
    };
    let named: Vec<String> = args.strings("package").map(str::to_owned).collect();
    let nothing_else = named.is_empty() && upgrade.is_none() && !args.has("deb");
    if args.flag("clean") {
        let outcome = remove::clean(apt)?;
        if nothing_else {
            return Ok(outcome);
        }
    }
    let cache = cache::refresh(apt)?;
    if nothing_else
        && (args.flag("update_cache") || args.int::<u64>("cache_valid_time").unwrap_or_default() > 0)
    {
        return Ok(cache.tell(Outcome::changed(cache.updated)));
    }
    if let Some(mode) = upgrade {
        return upgrade::run(apt, &mode);
    }
    if let Some(files) = args.str("deb") {
        return install::files(apt, files);
    }
    let packages: Vec<String> =
        named.iter().map(|name| name.trim().to_owned()).filter(|name| name != "*").collect();
    if args.text("state") == "latest" && packages.len() < named.len() {
        if !packages.is_empty() {
            return Err(Failed::new(
                "unable to install additional packages when upgrading all installed packages",
            ));
        }
        return upgrade::run(apt, "yes");
    }
    if let Some(bad) = packages.iter().find(|spec| spec.matches('=').count() > 1) {
        return Err(Failed::new(format!("invalid package spec: {bad}")));
    }
    if packages.is_empty() {
        for operation in ["autoclean", "autoremove"] {
            if args.flag(operation) {
                return remove::tidy(apt, operation);
            }
        }
    }
    match args.text("state") {
        "absent" => remove::packages(apt, &packages),
        _ => install::packages(apt, &packages, &cache),
    }
}
