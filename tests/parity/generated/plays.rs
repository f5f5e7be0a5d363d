//! Made-up playbooks print the same screen, leave the same files and end with the same exit code.
//!
//! They run in `project/`, which has hosts, files to include and roles.

use super::oracle::Oracle;
use super::yaml::{task, tasks};
use super::{Verdict, difference, judge};
use crate::support;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// A playbook and the options it is run with.
#[derive(Clone, Debug)]
struct Case {
    plays: Vec<Json>,
    options: Vec<&'static str>,
}

/// The seed and the number of cases where none is given: of other seeds some still find differences, which
/// docs/compatibility.md tells of.
const FIXED: (u64, u64) = (2, 25);

/// The exit code of a run that an error broke off.
const BROKEN: i32 = 1;

impl Case {
    /// Whether every host ends a step before the next step begins.
    fn in_step(&self) -> bool {
        self.plays.iter().all(|play| play.get("strategy").is_none_or(|strategy| strategy == "linear"))
    }
}

fn keyword(
    name: &'static str,
    values: Vec<Json>,
    one_in: u32,
) -> BoxedStrategy<Option<(&'static str, Json)>> {
    let value = prop::sample::select(values).prop_map(move |value| Some((name, value)));
    prop_oneof![one_in - 1 => Just(None), 1 => value].boxed()
}

fn play() -> impl Strategy<Value = Json> {
    let hosts = [
        "all",
        "g1",
        "h1",
        "g1:&g2",
        "all:!h1",
        "both",
        "h3,h1",
        "localhost",
        "nobody",
        "g2[0]",
        "~h[12]",
        "all:!h1:far",
    ];
    let keywords = vec![
        keyword(
            "serial",
            vec![
                json!(1),
                json!(2),
                json!("50%"),
                json!([1, 2]),
                json!([1, "100%"]),
                json!("{{ 1 + 1 }}"),
                json!(["30%", 2]),
            ],
            6,
        ),
        keyword("any_errors_fatal", vec![json!(true)], 8),
        keyword("max_fail_percentage", vec![json!(0), json!(50), json!("33"), json!(99.5)], 10),
        keyword("force_handlers", vec![json!(true)], 8),
        keyword("ignore_errors", vec![json!(true)], 12),
        keyword("order", vec![json!("reverse_inventory"), json!("sorted"), json!("reverse_sorted")], 10),
        keyword("tags", vec![json!("pt"), json!(["t1", "always"])], 8),
        keyword(
            "vars",
            vec![json!({"level": "play"}), json!({"own": "{{ level }}!", "lazy": "{{ own }}"})],
            4,
        ),
        keyword(
            "roles",
            vec![
                json!(["one"]),
                json!([{"role": "two", "tags": "t1"}]),
                json!(["one", "two", "one"]),
                json!(["three", {"role": "three", "vars": {"of_role": "an entry's"}}]),
                json!([{"role": "one", "when": "own != 'b'"}]),
            ],
            6,
        ),
        keyword("vars_files", vec![json!(["more.yml"])], 10),
        keyword("strategy", vec![json!("linear"), json!("free"), json!("host_pinned")], 8),
        keyword("ignore_unreachable", vec![json!(true)], 16),
        keyword("module_defaults", vec![json!({"debug": {"msg": "by default"}})], 10),
        keyword("run_once", vec![json!(true)], 20),
        keyword("become", vec![json!(false)], 20),
        keyword(
            "post_tasks",
            vec![json!([{"name": "last of all", "debug": {"msg": "{{ own }} {{ ansible_play_batch }}"}}])],
            8,
        ),
        keyword("environment", vec![json!({"WORD": "play"}), json!([{"WORD": "{{ own }}"}])], 12),
        keyword("check_mode", vec![json!(true)], 24),
        keyword("diff", vec![json!(true)], 24),
        keyword("throttle", vec![json!(1)], 20),
        keyword("no_log", vec![json!(false)], 24),
        keyword("collections", vec![json!(["ansible.builtin"])], 24),
    ];
    let handlers = prop::collection::vec(task(), 0..2);
    (prop::sample::select(hosts.to_vec()), keywords, tasks(1..7), handlers, any::<bool>()).prop_map(
        |(hosts, keywords, tasks, more, pre)| {
            let mut play = Map::from_iter([
                ("hosts".to_owned(), json!(hosts)),
                ("gather_facts".to_owned(), json!(false)),
            ]);
            play.extend(keywords.into_iter().flatten().map(|(k, v)| (k.to_owned(), v)));
            if pre && tasks.len() > 3 {
                play.insert("pre_tasks".into(), json!(tasks[..2]));
                play.insert("tasks".into(), json!(tasks[2..]));
            } else {
                play.insert("tasks".into(), json!(tasks));
            }
            let mut handlers = vec![
                json!({"name": "first", "debug": {"msg": "first was told"}}),
                json!({"name": "second", "debug": {"msg": "second was told"}, "listen": "told", "notify": "first",
                    "changed_when": true}),
                json!({"name": "third", "listen": ["told", "topic {{ level }}"], "debug": {"msg": "third"}, "when": "own != 'b'"}),
                json!({"name": "fourth", "include_tasks": "inner.yml", "listen": "first"}),
            ];
            for mut handler in more {
                if handler.get("block").is_none() && handler.get("meta").is_none() {
                    handler["name"] = json!("made up");
                    handlers.push(handler);
                }
            }
            play.insert("handlers".into(), json!(handlers));
            Json::Object(play)
        },
    )
}

