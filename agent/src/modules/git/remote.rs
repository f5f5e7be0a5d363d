//! What the remote has, and where it is.

use super::program::{Git, failed};
use crate::expand;
use crate::module::Failed;
use crate::paths;
use std::path::Path;

impl Git<'_, '_> {
    /// Whether the remote has a branch of this name.
    ///
    /// # Errors
    /// git fails.
    pub fn remote_has_branch(&mut self, remote: &str, name: &str) -> Result<bool, Failed> {
        let output = self.checked(&["ls-remote", remote, "-h", &format!("refs/heads/{name}")])?;
        Ok(output.stdout_text().contains(name))
    }

    /// Whether the remote has a tag of this name.
    ///
    /// # Errors
    /// git fails.
    pub fn remote_has_tag(&mut self, remote: &str, name: &str) -> Result<bool, Failed> {
        let output = self.checked(&["ls-remote", remote, "-t", &format!("refs/tags/{name}")])?;
        Ok(output.stdout_text().contains(name))
    }

    /// The commit that the version is on the remote; one that is neither branch nor tag there is taken for a commit.
    ///
    /// # Errors
    /// git fails, or the remote does not have it.
    pub fn remote_head(&mut self, remote: &str) -> Result<String, Failed> {
        let version = self.args.text("version");
        let by_url = remote == self.repo;
        let tag;
        let pattern = if version == "HEAD" {
            tag = false;
            if by_url {
                version.to_owned()
            } else {
                let branch = self.head_branch(self.args.flag("bare"))?;
                format!("refs/heads/{}", branch.as_deref().unwrap_or("None"))
            }
        } else if self.remote_has_branch(remote, version)? {
            tag = false;
            format!("refs/heads/{version}")
        } else if self.remote_has_tag(remote, version)? {
            tag = true;
            format!("refs/tags/{version}*")
        } else {
            return Ok(version.to_owned());
        };
        let dest = self.dest.clone();
        let dir = Some(dest.as_path()).filter(|_| !by_url);
        let words = ["ls-remote", remote, if tag { "-t" } else { "-h" }, &pattern];
        let output = self.checked_in(dir, &words)?;
        let text = output.stdout_text();
        // The commit that an annotated tag leads to is listed after the tag itself.
        let peeled = text.lines().find(|line| tag && line.ends_with(&format!("{version}^{{}}")));
        let itself = text.lines().rfind(|line| tag && line.ends_with(version));
        let line = peeled.or(itself).unwrap_or(&text);
        match line.split_whitespace().next() {
            Some(commit) => Ok(commit.to_owned()),
            None => Err(failed(format!("Could not determine remote revision for {version}"), &output)),
        }
    }

    /// Where the remote is; nothing where this git cannot tell.
    fn url(&mut self) -> Result<Option<String>, Failed> {
        let output = self.here(&["ls-remote", "--get-url", self.args.text("remote")])?;
        Ok(Some(output.stdout_text().trim_end_matches('\n').to_owned()).filter(|_| output.rc == 0))
    }

    /// Whether the remote is known to be elsewhere than it should be.
    ///
    /// # Errors
    /// git cannot be started.
    pub fn url_differs(&mut self) -> Result<bool, Failed> {
        Ok(match self.url()? {
            Some(url) => !url.is_empty() && !self.is_same_place(&url),
            None => false,
        })
    }

    /// Sets where the remote is; whether it was elsewhere.
    ///
    /// # Errors
    /// git fails.
    pub fn set_url(&mut self) -> Result<bool, Failed> {
        let url = self.url()?;
        if url.as_ref().is_some_and(|url| self.is_same_place(url)) {
            return Ok(false);
        }
        let (remote, repo) = (self.args.text("remote"), self.repo.clone());
        let output = self.here(&["remote", "set-url", remote, &repo])?;
        if output.rc != 0 {
            let (out, err) = (output.stdout_text(), output.stderr_text());
            return Err(Failed::new(format!("Failed to set a new url {repo} for {remote}: {out} {err}")));
        }
        Ok(url.is_some())
    }

    fn is_same_place(&self, url: &str) -> bool {
        let plain = |text: &str| paths::real(Path::new(&expand::path(text, self.cx.environment)));
        url == self.repo || plain(url) == plain(&self.repo)
    }
}
