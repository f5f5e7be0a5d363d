//! `subversion`, each case under both, with the machine's own svn and repositories of the test's own.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use std::path::Path;
use std::process::Command;

/// A repository with three revisions of a file and a branch.
const BASE: &str = r#"
svnadmin create repo; R=file://$PWD/repo
svn -q mkdir -m dirs $R/trunk $R/branches
svn -q co $R/trunk w; cd w
echo one > f; svn -q add f; svn -q ci -m one
echo two > f; echo g > g; svn -q add g; svn -q ci -m two; cd ..
svn -q cp -m branch $R/trunk $R/branches/b; rm -rf w"#;

const HERE: &str = "svn -q co file://$PWD/repo/trunk d";
const BEHIND: &str = "svn -q co -r 2 file://$PWD/repo/trunk d";
const MODIFIED: &str = "svn -q co -r 2 file://$PWD/repo/trunk d; echo mine > d/f; echo new > d/new";

const CASES: &[Case] = &[
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d"}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "revision": "2"}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "revision": 77}"#),
    ("", "subversion", r#"{"repo": "file://@/nowhere", "dest": "@/d"}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk"}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "checkout": false, "update": false}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "checkout": false}"#),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "export": true}"#),
    (
        "mkdir d; echo x > d/f",
        "subversion",
        r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "export": true}"#,
    ),
    (
        "mkdir d; echo x > d/f",
        "subversion",
        r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "export": true, "force": true}"#,
    ),
    ("mkdir d", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d"}"#),
    (HERE, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d"}"#),
    (HERE, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "rev": "2"}"#),
    (BEHIND, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d"}"#),
    (BEHIND, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "update": false}"#),
    (BEHIND, "subversion", r#"{"repo": "file://@/repo/branches/b", "dest": "@/d"}"#),
    (BEHIND, "subversion", r#"{"repo": "file://@/repo/branches/b", "dest": "@/d", "switch": false}"#),
    (MODIFIED, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d"}"#),
    (MODIFIED, "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "force": true}"#),
    (
        "",
        "subversion",
        r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "username": "u", "password": "s3-of-svn", "validate_certs": true}"#,
    ),
    ("", "subversion", r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "executable": "/nowhere/svn"}"#),
];

/// Where Ansible says that it would change nothing and then does, check mode is left out.
const IN_PLACE: &[Case] = &[
    (
        "mkdir d; echo x > d/f",
        "subversion",
        r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "in_place": true}"#,
    ),
    (
        "mkdir d; echo x > d/f",
        "subversion",
        r#"{"repo": "file://@/repo/trunk", "dest": "@/d", "in_place": true, "force": true}"#,
    ),
];

fn tell(at: &Path) -> String {
    let script = "cd d 2>/dev/null || exit 0; svn info 2>/dev/null | grep -e ^URL -e ^Revision; svn status 2>&1; \
                  find . -name .svn -prune -o -type f -print -exec cat '{}' ';' | sort";
    let output =
        Command::new("sh").args(["-c", script]).current_dir(at).env("LC_ALL", "C.UTF-8").output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

#[test]
fn checkouts_are_brought_to_a_revision_as_by_ansible() {
    if Command::new("svnadmin").arg("--version").output().is_err() {
        eprintln!("nothing was compared: there is no svnadmin");
        return;
    }
    let world =
        |modes| World { python: None, environment: &[], base: BASE, modes, unequal: &[], listing: tell };
    oracle::compare_in(&world(&[CHECK, DIFF]), CASES);
    oracle::compare_in(&world(&[DIFF]), IN_PLACE);
}
