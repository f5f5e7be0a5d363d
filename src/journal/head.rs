//! What a run began with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The variables of the environment that say how warp behaves, by the beginnings of their names.
const BEGINNINGS: [&str; 2] = ["ANSIBLE_", "WARP_"];

/// And by their names.
const NAMES: [&str; 17] = [
    "USER",
    "PLAY",
    "TEARDOWN",
    "WORKSPACE",
    "LWD",
    "IMAGECACHE",
    "OOOQ_PATH",
    "OOOQE_FORK",
    "OOOQE_BRANCH",
    "INTERACTIVE",
    "MAKE_SNAPSHOTS",
    "CONTROLLER_HOSTS",
    "COMPUTE_HOSTS",
    "EXT_NET_CIDR",
    "SUBNODES_SSH_KEY",
    "LOG_LEVEL",
    "VENV",
];

/// What a run began with, from which it is begun again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The command line, with the program's name.
    pub command: Vec<String>,
    /// The folder that it was begun in.
    pub folder: PathBuf,
    /// The variables of the environment that say how warp behaves.
    pub environment: BTreeMap<String, String>,
    /// The process.
    pub pid: u32,
    /// warp's version.
    pub version: String,
}

impl Head {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        // A test's point of death is not to be met again.
        let kept = |name: &str| {
            name != "WARP_FAILPOINT"
                && (BEGINNINGS.iter().any(|b| name.starts_with(b)) || NAMES.contains(&name))
        };
        let variables =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Head {
            command: std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            folder: std::env::current_dir().unwrap_or_default(),
            environment: variables.filter(|(name, _)| kept(name)).collect(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
