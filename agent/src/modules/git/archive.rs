//! An archive of what is checked out.

use super::program::Git;
use crate::effects::Temp;
use crate::module::Failed;
use crate::outcome::Outcome;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

impl Git<'_, '_> {
    /// With the archive that is asked for; one that is there and the same stays as it is.
    ///
    /// # Errors
    /// git fails, or the archive cannot be written.
    pub fn with_archive(&mut self, mut outcome: Outcome) -> Result<Outcome, Failed> {
        let Some(archive) = self.args.path("archive").filter(|path| !path.as_os_str().is_empty()) else {
            return Ok(outcome);
        };
        if self.cx.mode.check {
            outcome.changed = true;
            return Ok(outcome);
        }
        let extension = archive.extension().unwrap_or_default().to_string_lossy();
        let format = match &*extension {
            "zip" | "tar" | "tgz" => &*extension,
            "gz" => "tar.gz",
            _ => {
                let msg =
                    format!("Unable to get file extension from archive file name : {}", archive.display());
                let details = "Please specify archive as filename with extension. File extension can be one of \
                               ['tar', 'tar.gz', 'zip', 'tgz']";
                return Err(Failed::new(msg).with("details", details));
            }
        };
        if !archive.exists() {
            self.archive(archive, format)?;
            outcome.changed = true;
            return Ok(outcome);
        }
        let cannot = |e: io::Error| {
            let msg = format!("Failed to move the new archive to {}", archive.display());
            Failed::new(msg).with("details", format!("Error occurred while moving : {e}"))
        };
        let draft = self.cx.effects.temp_beside(archive, false).map_err(cannot)?;
        if let Some(path) = draft.as_ref().map(Temp::path) {
            self.archive(path, format)?;
            outcome.changed = !same(path, archive).map_err(cannot)?;
        }
        if outcome.changed {
            self.cx.effects.replace(draft, archive, false).map_err(cannot)?;
        }
        Ok(outcome)
    }

    fn archive(&mut self, to: &Path, format: &str) -> Result<(), Failed> {
        let path = to.display().to_string();
        let mut words = vec!["archive", "--format", format, "--output", &path];
        if let Some(prefix) = self.args.str("archive_prefix") {
            words.extend(["--prefix", prefix]);
        }
        words.push(self.args.text("version"));
        let output = self.here(&words)?;
        if output.rc == 0 {
            return Ok(());
        }
        let (dest, err) = (self.dest.display(), output.stderr_text());
        let details = format!(
            "Git archive command failed to create archive {} using {dest} directory.Error: {err}",
            to.display()
        );
        Err(Failed::new("Failed to perform archive operation").with("details", details))
    }
}

/// Whether two files have the same content.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        let n = one.read(&mut left)?;
        if n == 0 {
            return Ok(true);
        }
        let (left, right) = (left.get(..n).unwrap_or_default(), right.get_mut(..n).unwrap_or_default());
        other.read_exact(right)?;
        if left != right {
            return Ok(false);
        }
    }
}
