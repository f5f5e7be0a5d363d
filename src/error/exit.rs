//! The table of exit codes.

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Ok,
    /// Something went wrong that has no code of its own.
    Error,
    /// A host failed.
    HostsFailed,
    /// A host could not be reached.
    HostsUnreachable,
    /// The link to a host was lost while a step ran, with an end that nobody knows.
    HostsLost,
    /// A playbook, inventory, variable file or template could not be read or understood.
    Input,
    /// A file or role that a playbook names is not there; a dynamic include of it fails its hosts only.
    Missing,
    /// The command line was wrong.
    Usage,
    /// The lab is held by another warp.
    LabHeld,
    /// The overcloud's deploy command ended before anything was begun.
    NeverStarted,
    /// The deployment of the overcloud was begun and failed.
    StackFailed,
    /// The overcloud is deployed, and does not work as it should.
    ValidationFailed,
    /// Interrupted by the user.
    Interrupted,
    /// A defect in warp.
    Unexpected,
}

impl Exit {
    /// The exit code: those of ansible-playbook, which has 4 for several things, 6 for a lab that is held, and 7 for hosts
    /// that were lost, which ansible-playbook calls unreachable.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::HostsFailed => 2,
            Exit::HostsUnreachable | Exit::Input | Exit::Missing => 4,
            Exit::Usage => 5,
            Exit::LabHeld => 6,
            Exit::HostsLost => 7,
            Exit::NeverStarted => 8,
            Exit::StackFailed => 9,
            Exit::ValidationFailed => 10,
            Exit::Interrupted => 99,
            Exit::Unexpected => 250,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
