//! `git`: a checkout of a repository, brought to a version.

mod archive;
mod branches;
mod checkout;
mod clone;
mod fetch;
mod program;
mod remote;
mod repository;
mod signature;
mod ssh;
mod submodules;

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use program::Git;
use std::path::{Path, PathBuf};

/// The module.
pub struct GitModule;

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["separate_git_dir", "bare"], &["accept_hostkey", "accept_newhostkey"]],
    required_by: &[("archive_prefix", &["archive"])],
    ..Spec::new("git", "Brings a checkout of a git repository to a version", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("repo", Kind::Str).required().aliases(&["name"]).help("Where the repository is cloned from."),
    Arg::new("dest", Kind::Path).help("The checkout's directory; not needed where `clone` is off."),
    Arg::new("version", Kind::Str).default("HEAD").help("A branch, a tag, a commit, or the remote's HEAD."),
    Arg::new("remote", Kind::Str).default("origin").help("What the remote is called."),
    Arg::new("refspec", Kind::Str).help("A refspec to fetch besides."),
    Arg::new("reference", Kind::Str).help("A local repository to take objects from."),
    Arg::new("force", Kind::Bool).default("false").help("Discard local modifications."),
    Arg::new("depth", Kind::Int).help("How many commits of history to fetch."),
    Arg::new("clone", Kind::Bool).default("true").help("Clone where there is no checkout yet."),
    Arg::new("update", Kind::Bool).default("true").help("Fetch new commits for a checkout that is there."),
    Arg::new("verify_commit", Kind::Bool).default("false").help("Check the signature of the commit or tag."),
    Arg::new("gpg_allowlist", Kind::List)
        .elements(Kind::Str)
        .aliases(&["gpg_whitelist"])
        .help("Fingerprints of which the signing key must be one."),
    Arg::new("accept_hostkey", Kind::Bool).default("false").help("Take any host key of the server."),
    Arg::new("accept_newhostkey", Kind::Bool)
        .default("false")
        .help("Take the host key of a server that is not known yet."),
    Arg::new("key_file", Kind::Path).help("The private key for the server."),
    Arg::new("ssh_opts", Kind::Str).help("Options for ssh."),
    Arg::new("executable", Kind::Path).help("The git to run, instead of that in PATH."),
    Arg::new("bare", Kind::Bool).default("false").help("Make a repository without a working tree."),
    Arg::new("recursive", Kind::Bool).default("true").help("Bring submodules along."),
    Arg::new("single_branch", Kind::Bool).default("false").help("Clone the history of `version` only."),
    Arg::new("track_submodules", Kind::Bool)
        .default("false")
        .help("Take submodules at the head of their master branch."),
    Arg::new("umask", Kind::Raw).help("The umask for what is made, as octal text."),
    Arg::new("archive", Kind::Path)
        .help("An archive to make of the version; its name's end tells the format."),
    Arg::new("archive_prefix", Kind::Str).help("A prefix for the names in the archive."),
    Arg::new("separate_git_dir", Kind::Path).help("Where the repository is kept, beside the working tree."),
];

impl Module for GitModule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut git = Git::new(args, cx)?;
        let mut outcome = Outcome::ok();
        let Some(given) = args.path("dest") else {
            if args.flag("clone") {
                return Err(Failed::new("the destination directory must be specified unless clone=no"));
            }
            git.configure_ssh()?;
            return git.predict_clone(outcome.with("before", Value::Null));
        };
        git.dest = paths::absolute(given);
        let separate = args.path("separate_git_dir").map(paths::real);
        let here = git.locate(separate.as_deref(), &mut outcome)?;
        git.configure_ssh()?;
        outcome = outcome.with("before", Value::Null);
        if !here.join("config").exists() {
            if git.cx.mode.check || !args.flag("clone") {
                return git.predict_clone(outcome);
            }
            git.clone(separate.as_deref())?;
            git.finish(outcome, None, false)
        } else if !args.flag("update") {
            git.leave(outcome)
        } else {
            git.update(outcome)
        }
    }
}

