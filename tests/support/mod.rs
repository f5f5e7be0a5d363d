//! What the test programs share: the binary, scratch folders, and real Ansible as the oracle.

pub mod oracle;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary under test. It keeps no journal unless a test says where: the account's own is not for tests.
pub fn warp() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
    command.env("WARP_JOURNAL", "off");
    command
}

/// A folder of this test program's own, emptied, under the target folder.
pub fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Both streams of a finished command, for messages.
pub fn streams(output: &Output) -> String {
    format!(
        "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
