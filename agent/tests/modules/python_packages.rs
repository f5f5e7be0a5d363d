//! `pip`, each case under both, with a virtual environment and packages of the test's own: nothing is fetched.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use std::path::Path;
use std::process::Command;

/// Two versions of a package as wheels, an environment whose pip knows these alone, and what installing the first leaves.
const BASE: &str = r#"
mkdir ../wheels; python3 - <<'X'
import zipfile
for version in ('1.0', '1.5'):
    with zipfile.ZipFile('../wheels/warp_p-%s-py3-none-any.whl' % version, 'w') as wheel:
        info = 'warp_p-%s.dist-info/' % version
        wheel.writestr('warp_p.py', '')
        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\nName: warp-p\nVersion: %s\n' % version)
        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        wheel.writestr(info + 'RECORD', '')
X
python3 -m venv ../env
printf '[global]\nno-index = true\nfind-links = %s\ndisable-pip-version-check = true\nroot-user-action = ignore\n' \
    "$(realpath ../wheels)" > ../env/pip.conf
../env/bin/python -m pip -q install --no-compile warp-p==1.0
mkdir ../old; mv ../env/lib/python3*/site-packages/warp_p* ../old"#;

/// The environment before each case: without the package, or with its first version.
const NONE: &str = "rm -rf ../env/lib/python3*/site-packages/*warp_p*";
const OLD: &str = "cd ../env/lib/python3*/site-packages; rm -rf *warp_p*; cp -a ../../../../old/* .";

const CASES: &[Case] = &[
    (NONE, "pip", r#"{"name": "Warp_P", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "warp-p", "version": "1.0", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "warp-p>=1.0,<1.5", "virtualenv": "@/../env", "umask": "0077"}"#),
    (NONE, "pip", r#"{"name": "warp-p==7", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "warp-p", "state": "absent", "virtualenv": "@/../env"}"#),
    (OLD, "pip", r#"{"name": ["pip", "warp-p>1.0"], "virtualenv": "@/../env"}"#),
    (OLD, "pip", r#"{"name": "warp-p", "version": ">=1.0, <1.5", "virtualenv": "@/../env"}"#),
    (OLD, "pip", r#"{"name": "warp-p", "state": "latest", "virtualenv": "@/../env"}"#),
    (OLD, "pip", r#"{"name": "warp-p", "state": "absent", "virtualenv": "@/../env"}"#),
    (
        OLD,
        "pip",
        r#"{"name": "warp-p", "state": "forcereinstall", "virtualenv": "@/../env", "extra_args": "--no-deps"}"#,
    ),
    (
        "echo warp-p > needed; rm -rf ../env/lib/python3*/site-packages/*warp_p*",
        "pip",
        r#"{"requirements": "needed", "chdir": "@", "virtualenv": "../env"}"#,
    ),
    (NONE, "pip", r#"{"name": "warp-p", "state": "latest", "version": "1.0", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "warp-p>1", "version": "1.0", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "a,b", "version": "1.0", "virtualenv": "@/../env"}"#),
    (NONE, "pip", r#"{"name": "warp-p", "virtualenv": "@/../env", "umask": "9"}"#),
    ("mkdir -p bare/bin; touch bare/bin/activate", "pip", r#"{"name": "x", "virtualenv": "@/bare"}"#),
    (
        NONE,
        "pip",
        r#"{"name": "x", "virtualenv": "@/new", "virtualenv_command": "python3 -m venv", "virtualenv_python": "x"}"#,
    ),
    (NONE, "pip", r#"{"name": "pip", "virtualenv": "@/new", "virtualenv_command": "python3 -m venv"}"#),
];

fn listing(at: &Path) -> String {
    let script = "for p in ../env/bin/python new/bin/python; do [ -e $p ] && $p -m pip list --format=freeze; done; \
                  stat -c %a ../env/lib/python3*/site-packages/warp_p.py";
    let output = Command::new("sh").args(["-c", script]).current_dir(at).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

#[test]
fn packages_of_python_are_installed_as_by_ansible() {
    // This machine's own places for wheels do not count.
    let environment = &[("PIP_NO_CACHE_DIR", "1"), ("PIP_FIND_LINKS", "")];
    let world = World { python: None, environment, base: BASE, modes: &[CHECK, DIFF], unequal: &[], listing };
    oracle::compare_in(&world, CASES);
}
