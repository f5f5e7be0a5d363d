//! What packages are told before they are installed, each case under both, on files of a machine of its own.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use crate::private;
use std::path::Path;
use std::process::Command;

fn said(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

/// The same selections for each case.
macro_rules! selected {
    ($more:literal) => {
        concat!("cp status /var/lib/dpkg/status; ", $more)
    };
}

const SELECTIONS: &[Case] = &[
    (selected!(""), "dpkg_selections", r#"{"name": "dpkg", "selection": "hold"}"#),
    (selected!(""), "dpkg_selections", r#"{"name": "dpkg", "selection": "install"}"#),
    (
        selected!("echo dpkg hold | dpkg --set-selections"),
        "dpkg_selections",
        r#"{"name": "dpkg", "selection": "install"}"#,
    ),
    (selected!(""), "dpkg_selections", r#"{"name": "warp-none", "selection": "install"}"#),
];

#[test]
fn packages_are_selected_as_by_ansible() {
    private::files(&["/var/lib/dpkg"], || {
        let listing = |_: &Path| said("dpkg --get-selections dpkg");
        let base = "cp /var/lib/dpkg/status .";
        let modes = &[CHECK, DIFF];
        oracle::compare_in(
            &World { python: None, environment: &[], base, modes, unequal: &[], listing },
            SELECTIONS,
        );
    });
}

/// The same answers for each case.
macro_rules! answered {
    ($more:literal) => {
        concat!("cp debconf/* /var/cache/debconf/; exec 2>&1; ", $more)
    };
}

const ANSWERS: &[Case] = &[
    (answered!(""), "debconf", r#"{"name": "wp"}"#),
    (answered!("echo wp wp/q string a | debconf-set-selections"), "debconf", r#"{"name": "wp"}"#),
    (answered!(""), "debconf", r#"{"name": "wp", "question": "wp/q", "vtype": "string", "value": "a b"}"#),
    (
        answered!("echo wp wp/q string a | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "string", "value": "a"}"#,
    ),
    (
        answered!("echo wp wp/q string a | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "string", "value": "b", "unseen": true}"#,
    ),
    (
        answered!("echo wp wp/q string a | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/r", "vtype": "select", "value": "b"}"#,
    ),
    (answered!(""), "debconf", r#"{"name": "wp", "question": "wp/q", "vtype": "boolean", "value": true}"#),
    (
        answered!("echo wp wp/q boolean true | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "boolean", "value": "True"}"#,
    ),
    (
        answered!(""),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "multiselect", "value": ["b", "a"]}"#,
    ),
    (
        answered!("echo wp wp/q multiselect a, b | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "multiselect", "value": ["b", "a"]}"#,
    ),
    (
        answered!("echo wp wp/q multiselect a, b | debconf-set-selections"),
        "debconf",
        r#"{"name": "wp", "question": "wp/q", "vtype": "multiselect", "value": "a, b"}"#,
    ),
];

#[test]
fn questions_are_answered_as_by_ansible() {
    private::files(&["/var/cache/debconf"], || {
        let listing =
            |_: &Path| said("debconf-show wp | sort; grep -h -A9 '^Name: wp/' /var/cache/debconf/config.dat");
        let base = "mkdir debconf; cp -a /var/cache/debconf/*.dat debconf";
        let modes = &[CHECK, DIFF];
        oracle::compare_in(
            &World { python: None, environment: &[], base, modes, unequal: &[], listing },
            ANSWERS,
        );
    });
}
