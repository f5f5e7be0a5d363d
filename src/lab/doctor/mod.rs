//! What is wrong with a host that is to carry a lab, and the commands that mend it.
//!
//! Each check looks at the machine as it is, never at a copy of it; `warp doctor` tells all that they find, and a
//! deployment begins with them. See `docs/design/doctor.md`.

mod acl;
mod apparmor;
mod bridge_nf;
mod daemon;
mod disk;
mod emulator;
mod finding;
mod groups;
mod host;
mod kvm;
mod memory;
mod mend;
mod nested;
mod packages;
mod passage;
mod processor;
mod resolver;

pub use finding::{Finding, Level};
pub use host::{Guest, Host, Needs};
pub use mend::Mend;

use crate::error::Result;

/// Looks at one thing.
type Check = fn(&Host) -> Result<Vec<Finding>>;

/// All checks by their names, in the order in which their findings are mended: what others stand on comes first.
const CHECKS: [(&str, Check); 13] = [
    ("packages", packages::check),
    ("emulator", emulator::check),
    ("processor", processor::check),
    ("kvm", kvm::check),
    ("nested", nested::check),
    ("daemon", daemon::check),
    ("groups", groups::check),
    ("apparmor", apparmor::check),
    ("passage", passage::check),
    ("bridge-nf", bridge_nf::check),
    ("memory", memory::check),
    ("disk", disk::check),
    ("resolver", resolver::check),
];

/// The names of the checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(name, _)| *name)
}

/// Runs all checks on a host. A check that cannot look is a finding too. Blocks.
#[must_use]
pub fn examine(host: &Host) -> Vec<Finding> {
    let mut all = Vec::new();
    for (name, check) in CHECKS {
        let found = check(host).unwrap_or_else(|e| {
            let why = e.note_lines().iter().chain(e.help_lines()).cloned().collect::<Vec<_>>().join("; ");
            vec![Finding::warning(e.message(), "this machine", why)]
        });
        all.extend(found.into_iter().map(|finding| finding.of(name)));
    }
    all
}