impl Git<'_, '_> {
    /// Where the repository is that belongs to the checkout, after moving it to where it is to be kept.
    fn locate(&mut self, separate: Option<&Path>, outcome: &mut Outcome) -> Result<PathBuf, Failed> {
        let path = self.repository(self.args.flag("bare"))?;
        match separate.filter(|separate| path.exists() && *separate != path) {
            None => Ok(path),
            Some(separate) => {
                outcome.changed = true;
                if self.cx.mode.check {
                    return Ok(path);
                }
                self.relocate(&path, separate)?;
                let told = |path: &Path| Value::from(path.display().to_string());
                outcome.values.insert("git_dir_before".to_owned(), told(&path));
                outcome.values.insert("git_dir_now".to_owned(), told(separate));
                Ok(separate.to_owned())
            }
        }
    }

    /// What a clone would bring, where none is to be made.
    fn predict_clone(&mut self, outcome: Outcome) -> Result<Outcome, Failed> {
        let url = self.repo.clone();
        let after = self.remote_head(&url)?;
        let outcome = Outcome { changed: true, ..outcome.with("after", after.as_str()) };
        self.with_diff(outcome, None, &after)
    }

    /// A checkout that is there and not to be updated.
    fn leave(&mut self, outcome: Outcome) -> Result<Outcome, Failed> {
        let head = self.head()?;
        let outcome = outcome.with("before", head.as_str()).with("after", head);
        self.with_archive(outcome)
    }

    /// Fetches and checks out.
    fn update(&mut self, mut outcome: Outcome) -> Result<Outcome, Failed> {
        let modified = self.is_modified()?;
        let before = self.head()?;
        outcome = outcome.with("before", before.as_str());
        if modified {
            let msg = format!("Local modifications exist in the destination: {}", self.dest.display());
            if !self.args.flag("force") {
                return Err(Failed::new(format!("{msg} (force=no).")).with("before", before));
            }
            if !self.cx.mode.check {
                self.checked(&["reset", "--hard", "HEAD"])?;
                outcome = Outcome { changed: true, ..outcome.with("msg", msg) };
            }
        }
        let remote = self.args.text("remote");
        if self.cx.mode.check {
            let moved = self.url_differs()?;
            let after = self.remote_head(remote)?;
            outcome.changed = before != after || moved;
            let outcome = outcome.with("remote_url_changed", moved).with("after", after.as_str());
            return self.with_diff(outcome, Some(&before), &after);
        }
        let moved = self.set_url()?;
        outcome = outcome.with("remote_url_changed", moved);
        let (version, refspec) = (self.args.text("version"), self.args.str("refspec"));
        self.fetch(version, refspec, self.args.flag("force"))?;
        self.finish(outcome, Some(before), modified || moved)
    }

    /// Checks out what was cloned or fetched, with its submodules, and tells of it.
    fn finish(
        &mut self,
        mut outcome: Outcome,
        before: Option<String>,
        changed: bool,
    ) -> Result<Outcome, Failed> {
        let bare = self.args.flag("bare");
        if !bare {
            self.switch()?;
        }
        let submodules = self.args.flag("recursive") && !bare && self.fetch_submodules()?;
        if submodules {
            outcome = outcome.with("submodules_changed", true);
            self.update_submodules()?;
        }
        let after = self.head()?;
        outcome = outcome.with("after", after.as_str());
        if before.as_ref() != Some(&after) || changed || submodules {
            outcome.changed = true;
            outcome = self.with_diff(outcome, before.as_deref(), &after)?;
        }
        self.with_archive(outcome)
    }

    /// With what came between two commits, in diff mode.
    fn with_diff(&mut self, outcome: Outcome, before: Option<&str>, after: &str) -> Result<Outcome, Failed> {
        if !self.cx.mode.diff {
            return Ok(outcome);
        }
        let prepared = match before {
            None => format!(">> Newly checked out {after}"),
            Some(before) if before == after => return Ok(outcome),
            Some(before) => self.difference(before, after)?,
        };
        Ok(outcome.with("diff", Map::from_iter([("prepared".to_owned(), prepared.into())])))
    }

    fn difference(&mut self, before: &str, after: &str) -> Result<String, Failed> {
        self.fetch_commit(after)?;
        let output = self.here(&["diff", before, after])?;
        let (out, err) = (output.stdout_text(), output.stderr_text());
        let failure = format!(">> Failed to get proper diff between {before} and {after}");
        Ok(match output.rc {
            0 if !out.is_empty() => out,
            0 => format!(">> No visual differences between {before} and {after}"),
            _ if !err.is_empty() => format!("{failure}:\n>> {err}"),
            _ => failure,
        })
    }
}
