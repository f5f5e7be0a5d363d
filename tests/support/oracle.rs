//! Real Ansible, installed once from the Python registry into the target folder.
//!
//! ansible-core of one fixed version, and beside it those collections whose modules and filters warp also has, taken
//! out of the wheel of the package `ansible`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The oracle.
pub const CORE: &str = "ansible-core==2.19.14";
/// The community package whose collections are the oracle for filters and modules outside ansible-core.
const COMMUNITY: &str = "ansible==12.3.0";
const LIBRARIES: &[&str] = &["netaddr", "jmespath", "passlib", "pexpect"];
const COLLECTIONS: &[&str] =
    &["ansible/posix", "ansible/utils", "ansible/netcommon", "community/libvirt", "community/general"];

/// Where Ansible's programs are, after installing them if they are not there yet.
pub fn bin() -> &'static Path {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(install)
}

/// A command of real Ansible, quiet about itself, with colours off.
pub fn ansible(program: &str) -> Command {
    let mut command = Command::new(bin().join(program));
    command
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_LOCALHOST_WARNING", "False")
        .env("ANSIBLE_INVENTORY_UNPARSED_WARNING", "False")
        .env("ANSIBLE_DEPRECATION_WARNINGS", "False")
        .env("ANSIBLE_COLLECTIONS_PATH", bin().join("../collections"))
        .env("PYTHONWARNINGS", "ignore")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn install() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle");
    fs::create_dir_all(&root).unwrap();
    // Programs of a venv name its folder, which may be shared between checkouts by a link.
    let root = root.canonicalize().unwrap();
    // Test programs run in parallel; one installs, the others wait.
    let lock = File::create(root.join("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = root.join("installed");
    let wanted = format!("{CORE}\n{COMMUNITY}\n{LIBRARIES:?}\n{COLLECTIONS:?}\n");
    if fs::read_to_string(&stamp).is_ok_and(|s| s == wanted) {
        return root.join("venv/bin");
    }
    let venv = root.join("venv");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
    let pip = venv.join("bin/pip");
    run(Command::new(&pip).args(["install", "--quiet", "--disable-pip-version-check", CORE]).args(LIBRARIES));
    let wheels = root.join("wheels");
    run(Command::new(&pip)
        .args([
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
        ])
        .arg(&wheels)
        .arg(COMMUNITY));
    let unpack = "import sys, zipfile, pathlib\n\
        wheel = next(pathlib.Path(sys.argv[1]).glob('ansible-*.whl'))\n\
        names = tuple('ansible_collections/' + c + '/' for c in sys.argv[3:])\n\
        z = zipfile.ZipFile(wheel)\n\
        [z.extract(n, sys.argv[2]) for n in z.namelist() if n.startswith(names)]\n";
    run(Command::new(venv.join("bin/python"))
        .args(["-c", unpack])
        .arg(&wheels)
        .arg(venv.join("collections"))
        .args(COLLECTIONS));
    fs::remove_dir_all(&wheels).unwrap();
    fs::write(&stamp, wanted).unwrap();
    venv.join("bin")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?} failed: {}", super::streams(&output));
}
