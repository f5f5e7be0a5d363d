//! `apt` and `package`, as far as a machine can be asked without changing it.

use crate::harness::{Agent, CHECK, msg, value};
use std::path::Path;
use std::process::Command;

fn apt_machine() -> bool {
    let apt = Path::new("/usr/bin/apt-get").exists();
    if !apt {
        eprintln!("nothing was tested: this machine has no apt-get");
    }
    apt
}

#[test]
fn what_is_installed_is_left_alone() {
    if !apt_machine() {
        return;
    }
    let mut agent = Agent::start();
    for (module, args) in [
        ("apt", r#"{"name": ["dpkg", "base-files"]}"#),
        ("apt", r#"{"name": "dpkg>=1.0"}"#),
        ("package", r#"{"name": "dpkg", "state": "present"}"#),
        ("apt", r#"{"name": "warp-no-such-package", "state": "absent"}"#),
    ] {
        let outcome = agent.call_in(module, args, &CHECK);
        assert!(!outcome.failed && !outcome.changed, "{args}: {}", msg(&outcome));
    }
}

/// A package that is installed and that apt would remove.
fn removable() -> Option<&'static str> {
    let goes = |name: &&str| {
        let output = Command::new("apt-get").args(["-s", "remove", name]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).contains(&format!("Remv {name} "))
    };
    let found =
        ["less", "nano", "file", "wget", "unzip", "cpio", "xz-utils", "hostname"].into_iter().find(goes);
    if found.is_none() {
        eprintln!("nothing was tested: no package that could be removed is installed");
    }
    found
}

#[test]
fn check_mode_tells_what_would_be_removed_and_removes_nothing() {
    let Some(name) = Some(()).filter(|()| apt_machine()).and_then(|()| removable()) else { return };
    let outcome =
        Agent::start().call_in("apt", &format!(r#"{{"name": "{name}", "state": "absent"}}"#), &CHECK);
    assert!(outcome.changed, "{}", msg(&outcome));
    assert!(value(&outcome, "stdout").contains(&format!("Remv {name} ")));
    let output = Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", name]).output().unwrap();
    assert_eq!(output.stdout, b"installed");
}

#[test]
fn what_cannot_be_had_is_named() {
    if !apt_machine() {
        return;
    }
    let mut agent = Agent::start();
    for (module, args, expected) in [
        (
            "apt",
            r#"{"name": "warp-no-such-package"}"#,
            "No package matching 'warp-no-such-package' is available",
        ),
        ("apt", r#"{"name": "warp-none-*"}"#, "No package(s) matching 'warp-none-*' available"),
        ("apt", r#"{"name": "dpkg=0.0.1"}"#, "no available installation candidate for dpkg=0.0.1"),
        ("apt", r#"{"name": "a=1=2"}"#, "invalid package spec: a=1=2"),
        (
            "package",
            r#"{"name": "a", "use": "pacman"}"#,
            "the package manager pacman is not supported; apt is",
        ),
    ] {
        let outcome = agent.call_in(module, args, &CHECK);
        assert!(outcome.failed, "{args}");
        assert_eq!(msg(&outcome), expected);
    }
}
