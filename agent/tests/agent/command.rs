//! `command` and `shell`.

use crate::harness::{Agent, CHECK, msg, value};
use std::fs;
use warp_agent::wire::{Mode, Request};

#[test]
fn output_code_and_words_are_ansibles() {
    let mut agent = Agent::start();
    let outcome = agent.call("command", r#"{"_raw_params": "printf '%s|' a 'b c' $HOME_NOT_SET ~root"}"#);
    assert!(outcome.changed && !outcome.failed);
    assert_eq!(value(&outcome, "stdout"), "a|b c|$HOME_NOT_SET|/root|");
    assert_eq!(value(&outcome, "cmd"), "['printf', '%s|', 'a', 'b c', '$HOME_NOT_SET', '~root']");
    let outcome = agent.call("shell", r#"{"_raw_params": "echo out; echo err >&2; exit 7"}"#);
    assert!(outcome.changed && outcome.failed);
    for (name, expected) in [
        ("rc", "7"),
        ("msg", "non-zero return code"),
        ("stdout_lines", "['out']"),
        ("stderr", "err"),
        ("cmd", "echo out; echo err >&2; exit 7"),
    ] {
        assert_eq!(value(&outcome, name), expected, "{name}");
    }
    let outcome = agent.call("shell", r#"{"_raw_params": "kill -9 $$"}"#);
    assert_eq!(value(&outcome, "rc"), "-9");
}

#[test]
fn a_program_that_is_not_there_fails_as_ansible_words_it() {
    let mut agent = Agent::start();
    let outcome = agent.call("command", r#"{"_raw_params": "nosuchcmd_x 'a b'"}"#);
    assert!(outcome.failed && !outcome.changed);
    assert_eq!(msg(&outcome), "Error executing command.");
    assert_eq!((value(&outcome, "rc"), value(&outcome, "cmd")), ("2".into(), "nosuchcmd_x 'a b'".into()));
    assert_eq!(outcome.cause.as_deref(), Some("[Errno 2] No such file or directory: b'nosuchcmd_x'"));
    let outcome = agent.call("command", r#"{"_raw_params": "ls", "chdir": "/nonexistent"}"#);
    assert_eq!(msg(&outcome), "Unable to change directory before execution.");
}

#[test]
fn creates_removes_and_check_mode_hold_it_back() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("here.txt"), "").unwrap();
    let at = dir.path().display().to_string();
    let mut agent = Agent::start();
    let args = |rest: &str| format!("{{\"_raw_params\": \"touch ran\", \"chdir\": {at:?}, {rest}}}");
    let outcome = agent.call("command", &args(r#""creates": "here.*""#));
    assert!(!outcome.changed);
    assert_eq!(msg(&outcome), "Did not run command since 'here.*' exists");
    assert_eq!(value(&outcome, "stdout"), "skipped, since here.* exists");
    let outcome = agent.call("command", &args(r#""removes": "gone""#));
    assert_eq!(msg(&outcome), "Did not run command since 'gone' does not exist");
    let outcome = agent.call_in("command", &args(r#""creates": "gone""#), &CHECK);
    assert!(outcome.changed && !outcome.skipped);
    let outcome = agent.call_in("command", &args(r#""stdin": null"#), &CHECK);
    assert!(!outcome.changed && outcome.skipped);
    assert_eq!(msg(&outcome), "Command would have run if not in check mode");
    assert!(!dir.path().join("ran").exists());
    agent.call("command", &args(r#""creates": "gone""#));
    assert!(dir.path().join("ran").exists());
}

#[test]
fn input_environment_and_ends() {
    let mut agent = Agent::start();
    let outcome = agent.call("command", r#"{"_raw_params": "od -c", "stdin": "ab"}"#);
    assert!(value(&outcome, "stdout").contains("a   b  \\n"));
    let large = "x".repeat(300_000);
    let outcome = agent
        .call("command", &format!(r#"{{"argv": ["cat"], "stdin": "{large}", "stdin_add_newline": false}}"#));
    assert_eq!(value(&outcome, "stdout").len(), large.len());
    let outcome = agent.call("shell", r#"{"_raw_params": "printf 'a\n\n'", "strip_empty_ends": false}"#);
    assert_eq!(value(&outcome, "stdout"), "a\n\n");
    let mut call = crate::harness::call("shell", r#"{"_raw_params": "echo $GREETING"}"#, &Mode::default());
    call.environment.push(("GREETING".to_owned(), "hello".to_owned()));
    let (outcome, _) = agent.request(Request::Run { call, blob: None });
    assert_eq!(value(&outcome, "stdout"), "hello");
}

#[test]
fn programs_have_no_terminal_and_a_group_of_their_own() {
    let mut agent = Agent::start();
    let outcome =
        agent.call("shell", r#"{"_raw_params": "ps -o pgid= -p $$; echo $$; (exec </dev/tty) 2>&1"}"#);
    let output = value(&outcome, "stdout");
    let words: Vec<&str> = output.split_whitespace().collect();
    assert_eq!(words[0], words[1], "{output}");
    assert!(output.contains("/dev/tty"), "{output}");
}
