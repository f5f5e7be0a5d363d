//! The same call under the agent and under ansible-core 2.19's own module: results and files must be equal.
//!
//! `WARP_ORACLE_PYTHON` names a Python that has ansible-core 2.19; without it nothing is compared, which is said.

use crate::oracle::{self, Case};
use std::path::Path;
use warp_agent::modules;
use warp_agent::python;
use warp_agent::validate;
use warp_agent::wire::Mode;

const FILES: &str = "umask 022; mkdir -p d/e; echo one > f; echo two > g; ln -s f l; ln -s nowhere b; ln -s d ld; \
                     chmod 640 f; echo deep > d/e/x; chmod 755 d/e/x; ln g h";

const CASES: &[Case] = &[
    ("", "command", r#"{"_raw_params": "echo 'a b' \"c\\\"d\" e\\ f"}"#),
    ("", "command", r#"{"argv": ["echo", "x  y", "$NOT_THERE"]}"#),
    ("", "command", r#"{"_raw_params": "echo $PATH_NOT ~root $SHLVL_NOT", "expand_argument_vars": false}"#),
    ("", "command", r#"{"_raw_params": "nosuchcommand 'x y'"}"#),
    ("", "command", r#"{"_raw_params": "ls", "chdir": "@/none"}"#),
    ("", "command", r#"{"_raw_params": "ls -1", "chdir": "@"}"#),
    ("echo 'echo hi; exit 4' > s; chmod +x s", "command", r#"{"_raw_params": "./s", "chdir": "@"}"#),
    (
        "printf '#!/bin/sh\necho hi; exit 4' > s; chmod +x s",
        "command",
        r#"{"_raw_params": "./s", "chdir": "@"}"#,
    ),
    (FILES, "command", r#"{"_raw_params": "rm f", "creates": "@/[fg]"}"#),
    (FILES, "command", r#"{"_raw_params": "rm f", "creates": "@/b"}"#),
    (FILES, "command", r#"{"_raw_params": "touch y", "removes": "d/*/x", "chdir": "@"}"#),
    (FILES, "command", r#"{"_raw_params": "touch y", "removes": "@/z*"}"#),
    ("", "command", r#"{"_raw_params": "cat", "stdin": "a\nb", "stdin_add_newline": false}"#),
    ("", "command", r#"{"_raw_params": "printf 'a\\n\\r\\n'"}"#),
    ("", "command", r#"{"_raw_params": "echo hi", "executable": "/bin/bash"}"#),
    ("", "command", r#"{"_raw_params": "false"}"#),
    ("", "shell", r#"{"_raw_params": "echo a | tr a b; echo e >&2; exit 9"}"#),
    ("", "shell", r#"{"_raw_params": "kill -15 $$"}"#),
    ("", "shell", r#"{"_raw_params": "echo $0 ${BASH_VERSION:+bash}", "executable": "/bin/bash"}"#),
    ("", "shell", r#"{"_raw_params": "nosuch", "executable": "/nonexistent"}"#),
    ("", "shell", r#"{"argv": ["echo", "a b", "*"], "chdir": "@"}"#),
    (FILES, "stat", r#"{"path": "@/f"}"#),
    (FILES, "stat", r#"{"path": "@/f", "get_mime": false, "get_attributes": false, "get_checksum": false}"#),
    (FILES, "stat", r#"{"path": "@/l"}"#),
    (FILES, "stat", r#"{"path": "@/l", "follow": true, "checksum_algorithm": "sha512"}"#),
    (FILES, "stat", r#"{"path": "@/b"}"#),
    (FILES, "stat", r#"{"path": "@/b", "follow": true}"#),
    (FILES, "stat", r#"{"path": "@/d"}"#),
    (FILES, "stat", r#"{"path": "@/f/x"}"#),
    ("mkfifo p", "stat", r#"{"path": "@/p"}"#),
    ("", "stat", r#"{"path": "/dev/null"}"#),
    (FILES, "slurp", r#"{"src": "@/f"}"#),
    (FILES, "slurp", r#"{"src": "@/d"}"#),
    (FILES, "slurp", r#"{"src": "@/none"}"#),
    (FILES, "file", r#"{"path": "@/f"}"#),
    (FILES, "file", r#"{"path": "@/l"}"#),
    (FILES, "file", r#"{"path": "@/d"}"#),
    (FILES, "file", r#"{"path": "@/none"}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": "0600"}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": 384}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": "u=rwX,g-r,o+t"}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": "+x"}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": "u+q"}"#),
    (FILES, "file", r#"{"path": "@/f", "mode": "9"}"#),
    (FILES, "file", r#"{"path": "@/f", "owner": "nobody", "group": "12"}"#),
    (FILES, "file", r#"{"path": "@/f", "owner": "no-such"}"#),
    (FILES, "file", r#"{"path": "@/f", "group": "no-such"}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "file", "mode": "0600"}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "file", "mode": "0600", "follow": false}"#),
    (FILES, "file", r#"{"path": "@/b", "state": "file"}"#),
    (FILES, "file", r#"{"path": "@/d", "state": "file"}"#),
    (FILES, "file", r#"{"path": "@/h", "state": "file"}"#),
    (FILES, "file", r#"{"path": "@/f", "recurse": true}"#),
    (FILES, "file", r#"{"path": "@/f", "src": "@/g"}"#),
    (FILES, "file", r#"{"path": "@/n/m", "state": "directory", "mode": "0711"}"#),
    (FILES, "file", r#"{"path": "@/n/m", "recurse": true}"#),
    (FILES, "file", r#"{"path": "@/f/m", "state": "directory"}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "directory"}"#),
    (FILES, "file", r#"{"path": "@/ld", "state": "directory", "mode": "0700"}"#),
    (FILES, "file", r#"{"path": "@/ld", "state": "directory", "follow": false}"#),
    (FILES, "file", r#"{"path": "@/b", "state": "directory"}"#),
    (FILES, "file", r#"{"path": "@/d", "state": "directory", "recurse": true, "mode": "u=rwX,go="}"#),
    (FILES, "file", r#"{"path": "@", "state": "directory", "recurse": true, "owner": "nobody"}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "absent"}"#),
    (FILES, "file", r#"{"path": "@/d", "state": "absent"}"#),
    (FILES, "file", r#"{"path": "@/ld", "state": "absent"}"#),
    (FILES, "file", r#"{"path": "@/none", "state": "absent"}"#),
    (FILES, "file", r#"{"path": "@/f/x", "state": "absent"}"#),
    (FILES, "file", r#"{"path": "@/none/x", "state": "touch"}"#),
    (FILES, "file", r#"{"path": "@/new", "state": "touch", "mode": "0600"}"#),
    (FILES, "file", r#"{"path": "@/new", "state": "touch", "mode": "bad"}"#),
    (
        FILES,
        "file",
        r#"{"path": "@/f", "state": "touch", "modification_time": "preserve", "access_time": "preserve"}"#,
    ),
    (
        FILES,
        "file",
        r#"{"path": "@/f", "state": "touch", "modification_time": "202001020304.05", "access_time": "preserve"}"#,
    ),
    (
        FILES,
        "file",
        r#"{"path": "@/f", "state": "touch", "modification_time": "x", "access_time": "preserve"}"#,
    ),
    (FILES, "file", r#"{"path": "@/n", "state": "link", "src": "f"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "link", "src": "@/f", "mode": "0600"}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "link", "src": "f"}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "link", "src": "g"}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "link"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "link"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "link", "src": "none"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "link", "src": "none", "force": true}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "link", "src": "none", "force": true, "follow": false}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "link", "src": "g"}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "link", "src": "g", "force": true}"#),
    (FILES, "file", r#"{"path": "@/d", "state": "link", "src": "g", "force": true}"#),
    (FILES, "file", r#"{"path": "@/d", "state": "link", "src": "@/g"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "hard", "src": "@/f"}"#),
    (FILES, "file", r#"{"path": "@/h", "state": "hard", "src": "@/g"}"#),
    (FILES, "file", r#"{"path": "@/h", "state": "hard", "src": "@/f"}"#),
    (FILES, "file", r#"{"path": "@/h", "state": "hard", "src": "@/f", "force": true}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "hard", "src": "@/g"}"#),
    (FILES, "file", r#"{"path": "@/f", "state": "hard", "src": "@/g", "force": true}"#),
    (FILES, "file", r#"{"path": "@/l", "state": "hard", "src": "@/g"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "hard", "src": "@/none"}"#),
    (FILES, "file", r#"{"path": "@/n", "state": "hard"}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/new", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/g", "remote_src": true, "mode": "preserve"}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/g", "remote_src": true, "mode": "0600"}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/f", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/d", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/d/", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/new/sub/", "remote_src": true, "directory_mode": "0700"}"#),
    (FILES, "copy", r#"{"src": "@/f", "dest": "@/new/sub", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/l", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/l", "remote_src": true, "follow": true}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/f", "remote_src": true, "force": false}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/f", "remote_src": true, "validate": "false %s"}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/f", "remote_src": true, "validate": "true"}"#),
    (FILES, "copy", r#"{"src": "@/g", "dest": "@/f", "remote_src": true, "checksum": "00"}"#),
    (FILES, "copy", r#"{"src": "@/none", "dest": "@/f", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/d", "dest": "@/new", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/d/", "dest": "@/new", "remote_src": true}"#),
    (
        FILES,
        "copy",
        r#"{"src": "@/d/", "dest": "@/new", "remote_src": true, "owner": "nobody", "mode": "0700"}"#,
    ),
    (FILES, "copy", r#"{"src": "@/d", "dest": "@/d", "remote_src": true}"#),
    (FILES, "copy", r#"{"src": "@/b", "dest": "@/new", "remote_src": true}"#),
];

#[test]
fn modules_do_as_ansible_does() {
    oracle::compare(CASES);
}

#[test]
fn wrong_arguments_are_told_in_ansibles_words() {
    let Some(oracle) = oracle::python() else { return };
    let cases = [
        ("file", r#"{}"#),
        ("file", r#"{"path": "/x", "bogus": 1, "other": 2}"#),
        ("file", r#"{"bogus": 1}"#),
        ("file", r#"{"path": "/x", "state": "gone"}"#),
        ("file", r#"{"path": "/x", "state": true}"#),
        ("file", r#"{"path": "/x", "recurse": [1]}"#),
        ("file", r#"{"path": "/x", "recurse": null}"#),
        ("stat", r#"{"path": "/x", "checksum_algorithm": "crc"}"#),
        ("stat", r#"{"path": "/x", "bogus": 1}"#),
        ("copy", r#"{"dest": "/x", "bogus": 1, "force": {}}"#),
        ("slurp", r#"{"src": "/x", "path": "/y", "z": 0}"#),
        ("tempfile", r#"{"state": "x"}"#),
        ("ping", r#"{"data": ["a", {"b": null}]}"#),
        ("command", r#"{"chdir": "/x"}"#),
        ("command", r#"{"_raw_params": "a", "cmd": "b", "argv": ["c"]}"#),
        ("command", r#"{"argv": {"a": 1}}"#),
    ];
    for (module, args) in cases {
        let theirs = oracle::ask(Path::new(&oracle), module, args, &Mode::default());
        let raw = python::from_json(serde_json::from_str(args).unwrap());
        let spec = modules::find(module).unwrap().spec();
        let ours =
            validate::check(spec, raw.as_map().unwrap()).map(|_| String::new()).unwrap_or_else(|msg| msg);
        // Names that only one side knows: internal arguments of either.
        let plain = |text: &str| text.replace("_checksum, ", "").replace("_uses_shell, ", "");
        // Python prints the set of booleans in any order.
        let head = |text: &str| text.split("Valid booleans").next().unwrap_or_default().to_owned();
        let theirs = serde_json::from_str::<serde_json::Value>(&theirs).unwrap();
        let told = theirs.get("msg").and_then(|m| m.as_str()).filter(|_| theirs.get("failed").is_some());
        assert_eq!(head(&plain(told.unwrap_or_default())), head(&plain(&ours)), "{module} {args}");
    }
}
