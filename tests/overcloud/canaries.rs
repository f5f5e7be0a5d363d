//! Secrets of a deployment stand in the files whose purpose they are, and nowhere else.

use super::{SERVERS, Undercloud, ended};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// All files beneath a folder that have this in them.
fn holding(folder: &Path, word: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            holding(&path, word, found);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(path);
            }
        }
    }
}

#[test]
fn they_are_in_their_own_files_of_mode_0600() {
    let undercloud = Undercloud::new("canaries");
    fs::write(undercloud.root.join("home/stackrc"), "export OS_PASSWORD=CANARY-stackrc\n").unwrap();
    // A line of it that holds the secret.
    let key = undercloud.read("key");
    let key = key.lines().rev().nth(1).unwrap();
    let stub =
        undercloud.read("bin/openstack").replace("OS_PASSWORD=overcloud", "OS_PASSWORD=CANARY-overcloud");
    fs::write(undercloud.root.join("bin/openstack"), stub).unwrap();
    // A playbook of the user's own leaves its secrets in the same journals.
    let hidden = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - command: echo CANARY-register\n      no_log: true\n      \
                  register: r\n    - debug: {var: r}\n      no_log: true\n    - fail: {msg: \"{{ r.stdout }}\"}\n      no_log: true\n";
    // Made of pieces, so that the playbook itself does not hold it.
    let hidden = hidden.replace("CANARY-register", "CANARY{{ '-' }}register");
    fs::write(undercloud.root.join("mine.yml"), hidden).unwrap();

    let mut said = ended(&undercloud.warp(&["deploy", "undercloud", "-vv"], &[("PLAY", "mine.yml")]), 2);
    // A failure tells the most: logs are collected, too.
    undercloud.say("fail");
    let very = [&SERVERS[..], &["-vvv"]].concat();
    said += &ended(&undercloud.deploy(&very, &[]), 9);
    undercloud.unsay("fail");
    said += &ended(&undercloud.warp(&["resume", undercloud.root.join("lwd").to_str().unwrap()], &[]), 0);

    for canary in ["CANARY-stackrc", "CANARY-overcloud", key, "CANARY-register"] {
        assert!(!said.contains(canary), "{canary} was shown: {said}");
        let mut found = Vec::new();
        holding(&undercloud.root, canary, &mut found);
        let names: BTreeSet<_> =
            found.iter().map(|path| path.strip_prefix(&undercloud.root).unwrap().to_str().unwrap()).collect();
        // The first were there before warp was.
        let own: &[&str] = match canary {
            "CANARY-stackrc" => &["home/stackrc", "lwd/stackrc"],
            "CANARY-overcloud" => &["bin/openstack", "home/overcloudrc", "lwd/overcloudrc"],
            _ if canary == key => &["key", "home/.ssh/id_rsa", "lwd/id_rsa_overcloud"],
            _ => &[],
        };
        let stray: Vec<_> = names.iter().filter(|name| !own.contains(name)).collect();
        assert!(stray.is_empty(), "{canary} is in {stray:?}");
    }
    for file in ["lwd/overcloudrc", "lwd/id_rsa_overcloud", "home/.ssh/id_rsa"] {
        let mode = fs::metadata(undercloud.root.join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
}
