//! libvirt's own judge of what AppArmor lets a guest have: virt-aa-helper, which libvirt's daemon asks for each guest.

use crate::support::streams;
use std::io::Write;
use std::process::{Command, Stdio};

/// The rules that the helper would write for a domain; nothing is written.
#[track_caller]
pub fn rules(domain: &str) -> String {
    let (_, rest) = domain.split_once("<uuid>").expect("a domain that libvirt knows has a UUID");
    let uuid = rest.split_once("</uuid>").unwrap().0;
    let mut helper = Command::new("/usr/lib/libvirt/virt-aa-helper")
        .args(["--create", "--dryrun", "--uuid", &format!("libvirt-{uuid}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    helper.stdin.take().unwrap().write_all(domain.as_bytes()).unwrap();
    let output = helper.wait_with_output().unwrap();
    // The rules are on the one stream or the other, as the release likes.
    let said = streams(&output);
    assert!(output.status.success(), "{said}\n{domain}");
    said
}

/// The files that are given, each with its rights.
pub fn files(rules: &str) -> Vec<(&str, &str)> {
    rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix(',')?.split_once("\" "))
        .collect()
}
