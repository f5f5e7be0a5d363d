//! The repository that belongs to a checkout: where it is, what it has checked out.

use super::program::Git;
use crate::module::Failed;
use std::fs;
use std::path::{Path, PathBuf};

impl Git<'_, '_> {
    /// Where the repository is: the checkout's `.git`, or what that leads to.
    ///
    /// # Errors
    /// `.git` is a file that leads nowhere.
    pub fn repository(&self, bare: bool) -> Result<PathBuf, Failed> {
        let path = if bare { self.dest.clone() } else { self.dest.join(".git") };
        if !path.is_file() {
            return Ok(path);
        }
        let broken = |details: String| {
            let msg = "Current repo does not have a valid reference to a separate Git dir or it refers to the \
                       invalid path";
            Failed::new(msg).because(&details).with("details", details)
        };
        let text = fs::read_to_string(&path).map_err(|e| broken(e.to_string()))?;
        let Some((before, place)) = text.trim_end().split_once("gitdir: ") else {
            return Err(broken("not enough values to unpack (expected 2, got 1)".to_owned()));
        };
        if !before.is_empty() {
            return Err(broken(".git file has invalid git dir reference format".to_owned()));
        }
        let led = self.dest.join(place);
        if led.is_dir() { Ok(led) } else { Err(broken(format!("{} is not a directory", led.display()))) }
    }

    /// Moves the repository out of the checkout, which then leads to it.
    ///
    /// # Errors
    /// Something is there already, or it cannot be moved.
    pub fn relocate(&mut self, from: &Path, to: &Path) -> Result<(), Failed> {
        if to.exists() {
            return Err(Failed::new(format!("Separate-git-dir path {} already exists.", to.display())));
        }
        let cannot = |e: &Failed| Failed::new("Unable to move git dir.").because(e.msg());
        self.shift(from, to).map_err(|e| cannot(&e))?;
        let link = self.dest.join(".git");
        let text = format!("gitdir: {}", to.display());
        if let Err(e) = self.cx.write_file(&link, text.as_bytes(), None, false) {
            self.shift(to, from)?;
            return Err(cannot(&e));
        }
        Ok(())
    }

    /// By `mv`, which also moves to another file system.
    fn shift(&mut self, from: &Path, to: &Path) -> Result<(), Failed> {
        let words = ["mv".as_ref(), "-T".as_ref(), "--".as_ref(), from.as_os_str(), to.as_os_str()];
        self.cx.run_checked(&crate::command::Command::new(words)).map(drop)
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    /// git cannot be started.
    pub fn head(&mut self) -> Result<String, Failed> {
        Ok(self.here(&["rev-parse", "HEAD"])?.stdout_text().trim_end_matches('\n').to_owned())
    }

    /// Whether files that git knows were changed.
    ///
    /// # Errors
    /// git cannot be started.
    pub fn is_modified(&mut self) -> Result<bool, Failed> {
        if self.args.flag("bare") {
            return Ok(false);
        }
        let output = self.here(&["status", "--porcelain"])?;
        Ok(output.stdout_text().lines().any(|line| !line.starts_with("??")))
    }

    /// The branch that HEAD is on; where it is on none, the remote's.
    ///
    /// # Errors
    /// The repository cannot be found, or git cannot be started.
    pub fn head_branch(&mut self, bare: bool) -> Result<Option<String>, Failed> {
        let remote = self.args.text("remote");
        let repository = self.repository(bare)?;
        let file = if self.is_detached()? {
            repository.join("refs/remotes").join(remote).join("HEAD")
        } else {
            repository.join("HEAD")
        };
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&file)
            .map_err(|_| Failed::new(format!("Unable to read {}", file.display())))?;
        let line = text.lines().next().unwrap_or_default();
        let line = line.replacen(&format!("refs/remotes/{remote}"), "", 1);
        let name = line.rsplit(' ').next().unwrap_or_default();
        Ok(name.splitn(3, '/').last().filter(|name| !name.is_empty()).map(str::to_owned))
    }
}
