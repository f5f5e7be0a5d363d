//! Made-up inventories: ansible-inventory and `ansible --list-hosts` print the same of them.

use super::hosts::{Files, files, question};
use super::oracle::Oracle;
use super::{SEED, Verdict, judge};
use crate::support;
use serde_json::json;
use std::fs;
use std::process::Command;

#[test]
fn inventories_are_read_as_ansible_reads_them() {
    let (oracle, links, dir) = (
        Oracle::start("inventories"),
        support::scratch("inventory-links"),
        support::scratch("made-up-inventories"),
    );
    assert!(support::warp().arg("compat").arg(&links).output().unwrap().status.success());
    let verdict = |(files, question): &(Files, Vec<String>)| {
        fs::remove_dir_all(&dir).unwrap();
        for (name, text) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (program, arguments) = question.split_first().unwrap();
        let argv = [&[program.clone(), "-i".to_owned(), "inv".to_owned()], arguments].concat();
        let theirs = oracle.ask(&json!({ "ask": "program", "argv": argv, "cwd": dir }));
        let mut command = Command::new(links.join(program));
        command.args(&argv[1..]).current_dir(&dir);
        for (name, value) in support::oracle::ansible(program).get_envs() {
            command.env(name, value.unwrap());
        }
        let output = command.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let (out_theirs, err_theirs) = (theirs["out"].as_str().unwrap(), theirs["err"].as_str().unwrap());
        let (code, code_theirs) = (output.status.code().map(i64::from), theirs["code"].as_i64());
        if code == code_theirs && out == out_theirs {
            return Verdict::Same;
        }
        // The implicit localhost has the interpreter that runs Ansible.
        let without = |text: &str| {
            let lines = text.lines().filter(|line| !line.contains("ansible_python_interpreter"));
            lines.map(|line| line.trim_end_matches(',')).collect::<Vec<_>>().join("\n")
        };
        if question.contains(&"localhost".to_owned()) && without(out_theirs) == without(&out) {
            return Verdict::Known("the implicit localhost has no ansible_python_interpreter");
        }
        let (shown, line) = super::difference(out_theirs, &out);
        let how = format!(
            "{shown}  exit codes: ansible {code_theirs:?}, warp {code:?}\n  ansible's errors: {err_theirs}\n  warp's: {err}"
        );
        let words = |text: &str| text.split('\'').step_by(2).collect::<String>();
        let mark = match (code_theirs, code) {
            (Some(0), Some(0)) => line,
            (Some(0), _) => words(&err),
            _ => words(err_theirs),
        };
        Verdict::Differs { how, mark }
    };
    judge("inventories", (SEED, 60), (files(), question()), verdict, |(files, question)| {
        let files: Vec<_> = files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
        format!("{}\n{}", question.join(" "), files.join("\n"))
    });
}
