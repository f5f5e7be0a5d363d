//! The shell by which ssh runs the commands of its configuration.

use std::ffi::OsString;

/// The user's own, as `$SHELL` names it.
pub(super) fn users_own() -> OsString {
    std::env::var_os("SHELL").filter(|s| !s.is_empty()).unwrap_or_else(|| "/bin/sh".into())
}
