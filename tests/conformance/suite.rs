//! ansible-core's own integration targets, out of its source package in the Python registry; beside them the inventory and
//! configuration that their test runner writes.

use super::support::{self, oracle};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the targets, after downloading them if they are not there yet.
pub fn targets() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance/suite");
    let unpacked = root.join(oracle::CORE.replace("==", "-").replace("ansible-core", "ansible_core"));
    let stamp = unpacked.join("unpacked");
    if !stamp.exists() {
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let pip =
            ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "-d"];
        run(Command::new(oracle::bin().join("pip")).args(pip).arg(&root).arg(oracle::CORE));
        let archive = format!("{}.tar.gz", unpacked.display());
        let folder = format!("{}/test/integration", unpacked.file_name().unwrap().display());
        run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&root).arg(folder));
        fs::remove_file(archive).unwrap();
        let integration = unpacked.join("test/integration");
        let inventory = format!(
            "[testgroup]\ntesthost ansible_connection=\"local\" ansible_pipelining=\"yes\" \
             ansible_python_interpreter=\"{}\"\n",
            oracle::bin().join("python").display()
        );
        fs::write(integration.join("inventory"), inventory).unwrap();
        fs::write(integration.join("integration.cfg"), "").unwrap();
        fs::write(&stamp, "").unwrap();
    }
    unpacked.join("test/integration/targets")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?} failed: {}", support::streams(&output));
}
