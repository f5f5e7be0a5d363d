//! `apt_repository` and `deb822_repository`, each case under both, on a private /etc/apt.
//!
//! Ansible's need Python's modules `apt` and `debian`, which the machine's own Python has where it has them.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use crate::private;
use std::path::Path;
use std::process::Command;

const PYTHON: &str = "/usr/bin/python3";

/// Where the machine's Python finds Ansible, if it has this module too.
fn with_module(module: &str) -> Option<String> {
    let ask = |python: &std::ffi::OsStr, script: &str, path: &str| {
        let output = Command::new(python).args(["-c", script]).env("PYTHONPATH", path).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let own = std::env::var("PYTHONPATH").unwrap_or_default();
    let place = "import os, ansible; print(os.path.dirname(os.path.dirname(ansible.__file__)))";
    let path = format!("{}:{own}", ask(&oracle::python()?, place, &own)?);
    let found = ask(PYTHON.as_ref(), &format!("import ansible, {module}"), &path);
    if found.is_none() {
        eprintln!("nothing was compared: {PYTHON} has no module {module}");
    }
    found.map(|_| path)
}

fn lists(_: &Path) -> String {
    let script = "cd /etc/apt; find sources.list sources.list.d keyrings ! -type d -printf '%p %m %l: ' -exec cat '{}' ';' \
                  2>/dev/null | sort";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

/// The same lists for each case.
macro_rules! listed {
    ($more:literal) => {
        concat!("cd /etc/apt; rm -rf sources.list* keyrings; mkdir sources.list.d; ", $more)
    };
}

const ONE: &str = listed!(
    "echo 'deb http://one.example/debian stable main' > sources.list.d/one.list; \
     printf '# words\\n#deb  http://two.example/x ./ # off\\ndeb-src http://one.example/debian stable main\\n' > sources.list"
);

const LINES: &[Case] = &[
    (ONE, "apt_repository", r#"{"repo": "deb http://new.example/a/b stable main", "update_cache": false}"#),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb [arch=amd64 trusted=yes] https://u:p@new.example/a stable  main contrib", "update_cache": false, "mode": "0600"}"#,
    ),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb http://new.example/a stable main", "filename": "named", "update_cache": false}"#,
    ),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb http://new.example/a stable main", "filename": "one", "update_cache": false}"#,
    ),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb   http://one.example/debian stable main", "update_cache": false}"#,
    ),
    (ONE, "apt_repository", r#"{"repo": "deb http://two.example/x ./", "update_cache": false}"#),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb http://one.example/debian stable main", "state": "absent", "update_cache": false}"#,
    ),
    (
        ONE,
        "apt_repository",
        r#"{"repo": "deb http://none.example/debian stable main", "state": "absent", "update_cache": false}"#,
    ),
    (ONE, "apt_repository", r#"{"repo": "http://new.example/a stable main", "update_cache": false}"#),
    (
        ONE,
        "apt_repository",
        r##"{"repo": "# deb http://new.example/a stable main # x", "update_cache": false}"##,
    ),
    (ONE, "apt_repository", r#"{"repo": "", "update_cache": false}"#),
];

#[test]
fn sources_are_listed_as_by_ansible() {
    let Some(path) = with_module("apt") else { return };
    private::files(&["/etc/apt"], move || {
        let environment = &[("PYTHONPATH", path.as_str())];
        let modes = &[CHECK, DIFF];
        let world =
            World { python: Some(PYTHON), environment, base: "", modes, unequal: &[], listing: lists };
        oracle::compare_in(&world, LINES);
    });
}

const NOTHING: &str = listed!("");
const KEYED: &str = listed!(
    "printf -- '-----BEGIN PGP PUBLIC KEY BLOCK-----\\nx\\n' > /etc/apt/key.asc; printf 'binary' > /etc/apt/key.gpg"
);

const FIELDS: &[Case] = &[
    (
        NOTHING,
        "deb822_repository",
        r#"{"name": "My_Own  Source!", "uris": ["https://a.example", "https://b.example"], "suites": "stable", "components": ["main", "contrib"], "architectures": "amd64"}"#,
    ),
    (
        NOTHING,
        "deb822_repository",
        r#"{"name": "x", "types": ["deb", "deb-src"], "uris": "file:/x", "suites": "./", "enabled": false, "by_hash": true,
            "date_max_future": 5, "allow_downgrade_to_insecure": true, "inrelease_path": "p", "pdiffs": false, "mode": "0600"}"#,
    ),
    (
        NOTHING,
        "deb822_repository",
        r#"{"name": "x", "uris": "u", "suites": "s", "signed_by": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END\n"}"#,
    ),
    (NOTHING, "deb822_repository", r#"{"name": "x", "uris": "u", "signed_by": "ABCDEF"}"#),
    (KEYED, "deb822_repository", r#"{"name": "x", "uris": "u", "signed_by": "/etc/apt/key.asc"}"#),
    (KEYED, "deb822_repository", r#"{"name": "x", "uris": "u", "signed_by": "file:///etc/apt/key.asc"}"#),
    (KEYED, "deb822_repository", r#"{"name": "x", "uris": "u", "signed_by": "file:///etc/apt/key.gpg"}"#),
    (KEYED, "deb822_repository", r#"{"name": "x", "uris": "u", "signed_by": "http://127.0.0.1:9/none"}"#),
    (
        listed!("printf 'X-Repolib-Name: x\\nTypes: deb\\nURIs: u\\n' > sources.list.d/x.sources"),
        "deb822_repository",
        r#"{"name": "x", "uris": "u"}"#,
    ),
    (
        listed!("touch sources.list.d/x.sources; mkdir keyrings; touch keyrings/x.asc"),
        "deb822_repository",
        r#"{"name": "x", "state": "absent"}"#,
    ),
    (NOTHING, "deb822_repository", r#"{"name": "x", "state": "absent"}"#),
];

#[test]
fn fields_are_written_as_by_ansible() {
    let Some(path) = with_module("debian.deb822") else { return };
    private::files(&["/etc/apt"], move || {
        let environment = &[("PYTHONPATH", path.as_str())];
        let modes = &[CHECK, DIFF];
        let world =
            World { python: Some(PYTHON), environment, base: "", modes, unequal: &[], listing: lists };
        oracle::compare_in(&world, FIELDS);
    });
}
