//! The settings, before a tool looks at its command line.

use crate::config::definitions::{ConfigFile, Definition, check, resolve};
use crate::error::{Error, Result};
use std::os::unix::fs::DirBuilderExt;

/// Checks all settings, and makes the folder for temporary files.
///
/// # Errors
/// A setting whose value cannot be, or a folder that cannot be made.
pub(super) fn prepare() -> Result<()> {
    check()?;
    let folder = Definition::find("DEFAULT_LOCAL_TMP")
        .and_then(|of| resolve(&of, "'DEFAULT_LOCAL_TMP'", ConfigFile::of_process(), &|_| None).ok());
    let Some(folder) = folder.as_ref().and_then(|found| found.value.as_str()) else { return Ok(()) };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|e| Error::other(format!("Unable to create local directories '{folder}': {e}")))
}
