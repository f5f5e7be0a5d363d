//! Programs that are not installed.

use super::{Finding, Host, Mend};
use crate::error::Result;
use crate::lab::DaemonKind;
use crate::lab::program::{self, COMMON, PRIVATE, SESSION};

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    // Either form of libvirt's daemon does for an account.
    let modular = program::find("virtqemud").is_some();
    let own = match host.daemon {
        DaemonKind::Private => &PRIVATE[..],
        DaemonKind::Session if !modular => &SESSION[..],
        DaemonKind::System | DaemonKind::Session | DaemonKind::Remote => &[],
    };
    let missing = program::missing(COMMON.iter().chain(own).copied());
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
    let finding = Finding::error(
        format!("programs are missing: {}", names.join(", ")),
        program::PATH,
        "without them no guest can be made, run or reached",
    );
    let install = Mend::as_root(["apt-get", "install", "--yes"]).with(program::packages(&missing));
    Ok(vec![finding.mend(install)])
}
