//! The branches and tags of the checkout's repository.

use super::program::Git;
use crate::module::Failed;

impl Git<'_, '_> {
    /// What `git branch` lists, with its marks.
    fn branches(&mut self) -> Result<Vec<String>, Failed> {
        let output = self.here(&["branch", "--no-color", "-a"])?;
        let out = output.stdout_text();
        if output.rc != 0 {
            let failed = Failed::new(format!("Could not determine branch data - received {out}"));
            return Err(failed.with("stderr", output.stderr_text()).with("stdout", out));
        }
        Ok(out.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// Whether there is a local branch of this name.
    ///
    /// # Errors
    /// git cannot tell.
    pub fn has_branch(&mut self, name: &str) -> Result<bool, Failed> {
        Ok(self.branches()?.iter().any(|line| line.strip_prefix("* ").unwrap_or(line) == name))
    }

    /// Whether a commit is checked out, and no branch.
    ///
    /// # Errors
    /// git cannot tell.
    pub fn is_detached(&mut self) -> Result<bool, Failed> {
        let words = ["no branch", "detached from", "detached at"];
        let detached = |line: &String| line.starts_with("* ") && words.iter().any(|w| line.contains(w));
        Ok(self.branches()?.iter().any(detached))
    }

    /// Whether this is a tag with a message of its own, which may be signed.
    ///
    /// # Errors
    /// git cannot tell.
    pub fn is_annotated_tag(&mut self, name: &str) -> Result<bool, Failed> {
        let format = "%(objecttype):%(refname:short)";
        let output = self.here(&["for-each-ref", "refs/tags/", "--format", format])?;
        let out = output.stdout_text();
        if output.rc != 0 {
            let failed = Failed::new(format!("Could not determine tag data - received {out}"));
            return Err(failed.with("stderr", output.stderr_text()).with("stdout", out));
        }
        Ok(out.lines().any(|line| line.trim().split_once(':') == Some(("tag", name))))
    }
}
