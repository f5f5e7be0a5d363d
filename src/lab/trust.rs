//! A root process neither runs from nor writes through a path that another account can change.

use crate::error::{Error, Result};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Refuses a directory that an account other than root and our own can write to, or exchange through one above it.
///
/// # Errors
/// Names the directory that is at fault.
pub fn check(directory: &Path) -> Result<()> {
    let real = directory
        .canonicalize()
        .map_err(|e| Error::other(format!("cannot look at {}: {e}", directory.display())))?;
    let ours = nix::unistd::geteuid().as_raw();
    for (depth, part) in real.ancestors().enumerate() {
        let metadata = std::fs::symlink_metadata(part)
            .map_err(|e| Error::other(format!("cannot look at {}: {e}", part.display())))?;
        let owner = metadata.uid() == 0 || metadata.uid() == ours;
        // In a sticky directory (/tmp) others may add entries, but not exchange ours.
        let sticky = depth > 0 && metadata.mode() & 0o1000 != 0;
        if !owner || (metadata.mode() & 0o022 != 0 && !sticky) {
            return Err(Error::other(format!(
                "{} can be changed by another account, and a daemon that runs as root would trust it",
                part.display()
            ))
            .note(format!("it is on the way to {}", real.display()))
            .help("set LWD to a directory that only root can write to, such as /root/.quickstart"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_below_one_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("lab");
        std::fs::create_dir(&inner).unwrap();
        assert!(check(&inner).is_ok());
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = check(&inner).unwrap_err();
        assert!(error.message().starts_with(&dir.path().display().to_string()), "{error}");
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(check(&inner).is_ok());
        assert!(check(dir.path()).is_err());
    }
}
