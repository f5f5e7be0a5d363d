//! `--version` in the form of Ansible's tools.

use crate::config;
use crate::error::Result;

/// The ansible-core whose behaviour warp has. Programs that drive Ansible read it.
const CORE: &str = "2.19.14";

/// What `TOOL --version` prints.
///
/// # Errors
/// Where this program lies cannot be told.
pub(super) fn text(tool: &str, config: &config::Settings) -> Result<String> {
    let file = config.file.as_ref().map_or_else(|| "None".to_owned(), |f| f.display().to_string());
    let executable = std::env::current_exe()?;
    Ok(format!(
        "{tool} [core {CORE}]\n  config file = {file}\n  executable location = {}\n  warp version = {}",
        executable.display(),
        env!("CARGO_PKG_VERSION")
    ))
}
