//! How long a resumed run takes to reach the step that failed.

use crate::support;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Steps before the one that fails.
const STEPS: usize = 500;

fn seconds(mut command: Command, ends_well: bool) -> f64 {
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert_eq!(status.expect("warp").success(), ends_well);
    began.elapsed().as_secs_f64()
}

/// Times a run that fails at its last step, and its resumption.
pub fn time(root: &Path) {
    let dir = root.join("resume");
    let journal = dir.join("journal");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&journal).expect("a scratch folder");
    std::fs::set_permissions(&journal, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let steps = "    - {shell: 'echo x', register: r}\n".repeat(STEPS);
    let last = "    - assert: {that: [\"(playbook_dir ~ '/go') is exists\", \"r.stdout == 'x'\"]}\n";
    let play = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{steps}{last}");
    std::fs::write(dir.join("play.yml"), play).expect("a play");
    let warp = |args: &[&str]| {
        let mut command = support::warp();
        command.current_dir(&dir).env("WARP_JOURNAL", &journal).args(args);
        command
    };
    let whole = seconds(warp(&["play", "-i", "localhost,", "-c", "local", "play.yml"]), false);
    std::fs::write(dir.join("go"), "").expect("a file");
    let resumed = seconds(warp(&["resume"]), true);
    println!(
        "resume     step {} failed after {whole:.3} s, was reached again after {resumed:.3} s",
        STEPS + 1
    );
    assert!(resumed < whole);
}