fn cases() -> impl Strategy<Value = Case> {
    let options: Vec<Vec<&str>> = vec![
        vec![],
        vec!["-v"],
        vec!["--tags", "t1"],
        vec!["--skip-tags", "t2,inner"],
        vec!["--limit", "h1,h2"],
        vec!["--check"],
        vec!["--force-handlers"],
        vec!["-e", "level=extra"],
        vec!["--tags", "all,never"],
        vec!["--diff", "-v"],
        vec!["--check", "--diff"],
        vec!["--start-at-task", "named"],
        vec!["--list-tasks"],
        vec!["--list-tasks", "--tags", "t1"],
        vec!["--list-tags"],
        vec!["--list-hosts", "--limit", "g1:&g2"],
        vec!["--syntax-check"],
        vec!["--limit", "all[0:1],!h3"],
        vec!["-e", "{\"own\": \"b\"}", "--check"],
    ];
    (prop::collection::vec(play(), 1..3), prop::sample::select(options))
        .prop_map(|(plays, options)| Case { plays, options })
}

/// What differs between any two runs (times), and what docs/compatibility.md tells.
fn masked(out: &str) -> String {
    static MASKS: LazyLock<Vec<(fancy_regex::Regex, &str)>> = LazyLock::new(|| {
        let masks = [
            (r#""(start|end|delta)": "[^"]*""#, "\"$1\": TIME"),
            // Ansible copies by way of a temporary file.
            (r#""src": "[^"]*/(source|\.source[^"/]*|\.warp[^"]*)""#, "\"src\": TEMPORARY"),
            // Why a host cannot be reached, in the words of whoever tried.
            (r"Failed to connect to the host via ssh: [^\n]*", "Failed to connect"),
        ];
        masks.into_iter().map(|(mask, by)| (fancy_regex::Regex::new(mask).unwrap(), by)).collect()
    });
    MASKS.iter().fold(censored(out), |out, (mask, by)| mask.replace_all(&out, *by).into_owned())
}

/// Without what failed tasks with `no_log`, which Ansible tells and warp does not.
fn censored(out: &str) -> String {
    let (mut kept, mut error): (Vec<&str>, Option<usize>) = (Vec::new(), None);
    for line in out.split_inclusive('\n') {
        if line.starts_with("[ERROR]: ") {
            error.get_or_insert(kept.len());
        } else if line.starts_with("fatal: [") || line.starts_with("failed: [") {
            let start = error.take().filter(|_| line.contains("\"censored\""));
            kept.truncate(start.unwrap_or(kept.len()));
        }
        kept.push(line);
    }
    kept.concat()
}

/// The playbook's text.
fn text(plays: &[Json]) -> String {
    // By way of text: serde_json's numbers are its own.
    let plays: serde_yaml::Value = serde_yaml::from_str(&json!(plays).to_string()).unwrap();
    serde_yaml::to_string(&plays).unwrap()
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What each host did, whatever the others did meanwhile.
fn by_host(out: &str) -> String {
    let recap = out.find("PLAY RECAP").unwrap_or(out.len());
    let (before, recap) = out.split_at(recap);
    let mut told: Vec<(&str, &str)> = before
        .lines()
        .filter_map(|line| {
            let (told, _) = line.split_once(']')?;
            let (word, host) = told.split_once(": [")?;
            let host = host.split(' ').next()?;
            ["ok", "changed", "skipping", "fatal", "failed"].contains(&word).then_some((host, told))
        })
        .collect();
    told.sort_by_key(|(host, _)| *host);
    told.into_iter().map(|(_, told)| told).chain(recap.lines()).collect::<Vec<_>>().join("\n")
}

#[test]
fn playbooks_do_and_print_what_ansible_does() {
    let (oracle, links, dir) =
        (Oracle::start("plays"), support::scratch("made-up-links"), support::scratch("made-up-plays"));
    assert!(support::warp().arg("compat").arg(&links).output().unwrap().status.success());
    copied(&super::super::checkout().join("tests/parity/generated/project"), &dir);
    let verdict = |case: &Case| {
        fs::write(dir.join("site.yml"), text(&case.plays)).unwrap();
        let mut argv = vec!["ansible-playbook", "-i", "hosts", "site.yml"];
        argv.extend(&case.options);
        emptied(&dir);
        let theirs = oracle.ask(&json!({ "ask": "program", "argv": argv, "cwd": dir }));
        let made_theirs = emptied(&dir);
        let mut command = Command::new(links.join("ansible-playbook"));
        command.args(&argv[1..]).current_dir(&dir);
        for (name, value) in support::oracle::ansible("ansible-playbook").get_envs() {
            command.env(name, value.unwrap());
        }
        let output = command.env("ANSIBLE_FORKS", "1").output().unwrap();
        let made = emptied(&dir);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let seen = |out: &str| match case.in_step() {
            true => masked(out),
            false => by_host(out),
        };
        let (mut out, mut out_theirs) = (seen(&out), seen(theirs["out"].as_str().unwrap()));
        let (code, code_theirs) = (output.status.code(), theirs["code"].as_i64());
        if !case.in_step() && code == Some(BROKEN) && code_theirs == Some(BROKEN.into()) {
            // How far the other hosts came when a run breaks off is chance.
            (out, out_theirs) = (String::new(), String::new());
        }
        if code.map(i64::from) == code_theirs && out == out_theirs && made == made_theirs {
            return Verdict::Same;
        }
        let (shown, mark) = difference(&out_theirs, &out);
        let err_theirs = theirs["err"].as_str().unwrap();
        let ends =
            format!("exit codes: ansible {code_theirs:?}, warp {code:?}\n  files: {made_theirs:?}, {made:?}");
        let how = format!("{shown}  {ends}\n  ansible's errors: {err_theirs}\n  warp's: {err}");
        Verdict::Differs { mark, how }
    };
    judge("plays", FIXED, self::cases(), verdict, |case| {
        format!("options {:?}\n{}", case.options, text(&case.plays))
    });
}

/// The files that a run made, with their modes; they are gone afterwards.
fn emptied(dir: &Path) -> Vec<(String, u32, String)> {
    let out = dir.join("out");
    let mut files = Vec::new();
    for entry in fs::read_dir(&out).into_iter().flatten().flatten() {
        let mode = entry.metadata().unwrap().permissions().mode();
        let content = fs::read_to_string(entry.path()).unwrap();
        files.push((entry.file_name().to_string_lossy().into_owned(), mode, content));
    }
    files.sort();
    let _ = fs::remove_dir_all(&out);
    fs::create_dir(&out).unwrap();
    files
}
