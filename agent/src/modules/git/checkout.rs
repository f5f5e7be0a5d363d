//! Bringing the working tree to the version.

use super::program::{Git, failed};
use crate::module::Failed;

impl Git<'_, '_> {
    /// Checks out the version, as the remote has it.
    ///
    /// # Errors
    /// git fails, or the signature is not good.
    pub fn switch(&mut self) -> Result<(), Failed> {
        let (version, remote) = (self.args.text("version"), self.args.text("remote"));
        let upstream = format!("{remote}/{version}");
        if version == "HEAD" {
            let branch = self.head_branch(false)?.unwrap_or_else(|| "None".to_owned());
            self.checkout(&branch)?;
            self.switch_by(
                &["reset", "--hard", &format!("{remote}/{branch}"), "--"],
                &format!("branch {branch}"),
            )?;
        } else if !self.remote_has_branch(remote, version)? {
            self.switch_by(&["checkout", "--force", version], version)?;
        } else {
            let depth = self.depth();
            if let Some(depth) = depth
                && !self.has_branch(version)?
            {
                self.fetch_branch(&depth)?;
            }
            if self.has_branch(version)? {
                self.checkout(version)?;
                self.switch_by(&["reset", "--hard", &upstream], version)?;
            } else {
                self.switch_by(&["checkout", "--track", "-b", version, &upstream], version)?;
            }
        }
        if self.args.flag("verify_commit") { self.verify() } else { Ok(()) }
    }

    fn checkout(&mut self, branch: &str) -> Result<(), Failed> {
        let output = self.here(&["checkout", "--force", branch])?;
        match output.rc {
            0 => Ok(()),
            _ => Err(failed(format!("Failed to checkout branch {branch}"), &output)),
        }
    }

    fn switch_by(&mut self, words: &[&str], what: &str) -> Result<(), Failed> {
        let output = self.here(words)?;
        if output.rc == 0 {
            return Ok(());
        }
        let line = format!("{} {}", self.program, words.join(" "));
        Err(failed(format!("Failed to checkout {what}"), &output).with("cmd", line))
    }

    /// Fetches a branch that a shallow clone of another left out.
    fn fetch_branch(&mut self, depth: &str) -> Result<(), Failed> {
        let (version, remote) = (self.args.text("version"), self.args.text("remote"));
        let local = format!("+refs/heads/{version}:refs/heads/{version}");
        let tracking = format!("+refs/heads/{version}:refs/remotes/{remote}/{version}");
        let output = self.here(&["fetch", &format!("--depth={depth}"), remote, &local, &tracking])?;
        match output.rc {
            0 => Ok(()),
            _ => Err(failed(format!("Failed to fetch branch from remote: {version}"), &output)),
        }
    }
}
