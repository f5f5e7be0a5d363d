//! The table of exit codes.

/// Why a run ended, as its exit code. 0 to 4, 5, 99 and 250 are ansible-playbook's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Ok = 0,
    /// Something went wrong that has no code of its own.
    Error = 1,
    /// A host failed.
    HostsFailed = 2,
    /// A host could not be reached.
    HostsUnreachable = 3,
    /// A playbook, inventory, variable file or template could not be read or understood.
    Input = 4,
    /// The command line was wrong.
    Usage = 5,
    /// The lab is held by another warp.
    LabHeld = 6,
    /// Interrupted by the user.
    Interrupted = 99,
    /// A defect in warp.
    Unexpected = 250,
}
