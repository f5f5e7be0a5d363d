//! Submodules.

use super::program::{Git, failed};
use crate::module::Failed;
use std::collections::BTreeMap;
use std::fs;

impl Git<'_, '_> {
    /// Fetches what submodules have new; whether any is to be updated.
    ///
    /// # Errors
    /// git fails.
    pub fn fetch_submodules(&mut self) -> Result<bool, Failed> {
        let list = self.dest.join(".gitmodules");
        if !list.exists() {
            return Ok(false);
        }
        let text =
            fs::read(&list).map_err(|e| Failed::new(format!("cannot read {}", list.display())).because(e))?;
        let text = String::from_utf8_lossy(&text);
        let paths = text.lines().map(str::trim).filter(|line| line.starts_with("path"));
        let missing = paths
            .filter_map(|line| line.split_once('='))
            .any(|(_, path)| !self.dest.join(path.trim()).join(".git").exists());
        if missing {
            return Ok(true);
        }
        let begin = self.submodule_commits("HEAD")?;
        let program = self.program.clone();
        self.checked(&["submodule", "foreach", &program, "fetch"])?;
        if self.args.flag("track_submodules") {
            let head = format!("{}/master", self.args.text("remote"));
            return Ok(begin != self.submodule_commits(&head)?);
        }
        let status = self.checked(&["submodule", "status"])?;
        Ok(status.stdout_text().lines().any(|line| !line.starts_with(' ')))
    }

    /// Brings submodules to what is wanted.
    ///
    /// # Errors
    /// git fails.
    pub fn update_submodules(&mut self) -> Result<(), Failed> {
        if !self.dest.join(".gitmodules").exists() {
            return Ok(());
        }
        self.checked(&["submodule", "sync"])?;
        let mut words = vec!["submodule", "update", "--init", "--recursive"];
        if self.args.flag("track_submodules") {
            words.push("--remote");
        }
        if self.args.flag("force") {
            words.push("--force");
        }
        let output = self.here(&words)?;
        if output.rc == 0 {
            return Ok(());
        }
        let (out, err) = (output.stdout_text(), output.stderr_text());
        Err(Failed::new(format!("Failed to init/update submodules: {out}{err}")))
    }

    /// The commit that each submodule has of a name.
    fn submodule_commits(&mut self, name: &str) -> Result<BTreeMap<String, String>, Failed> {
        let program = self.program.clone();
        let output = self.here(&["submodule", "foreach", &program, "rev-parse", name])?;
        if output.rc != 0 {
            return Err(failed("Unable to determine hashes of submodules", &output));
        }
        let mut commits = BTreeMap::new();
        let mut submodule = None;
        for line in output.stdout_text().lines() {
            if let Some(path) = line.strip_prefix("Entering '") {
                submodule = Some(path.trim_end_matches('\'').to_owned());
                continue;
            }
            let commit = line.trim();
            match submodule.take().filter(|_| commit.len() == 40) {
                Some(path) => commits.insert(path, commit.to_owned()),
                None => return Err(Failed::new(format!("Unable to parse submodule hash line: {commit}"))),
            };
        }
        match submodule {
            Some(path) => Err(Failed::new(format!("Unable to find hash for submodule: {path}"))),
            None => Ok(commits),
        }
    }
}
