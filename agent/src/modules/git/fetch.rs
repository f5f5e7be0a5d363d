//! Fetching what is new.

use super::program::Git;
use crate::module::Failed;

impl Git<'_, '_> {
    /// Fetches all of the remote; with a depth, no more than the version needs where that can be named.
    ///
    /// # Errors
    /// git fails.
    pub fn fetch(&mut self, version: &str, refspec: Option<&str>, force: bool) -> Result<(), Failed> {
        self.set_url()?;
        let remote = self.args.text("remote");
        let refspec = refspec.filter(|spec| !spec.is_empty());
        let mut words = vec!["fetch".to_owned()];
        let mut specs = Vec::new();
        let shallow = match self.depth() {
            None => None,
            Some(depth) => self.shallow_refspecs(version, refspec)?.map(|specs| (depth, specs)),
        };
        if let Some((depth, few)) = shallow {
            words.extend(["--depth".to_owned(), depth]);
            specs = few;
        } else {
            if self.args.flag("bare") {
                specs.extend(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"].map(str::to_owned));
            } else if self.older_than(&[1, 9]) {
                // There `--tags` fetches nothing else.
                self.fetch_by(&["fetch", remote])?;
                specs.push("+refs/tags/*:refs/tags/*".to_owned());
            } else {
                words.push("--tags".to_owned());
            }
            specs.extend(refspec.map(str::to_owned));
        }
        if force {
            words.push("--force".to_owned());
        }
        words.push(remote.to_owned());
        words.extend(specs);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.fetch_by(&words)
    }

    /// Brings a commit that is to be compared; in check mode, where it can be named, its objects alone and no names
    /// for them.
    ///
    /// # Errors
    /// git fails.
    pub fn fetch_commit(&mut self, commit: &str) -> Result<(), Failed> {
        if !self.cx.mode.check {
            return self.fetch(commit, None, false);
        }
        let (repo, version) = (self.repo.clone(), self.args.text("version"));
        let name = match version {
            "HEAD" => self.head_branch(self.args.flag("bare"))?.map(|branch| format!("refs/heads/{branch}")),
            version => Some(version.to_owned()),
        };
        // A commit that the remote gives only under a name may be here already.
        self.here(&["fetch", "--no-tags", &repo, name.as_deref().unwrap_or("HEAD")]).map(drop)
    }

    /// The fewest refspecs that bring the version; nothing where it is a commit.
    fn shallow_refspecs(
        &mut self,
        version: &str,
        refspec: Option<&str>,
    ) -> Result<Option<Vec<String>>, Failed> {
        let (remote, repo) = (self.args.text("remote"), self.repo.clone());
        let head = self.head_branch(false)?;
        if let Some(refspec) = refspec {
            return Ok(Some(vec![refspec.to_owned()]));
        }
        if version == "HEAD" {
            return Ok(Some(head.into_iter().collect()));
        }
        if self.remote_has_branch(&repo, version)? {
            let mut specs = vec![format!("+refs/heads/{version}:refs/remotes/{remote}/{version}")];
            if head.as_deref() != Some(version) {
                specs.insert(0, format!("+refs/heads/{version}:refs/heads/{version}"));
            }
            return Ok(Some(specs));
        }
        let tag = self.remote_has_tag(&repo, version)?;
        Ok(tag.then(|| vec![format!("+refs/tags/{version}:refs/tags/{version}")]))
    }

    fn fetch_by(&mut self, words: &[&str]) -> Result<(), Failed> {
        let output = self.here(words)?;
        if output.rc == 0 {
            return Ok(());
        }
        let (out, err) = (output.stdout_text(), output.stderr_text());
        let msg = format!("Failed to download remote objects and refs: {out} {err}");
        Err(Failed::new(msg).with("cmd", self.words(words)))
    }
}
