//! The first clone.

use super::program::Git;
use crate::module::Failed;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

impl Git<'_, '_> {
    /// Clones, keeping the repository at `separate` where that is given.
    ///
    /// # Errors
    /// git fails.
    pub fn clone(&mut self, separate: Option<&Path>) -> Result<(), Failed> {
        let parent = self.dest.parent().unwrap_or(Path::new("/")).to_owned();
        // What cannot be made, git fails for.
        let _ = self.make_dirs(&parent);
        let (args, repo) = (self.args, self.repo.clone());
        let (version, remote, bare) = (args.text("version"), args.text("remote"), args.flag("bare"));
        let refspec = args.str("refspec");
        let depth = self.depth();
        let mut words = vec!["clone".to_owned()];
        if bare {
            words.push("--bare".to_owned());
        } else {
            words.extend(["--origin".to_owned(), remote.to_owned()]);
        }
        let named = self.remote_has_branch(&repo, version)? || self.remote_has_tag(&repo, version)?;
        if let Some(depth) = &depth {
            if version == "HEAD" || refspec.is_some_and(|spec| !spec.is_empty()) {
                words.extend(["--depth".to_owned(), depth.clone()]);
            } else if named {
                words.extend(["--depth", depth, "--branch", version].map(str::to_owned));
            } else {
                self.cx.warnings.push(
                    "Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in \
                     combination with refspec."
                        .to_owned(),
                );
            }
        }
        if let Some(reference) = args.str("reference").filter(|path| !path.is_empty()) {
            words.extend(["--reference".to_owned(), reference.to_owned()]);
        }
        if args.flag("single_branch") {
            words.push("--single-branch".to_owned());
            if named {
                words.extend(["--branch".to_owned(), version.to_owned()]);
            }
        }
        words.extend(separate.map(|path| format!("--separate-git-dir={}", path.display())));
        words.extend([repo.clone(), self.dest.display().to_string()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.checked_in(Some(&parent), &words)?;
        if bare && remote != "origin" {
            self.checked(&["remote", "add", remote, &repo])?;
        }
        if let Some(refspec) = refspec.filter(|spec| !spec.is_empty()) {
            let mut words = vec!["fetch"];
            if let Some(depth) = &depth {
                words.extend(["--depth", depth]);
            }
            words.extend([remote, refspec]);
            self.checked(&words)?;
        }
        if args.flag("verify_commit") {
            self.verify()?;
        }
        Ok(())
    }

    /// How much history is wanted; all where this git is too old for less.
    pub fn depth(&mut self) -> Option<String> {
        let depth = self.args.int::<i64>("depth").filter(|depth| *depth != 0)?;
        if self.older_than(&[1, 9, 1]) {
            let warning = "git version is too old to fully support the depth argument. Falling back to full \
                           checkouts.";
            self.cx.warnings.push(warning.to_owned());
            return None;
        }
        Some(depth.to_string())
    }

    fn make_dirs(&mut self, dir: &Path) -> std::io::Result<()> {
        let missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
        for dir in missing.into_iter().rev() {
            self.cx.effects.make_dir(dir, 0o777)?;
            if let Some(mode) = self.directory_mode() {
                self.cx.effects.set_permissions(dir, fs::Permissions::from_mode(mode))?;
            }
        }
        Ok(())
    }
}
