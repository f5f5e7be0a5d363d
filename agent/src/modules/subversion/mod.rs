//! `subversion`: a checkout or an export of a repository, by the target's own svn.

mod svn;

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use std::path::Path;
use svn::Svn;

/// The module.
pub struct SubversionModule;

static SPEC: Spec =
    Spec::new("subversion", "Brings a checkout of a Subversion repository to a revision", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("repo", Kind::Str)
        .required()
        .aliases(&["name", "repository"])
        .help("The URL of the repository, or of a directory in it."),
    Arg::new("dest", Kind::Path).help("The checkout's directory."),
    Arg::new("revision", Kind::Str).default("HEAD").aliases(&["rev", "version"]).help("The revision."),
    Arg::new("force", Kind::Bool)
        .default("false")
        .help("Discard local modifications; for an export, write over what is there."),
    Arg::new("username", Kind::Str).help("The user to log in as."),
    Arg::new("password", Kind::Str).secret().help("The password; svn must be 1.10 or later."),
    Arg::new("executable", Kind::Path).help("The svn to run, instead of that in PATH."),
    Arg::new("export", Kind::Bool).default("false").help("Export instead of checking out."),
    Arg::new("checkout", Kind::Bool).default("true").help("Check out where there is no checkout yet."),
    Arg::new("update", Kind::Bool).default("true").help("Update a checkout that is there."),
    Arg::new("switch", Kind::Bool).default("true").help("Switch to `repo` before an update."),
    Arg::new("in_place", Kind::Bool)
        .default("false")
        .help("Check out into a directory that is there and no checkout."),
    Arg::new("validate_certs", Kind::Bool).default("false").help("Check the certificate of an https server."),
];

impl Module for SubversionModule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let asked = |name| args.flag(name);
        let (export, checkout, update) = (asked("export"), asked("checkout"), asked("update"));
        let dest = args.str("dest").filter(|dest| !dest.is_empty());
        if dest.is_none() && (checkout || update || export) {
            return Err(Failed::new(
                "the destination directory must be specified unless checkout=no, update=no, and export=no",
            ));
        }
        let dest = dest.unwrap_or_default();
        let check = cx.mode.check;
        let mut svn = Svn::new(args, cx, dest)?;
        if !export && !update && !checkout {
            let after = svn.remote_revision()?;
            return Ok(Outcome::ok().with("after", after));
        }
        if export || !Path::new(dest).exists() {
            if check {
                return Ok(Outcome::changed(true));
            }
            if export || !checkout {
                if export {
                    svn.bring("export", asked("force"))?;
                }
                return Ok(Outcome::changed(export));
            }
            svn.bring("checkout", false)?;
            return Ok(Outcome::changed(true).with("before", Value::Null).with("after", svn.place()?));
        }
        if svn.is_checkout()? {
            return if update { svn.refresh() } else { Ok(Outcome::ok()) };
        }
        if !asked("in_place") {
            return Err(Failed::new(format!(
                "ERROR: {dest} folder already exists, but its not a subversion repository."
            )));
        }
        if check {
            return Ok(Outcome::changed(true));
        }
        svn.bring("checkout", true)?;
        if svn.is_modified()? && asked("force") {
            svn.revert()?;
        }
        Ok(Outcome::changed(true).with("before", Value::Null).with("after", svn.place()?))
    }
}

impl Svn<'_, '_> {
    /// Brings a checkout that is there up to the revision.
    fn refresh(&mut self) -> Result<Outcome, Failed> {
        let refused = || Failed::new("ERROR: modified files exist in the repository.");
        if self.cx.mode.check {
            if self.is_modified()? && !self.args.flag("force") {
                return Err(refused());
            }
            return self.predict();
        }
        let before = self.place()?;
        // Modifications are looked for before the switch, which may leave some; they are reverted after it, for they
        // are to be those of the right repository.
        let modified = self.is_modified()?;
        let mut changed = self.args.flag("switch") && self.switch()?;
        if modified {
            if !self.args.flag("force") {
                return Err(refused());
            }
            self.revert()?;
        }
        changed |= self.update()?;
        Ok(Outcome::changed(changed || modified).with("before", before).with("after", self.place()?))
    }
}
