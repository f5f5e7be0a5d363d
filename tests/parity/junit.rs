//! `junit`: the files of warp and of real Ansible, but for times and what an error says beneath its message.

use super::support;
use fancy_regex::Regex;
use std::path::Path;
use std::process::Command;

fn written(mut command: Command, env: &[(&str, &str)], out: &Path) -> String {
    let _ = std::fs::remove_dir_all(out);
    command
        .current_dir(super::checkout().join("tests/parity/screens"))
        .envs(env.iter().copied())
        .env("JUNIT_OUTPUT_DIR", out)
        .env("ANSIBLE_CALLBACKS_ENABLED", "junit")
        .args(["-i", "../plays/inventory/hosts", "--forks", "1", "junit.yml"])
        .output()
        .unwrap();
    let files: Vec<_> = std::fs::read_dir(out).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(
        matches!(files.as_slice(), [one] if one.file_name().unwrap().to_str().unwrap().starts_with("junit-"))
    );
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let masks = [
        (r#" time="[^"]*""#, ""),
        (r"\d:\d\d:\d\d\.\d{6}", "DELTA"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "TIME"),
        (r#"(?s)(<error [^>]*>).*?(</error>)"#, "$1$2"),
    ];
    masks.iter().fold(text, |text, (pattern, mask)| {
        Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

#[test]
fn junit_files_are_ansibles() {
    let out = support::scratch("parity-junit").join("out");
    let links = support::scratch("parity-junit-links").join("links");
    assert!(support::warp().arg("compat").arg(&links).status().unwrap().success());
    let strict: &[(&str, &str)] = &[
        ("JUNIT_FAIL_ON_CHANGE", "true"),
        ("JUNIT_FAIL_ON_IGNORE", "true"),
        ("JUNIT_HIDE_TASK_ARGUMENTS", "true"),
        ("JUNIT_TASK_CLASS", "true"),
        ("JUNIT_TASK_RELATIVE_PATH", "."),
        ("JUNIT_TEST_CASE_PREFIX", "case"),
    ];
    for env in [&[], strict] {
        let theirs = written(support::oracle::ansible("ansible-playbook"), env, &out);
        let mut warp = Command::new(links.join("ansible-playbook"));
        warp.envs(support::oracle::ansible("").get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ours = written(warp, env, &out);
        assert!(theirs == ours, "{}", similar::TextDiff::from_lines(&theirs, &ours).unified_diff());
    }
}
