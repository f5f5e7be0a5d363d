//! Made-up calls of what needs the controller: the same play under both, with `--diff`, gives the same results and files.

use super::calls::{Case, cases, comparable, lasting, mark, placed, plant};
use super::oracle::Oracle;
use super::{SEED, Verdict, judge};
use crate::support;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The controller's files, beside the play.
fn files(folder: &Path) {
    let text = [
        ("one.txt", "one\n"),
        ("exec.sh", "#!/bin/sh\npwd | sed 's,.*/,,'\nprintf '%s;' \"$@\"\nexit 3\n"),
        ("t.j2", "{% for x in [1, 2] %}\n  {{ x }}\n  {% endfor %}\nend {{ 'é' }}\n"),
        (
            "loop.j2",
            "#jinja2: trim_blocks: False\n{% if true %}\nyes\n{% endif %}\n{{ ansible_managed is defined }}",
        ),
        ("broken.j2", "{{ 1 | nosuch }}\n"),
        ("empty.j2", ""),
        ("tree/a.txt", "a\n"),
        ("tree/deep/b.txt", "b"),
        ("tree/.hidden", "h\n"),
        ("inner/x", "x\n"),
        ("inner/y", "y\n"),
    ];
    for (name, text) in text {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for words in [
        ["tar", "-cf", "a.tar", "inner", "one.txt"],
        ["tar", "-czf", "a.tar.gz", "inner", "one.txt"],
        ["zip", "-qr", "a.zip", "inner", "one.txt"],
    ] {
        let [program, arguments @ ..] = words;
        assert!(Command::new(program).args(arguments).current_dir(folder).status().unwrap().success());
    }
}

/// The play, whose last task writes what each call gave.
fn play(case: &Case, place: &str, results: &Path) -> Json {
    let calls = case.calls.iter().enumerate();
    let mut tasks: Vec<Json> = calls
        .map(|(number, (module, given))| {
            let given: serde_json::Map<_, _> =
                given.iter().map(|(name, value)| (name.clone(), placed(value, place))).collect();
            json!({ format!("ansible.builtin.{module}"): given, "register": format!("r{number}"), "ignore_errors": true })
        })
        .collect();
    let all: Vec<_> = (0..case.calls.len()).map(|number| format!("r{number}")).collect();
    tasks.push(json!({
        "ansible.builtin.copy": { "dest": results, "content": format!("{{{{ [{}] | to_json }}}}", all.join(", ")) },
        "check_mode": false, "diff": false,
    }));
    json!([{ "hosts": "localhost", "gather_facts": false, "tasks": tasks }])
}

/// What one of them made of it: how it ended, the results, and the files.
type Made = (i64, Vec<Json>, BTreeMap<String, String>);

#[test]
fn actions_do_what_ansibles_do() {
    let (oracle, links, dir) =
        (Oracle::start("actions"), support::scratch("action-links"), support::scratch("made-up-actions"));
    assert!(support::warp().arg("compat").arg(&links).output().unwrap().status.success());
    let (root, results) = (dir.join("T"), dir.join("results.json"));
    let folder = dir.join("C");
    files(&folder);
    let place = root.display().to_string();
    let run = |case: &Case, ask: &dyn Fn(&[String]) -> i64| -> Made {
        plant(&root);
        let _ = fs::remove_file(&results);
        let text = play(case, &place, &results).to_string();
        let text = text.replace("\"C/", &format!("\"{}/", folder.display()));
        fs::write(folder.join("play.yml"), text).unwrap();
        let mut argv =
            ["ansible-playbook", "-i", "localhost,", "-c", "local", "--diff"].map(str::to_owned).to_vec();
        argv.extend(case.check.then(|| "--check".to_owned()));
        argv.push(folder.join("play.yml").display().to_string());
        let code = ask(&argv);
        let results = fs::read(&results).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let tree =
            super::super::tree(&root).into_iter().map(|(name, what)| (lasting(&name), format!("{what:?}")));
        (code, results.unwrap_or_default(), tree.collect())
    };
    let verdict = |case: &Case| {
        let theirs = run(case, &|argv| {
            oracle.ask(&json!({ "ask": "program", "argv": argv, "cwd": root }))["code"].as_i64().unwrap()
        });
        let ours = run(case, &|argv| {
            let mut command = Command::new(links.join(&argv[0]));
            command.args(&argv[1..]).current_dir(&root);
            for (name, value) in support::oracle::ansible("ansible-playbook").get_envs() {
                command.env(name, value.unwrap());
            }
            command.output().unwrap().status.code().map_or(-1, i64::from)
        });
        compared(case, theirs, ours)
    };
    judge("actions", (SEED, 10), cases(include_str!("actions.yml")), verdict, |case| {
        let calls: Vec<_> =
            case.calls.iter().map(|(module, given)| format!("{module}: {}", json!(given))).collect();
        format!("check: {}\n{}", case.check, calls.join("\n"))
    });
}

/// Without the heading of a difference that is a temporary file of Ansible's, and the destination of warp's. That of a
/// `copy` is one where the content is empty.
fn unheaded(module: &str, mut result: Json) -> Json {
    if matches!(module, "template" | "assemble" | "copy")
        && let Some(diff) = result.get_mut("diff")
    {
        let diff = if diff.is_array() { diff.get_mut(0) } else { Some(diff) };
        if let Some(diff) = diff.and_then(Json::as_object_mut)
            && (module != "copy" || diff.get("after") == Some(&json!("")))
        {
            diff.remove("after_header");
        }
    }
    // Another temporary file.
    if module == "assemble"
        && let Some(result) = result.as_object_mut()
    {
        result.remove("src");
    }
    result
}

fn compared(case: &Case, theirs: Made, ours: Made) -> Verdict {
    if theirs.0 != ours.0 || theirs.1.len() != ours.1.len() {
        let how = format!("  exit codes: ansible {}, warp {}", theirs.0, ours.0);
        return Verdict::Differs { mark: how.clone(), how };
    }
    for (((module, _), theirs), ours) in case.calls.iter().zip(theirs.1).zip(ours.1) {
        let (theirs, ours) =
            (unheaded(module, comparable(module, theirs)), unheaded(module, comparable(module, ours)));
        if theirs != ours {
            return Verdict::Differs {
                mark: mark(module, &theirs, &ours),
                how: format!("  {module}\n  ansible: {theirs}\n  warp:    {ours}"),
            };
        }
    }
    let names: Vec<_> = theirs.2.keys().chain(ours.2.keys()).collect();
    match names.into_iter().find(|name| theirs.2.get(*name) != ours.2.get(*name)) {
        None => Verdict::Same,
        Some(name) => Verdict::Differs {
            mark: "tree".to_owned(),
            how: format!("  {name}\n  ansible: {:?}\n  warp:    {:?}", theirs.2.get(name), ours.2.get(name)),
        },
    }
}
