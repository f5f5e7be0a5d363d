//! An agent that sees a machine of its own: a mount namespace in which chosen directories are overlaid, so that the
//! real accounts, services and packages stay as they are.

use crate::harness::{Agent, PROGRAM};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The agent, and where what it writes to the overlaid directories ends up.
pub struct Sandbox {
    pub agent: Agent,
    upper: PathBuf,
    _dir: TempDir,
}

impl Sandbox {
    /// Starts one after `prepare`, a shell script, ran in it; nothing where this account may not make one, which is
    /// said.
    pub fn start(overlaid: &[&str], prepare: &str) -> Option<Self> {
        let allowed = Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()).status();
        if !allowed.is_ok_and(|status| status.success()) {
            eprintln!("nothing was tested: mount namespaces need root");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let upper = dir.path().join("upper");
        let mut script = format!("set -e; mount --make-rprivate /; D={}; ", dir.path().display());
        for path in overlaid {
            let flat = path.replace('/', "_");
            fs::create_dir_all(upper.join(&flat)).unwrap();
            fs::create_dir_all(dir.path().join("work").join(&flat)).unwrap();
            script += &format!(
                "mount -t overlay overlay -o lowerdir={path},upperdir=$D/upper/{flat},workdir=$D/work/{flat} {path}; "
            );
        }
        script += &format!("{{ :\n{prepare}\n}} >/dev/null 2>&1; exec {PROGRAM}");
        let agent = Agent::start_by(Command::new("unshare").args(["-m", "sh", "-c", &script]));
        Some(Sandbox { agent, upper, _dir: dir })
    }

    /// What the agent wrote to a file of an overlaid directory; empty where it did not.
    pub fn written(&self, overlaid: &str, file: &str) -> String {
        fs::read_to_string(self.place(overlaid, file)).unwrap_or_default()
    }

    /// Where that is.
    pub fn place(&self, overlaid: &str, file: &str) -> PathBuf {
        Path::new(&self.upper).join(overlaid.replace('/', "_")).join(file)
    }
}
